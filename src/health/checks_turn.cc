#include "health/causes.h"
#include "health/checks.h"
#include "waypost/model/duration.h"

namespace waypost::health {
namespace {

using model::HealthState;
using std::chrono::milliseconds;

/// When a turn comes so late, this process was not running, and nobody could be heard.
constexpr milliseconds kAway{1000};
/// Every so many transitions of an instance its history is trimmed.
constexpr std::uint8_t kTrimEvery = 16;

/// How long a failure that begins now is a recent one: until everything has been checked, twice over.
milliseconds RecentOf(const model::CheckPlan& plan) { return 2 * plan.interval + plan.timeout; }

}  // namespace

void Checks::Begin(Instant now) {
  begun_ = true;
  for (auto& [id, service] : services_) {
    for (auto& [name, target] : service->targets) Schedule(target, Start::kSpread, now);
  }
}

void Checks::Cancel() {
  cancelled_ = true;
  candidates_.clear();
  launcher_.Cancel();
}

Instant Checks::Turn(Instant now) {
  if (!begun_ || cancelled_) return kNever;
  while (due_.earliest() <= now) {
    Target& target = static_cast<Target&>(due_.first());
    if (target.is_heartbeat()) {
      OnSilence(target, now);
    } else {
      OnDue(target, now);
    }
  }
  Decide(now);
  launcher_.StartWaiting(now);
  return std::min(due_.earliest(), suspicion_.next());
}

void Checks::OnDue(Target& target, Instant now) {
  const Instant due = target.due;
  const milliseconds interval = target.plan().interval;
  due_.Set(target, Cadence::Next(now, interval, target.place));
  if (target.in_flight()) {
    target.again = true;
  } else if (now - due >= interval) {
    // Its next place is near, as it is for all others: a standstill is not followed by a burst.
    launcher_.NoteLate(due, now);
  } else {
    launcher_.Ask(target, due, now);
  }
}

void Checks::OnSilence(Target& target, Instant now) {
  const model::CheckPlan& plan = target.plan();
  if (now - target.due > kAway) return Schedule(target, Start::kSpread, now);
  // Looked at again while it is held.
  due_.Set(target, Cadence::OnGrid(now + plan.interval, plan.interval));
  Testify(target, false, now);
  target.standing.last_good = false;
  target.standing.streak = 1;
  NoteCause(target, SilenceCause(plan.silence_max()));
  candidates_.push_back({&target, HealthState::kUnhealthy, {}});
}

void Checks::OnResult(Target* target, const ProbeResult& result) {
  if (launcher_.can_start_waiting()) loop_.Soon();
  if (target == nullptr || cancelled_) return;
  const Instant now = loop_.Now();
  if (target->again) {
    target->again = false;
    due_.Set(*target, now);
    loop_.Soon();
  }
  if (target->stale) {
    target->stale = false;
    return;
  }
  (result.good ? tallies_.checks_good : tallies_.checks_bad).Add();
  target->last = now;
  if (result.good) {
    Unhold(*target);
  } else {
    NoteCause(*target, result.cause);
  }
  Testify(*target, result.good, now);
  const std::optional<HealthState> to = Count(target->standing, target->plan(), result.good);
  if (!to) return;
  candidates_.push_back({target, *to, static_cast<std::uint32_t>(result.latency.count())});
  loop_.Soon();
}

void Checks::NoteCause(Target& target, std::string_view cause) {
  if (target.last_cause == nullptr) target.last_cause = std::make_unique<std::string>();
  target.last_cause->assign(cause.substr(0, model::kMaxCause));
}

void Checks::Testify(Target& target, bool good, Instant now) {
  if (good) {
    suspicion_.Good(target.witness);
  } else if (target.standing.state == HealthState::kUnhealthy) {
    suspicion_.BadAsKnown(target.witness);
  } else {
    suspicion_.Bad(target.witness, now, RecentOf(target.plan()), target.service->failing);
  }
}

void Checks::Judge(Instant now) {
  const Suspicion::Change change = suspicion_.Judge(now);
  if (change == Suspicion::Change::kNone) return;
  tallies_.suspect.Set(suspicion_.suspect() ? 1 : 0);
  if (change == Suspicion::Change::kBegan) {
    tallies_.suspect_episodes.Add();
    log_->warn(
        "checker suspect: {} instances of {} services began to fail at once and {} are good; nothing becomes unhealthy "
        "for {}",
        suspicion_.failing(), suspicion_.services(), suspicion_.good(), model::FormatDuration(options_.suspect_hold));
    return;
  }
  if (change == Suspicion::Change::kRecovered) {
    log_->info("checker no longer suspect: most checks are good again; {} falls were held", tallies_.held.get());
    return;
  }
  log_->info("checker no longer suspect: {} are over; {} held falls are carried out",
             model::FormatDuration(options_.suspect_hold), tallies_.held.get());
  for (auto& [id, service] : services_) {
    for (auto& [name, target] : service->targets) {
      if (target.held) candidates_.push_back({&target, HealthState::kUnhealthy, {}});
    }
  }
}

void Checks::Settle(Instant now) {
  if (!candidates_.empty()) Decide(now);
}

void Checks::Decide(Instant now) {
  Judge(now);
  for (const Candidate& candidate : candidates_) {
    Target& target = *candidate.target;
    if (target.standing.state == candidate.to) continue;
    if (candidate.to == HealthState::kUnhealthy && suspicion_.suspect()) {
      Hold(target);
      continue;
    }
    decided_.push_back(Decided(target, candidate));
    target.standing.state = candidate.to;
    Unhold(target);
    if (target.is_heartbeat()) due_.Remove(target);
  }
  candidates_.clear();
  if (decided_.empty()) return;
  sink_.Take(decided_, now);
  decided_.clear();
}

registry::RecordChecks::Checked Checks::Decided(Target& target, const Candidate& candidate) {
  registry::RecordChecks::Checked row;
  row.transition.service_id = target.service->id;
  row.transition.instance_id = *target.id;
  row.transition.at = clock_.Now();
  row.transition.from = target.standing.state;
  row.transition.to = candidate.to;
  row.transition.cause = CauseOf(target, candidate.to);
  row.transition.latency_us = candidate.latency_us;
  row.registration = target.registration;
  if (target.rows_until_trim == 0) {
    row.keep_history = options_.history_per_instance;
    target.rows_until_trim = kTrimEvery;
  }
  --target.rows_until_trim;
  return row;
}

std::string Checks::CauseOf(const Target& target, HealthState to) const {
  if (to == HealthState::kHealthy) return RiseCause(target.standing.streak);
  if (target.is_heartbeat()) {
    const milliseconds silence = target.plan().silence_max();
    return target.held ? HeldSilenceCause(silence) : SilenceCause(silence);
  }
  return target.held ? HeldFallCause(*target.last_cause, target.standing.streak)
                     : FallCause(*target.last_cause, target.standing.streak);
}

}  // namespace waypost::health
