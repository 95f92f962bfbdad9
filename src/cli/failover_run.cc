#include "cli/failover_run.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "cli/command.h"
#include "cli/failover_history.h"
#include "cli/url.h"
#include "waypost/model/duration.h"

namespace waypost::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{50};
constexpr milliseconds kSayEach{2000};
constexpr int kHistoryTries = 5;
constexpr std::size_t kTypedMax = 256;
constexpr std::string_view kUnhealthy = "UNHEALTHY";
constexpr std::string_view kHealthy = "HEALTHY";

volatile sig_atomic_t signalled = 0;

std::string Seconds(milliseconds value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1fs", static_cast<double>(value.count()) / 1000);
  return text;
}

/// Why a command of the user's that ended keeps the run from going on; empty: it does not.
std::string Failure(const char* which, std::optional<ShellCommand>& command) {
  const std::optional<int> code = command ? command->Poll() : std::nullopt;
  if (!code || *code == 0) return "";
  return std::string("the command of --") + which + " ended with " + std::to_string(*code);
}

}  // namespace

void EndRunsOnSignals() {
  struct sigaction action = {};
  action.sa_handler = [](int) { signalled = 1; };
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

FailoverRun::FailoverRun(const FailoverOptions& options, const HttpClient& client, const FailoverTarget& target,
                         FailoverWatch& watch)
    : options_(options), client_(client), target_(target), watch_(watch) {
  record_.asks_dns = target.in_dns;
  record_.decisive = target.decisive;
  record_.fails_open = target.others == 0;
}

model::Result<FailoverRecord> FailoverRun::Carry() {
  watch_.Start();
  WP_CHECK(SeeFirst());
  WP_CHECK(Break());
  if (AwaitFall() == Step::kReached && !options_.no_recovery) AwaitRecovery();
  // Unpinned only when nobody looks any more: what is answered then is no part of the test.
  watch_.Stop();
  Unpin();
  record_.answers = watch_.TakeAnswers();
  return std::move(record_);
}

model::Status FailoverRun::SeeFirst() {
  const auto unseen = [this](Door door) { return !standing_.doors[Index(door)].named.has_value(); };
  while (unseen(Door::kApi) || (target_.in_dns && unseen(Door::kDns)) || standing_.health.empty()) {
    if (signalled != 0) return model::MakeError(model::Code::kInvalidInput, "interrupted before anything was broken");
    if (watch_.Now() > kFirstSight) {
      const char* where = unseen(Door::kApi)                     ? "DiscoverInstances does"
                          : target_.in_dns && unseen(Door::kDns) ? "DNS does"
                                                                 : "GetInstancesHealthStatus does";
      return model::MakeError(model::Code::kInvalidInput,
                              std::string(where) + " not answer " + target_.instance +
                                  " now, so its failover cannot be seen; see waypost explain");
    }
    Look(kLook);
  }
  if (standing_.health.back().state == kHealthy) return model::Ok();
  return model::MakeError(model::Code::kInvalidInput,
                          target_.instance + " has just become " + standing_.health.back().state);
}

model::Status FailoverRun::Break() {
  record_.broken = watch_.Now();
  if (options_.pin) {
    const nlohmann::json pin{{"service", target_.service_id},
                             {"instance", target_.instance},
                             {"state", "unhealthy"},
                             {"for", model::FormatDuration(options_.pin_for)}};
    WP_CHECK(client_.Post("/v1/health/pins", DumpJson(pin)));
    pinned_ = true;
    record_.recovery = *record_.broken + options_.pin_for;
    Say(target_.instance + " is pinned unhealthy for " + model::FormatDuration(options_.pin_for));
  } else if (!options_.run.empty()) {
    WP_TRY(command, ShellCommand::Start(options_.run));
    breaking_.emplace(std::move(command));
    Say("started: " + options_.run);
  } else {
    listens_ = true;
    Say("break " + target_.instance + " (" + target_.address + ") now, and press Enter at that moment");
  }
  return model::Ok();
}

FailoverRun::Step FailoverRun::AwaitFall() {
  return Await("waiting until it is gone", [this] {
    NoticeFall();
    if (!record_.detected) return false;
    NoticeRecovery();
    // It came back before the doors were watched for long: the rest tells whether they were clean.
    if (record_.bad_until || record_.fails_open) return true;
    return IsQuiet(Door::kApi) && (!target_.in_dns || IsQuiet(Door::kDns));
  });
}

FailoverRun::Step FailoverRun::AwaitRecovery() {
  if (!options_.recover.empty()) {
    record_.recovery = watch_.Now();
    model::Result<ShellCommand> command = ShellCommand::Start(options_.recover);
    if (!command.ok()) {
      ended_ = command.error().message;
      return Step::kGivenUp;
    }
    mending_.emplace(std::move(*command));
    Say("started: " + options_.recover);
  }
  const Step step = Await("waiting until it is back", [this] {
    NoticeRecovery();
    return record_.recovery && record_.bad_until && IsBack(Door::kApi) && (!target_.in_dns || IsBack(Door::kDns));
  });
  if (step == Step::kReached) Say("both doors answer it again");
  return step;
}

void FailoverRun::Unpin() {
  if (!pinned_ || watch_.Now() >= *record_.broken + options_.pin_for) return;
  Target pin("/v1/health/pins");
  pin.Segment(target_.service_id).Segment(target_.instance);
  const auto done = client_.Delete(pin.str());
  Say(done.ok() ? target_.instance + " is unpinned" : "it could not be unpinned: " + done.error().message);
}

template <class Predicate>
FailoverRun::Step FailoverRun::Await(const char* waiting_for, Predicate reached) {
  while (!reached()) {
    if (MustEnd()) return Step::kGivenUp;
    Look(kLook);
    ReadEnter();
    SayWaiting(waiting_for);
  }
  return Step::kReached;
}

void FailoverRun::Look(milliseconds at_most) { standing_ = watch_.Wait(at_most); }

bool FailoverRun::MustEnd() {
  if (ended_.empty()) ended_ = Failure("run", breaking_);
  if (ended_.empty()) ended_ = Failure("recover", mending_);
  if (ended_.empty() && signalled != 0) ended_ = "interrupted";
  if (ended_.empty() && watch_.Now() > *record_.broken + options_.duration) {
    ended_ = "gave up after " + model::FormatDuration(options_.duration);
  }
  return !ended_.empty();
}

void FailoverRun::ReadEnter() {
  if (!listens_ || record_.detected) return;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) <= 0) return;
  char typed[kTypedMax];
  const ssize_t count = ::read(STDIN_FILENO, typed, sizeof typed);
  listens_ = false;
  if (count <= 0) return;
  record_.broken = watch_.Now();
  Say("counting from now");
}

void FailoverRun::NoticeFall() {
  if (record_.detected) return;
  for (const HealthChange& change : standing_.health) {
    if (change.state != kUnhealthy || change.by < *record_.broken) continue;
    record_.known = change.by;
    record_.detected = MomentOf(change, &cause_);
    Say("found unhealthy after " + Seconds(*record_.detected - *record_.broken) +
        (cause_.empty() ? "" : ": " + cause_));
    return;
  }
}

void FailoverRun::NoticeRecovery() {
  if (record_.bad_until || !record_.known) return;
  for (const HealthChange& change : standing_.health) {
    if (change.state == kUnhealthy || change.by <= *record_.known) continue;
    record_.bad_until = std::max(change.after, *record_.known);
    if (!record_.recovery) record_.recovery = std::max(MomentOf(change, nullptr), *record_.bad_until);
    Say("it is " + change.state + " again");
    return;
  }
}

bool FailoverRun::IsQuiet(Door door) const {
  const DoorStanding& standing = standing_.doors[Index(door)];
  const std::size_t answers = std::max(kQuietAnswers, target_.decisive[Index(door)]);
  return standing.without >= answers && watch_.Now() - standing.named.value_or(*record_.broken) >= kQuietTime;
}

bool FailoverRun::IsBack(Door door) const {
  const auto& named = standing_.doors[Index(door)].named;
  return named && *named >= *record_.recovery;
}

milliseconds FailoverRun::MomentOf(const HealthChange& change, std::string* cause) {
  const Target question =
      Target("/v1/health/history").Parameter("service", target_.service_id).Parameter("instance", target_.instance);
  for (int i = 0; i < kHistoryTries; ++i) {
    const model::Result<std::string> body = client_.Get(question.str());
    const auto row = body.ok() ? LastTransition(*body, change.state) : std::nullopt;
    const milliseconds at = row ? watch_.At(row->at) : milliseconds(0);
    // Another machine's clock may be anywhere; what it says counts only where it agrees with what we saw.
    const bool ours = row && at >= change.after - kClockSlack && at <= change.by + kClockSlack;
    if (ours && cause != nullptr) *cause = row->cause;
    if (ours) return std::clamp(at, change.after, change.by);
    // A state is answered before its row is written.
    watch_.Wait(kLook);
  }
  return change.by;
}

void FailoverRun::Say(const std::string& what) const {
  std::fprintf(stderr, "%6.1fs  %s\n", static_cast<double>(watch_.Now().count()) / 1000, what.c_str());
}

void FailoverRun::SayWaiting(const char* waiting_for) {
  const milliseconds now = watch_.Now();
  if (now - said_ < kSayEach) return;
  said_ = now;
  std::string where;
  for (const Door door : {Door::kDns, Door::kApi}) {
    const DoorStanding& standing = standing_.doors[Index(door)];
    if (standing.without != 0 || !standing.named) continue;
    where += std::string(where.empty() ? "" : " and ") + (door == Door::kDns ? "DNS" : "DiscoverInstances");
  }
  const std::string after = " after " + Seconds(now - *record_.broken);
  const std::string answered = where.empty() ? "answered by no door" + after : "still answered by " + where + after;
  Say(std::string(waiting_for) + ": " + standing_.health.back().state + ", " + answered);
}

}  // namespace waypost::cli
