#include "health/checks.h"

#include <algorithm>
#include <unordered_set>

#include "health/probe_words.h"

namespace waypost::health {
namespace {

using model::HealthState;
using std::chrono::milliseconds;

milliseconds Whole(std::chrono::steady_clock::duration time) {
  return std::chrono::duration_cast<milliseconds>(std::max(time, time.zero()));
}

}  // namespace

Checks::Checks(const ChecksOptions& options, Prober& prober, TransitionSink& sink, Loop& loop,
               const model::Clock& clock, telemetry::Log log, Tallies& tallies)
    : options_(options),
      sink_(sink),
      loop_(loop),
      clock_(clock),
      log_(std::move(log)),
      tallies_(tallies),
      random_(options.seed),
      launcher_(prober, options.in_flight_max, tallies,
                [this](Target* target, const ProbeResult& result) { OnResult(target, result); }),
      suspicion_(options.suspect_hold) {}

CheckedService* Checks::Find(const model::ServiceId& id) const {
  const auto at = services_.find(id);
  return at == services_.end() ? nullptr : at->second.get();
}

Target* Checks::Find(const model::ServiceId& service, std::string_view instance) const {
  CheckedService* const of = Find(service);
  if (of == nullptr) return nullptr;
  const auto at = of->targets.find(instance);
  return at == of->targets.end() ? nullptr : &at->second;
}

std::shared_ptr<const model::CheckPlan> Checks::PlanOf(const model::ServiceId& service) const {
  const CheckedService* const of = Find(service);
  return of == nullptr ? nullptr : of->plan;
}

void Checks::PutService(const model::ServiceId& id, std::shared_ptr<const model::CheckPlan> plan,
                        std::vector<Registered> instances, Instant now) {
  Settle(now);
  std::unique_ptr<CheckedService>& place = services_[id];
  if (place == nullptr) place = std::make_unique<CheckedService>();
  CheckedService& service = *place;
  service.id = id;
  const auto before = std::exchange(service.plan, std::move(plan));
  std::unordered_set<std::string_view> registered;
  for (const Registered& instance : instances) registered.insert(instance.id);
  for (auto at = service.targets.begin(); at != service.targets.end();) {
    const auto next = std::next(at);
    if (!registered.contains(at->first)) Erase(service, at);
    at = next;
  }
  for (Registered& instance : instances) {
    const auto at = service.targets.find(instance.id);
    if (at != service.targets.end() && at->second.registration == instance.registration) {
      Replan(at->second, std::move(instance), *before, now);
    } else {
      Add(service, std::move(instance), now);
    }
  }
}

void Checks::EraseService(const model::ServiceId& id, Instant now) {
  Settle(now);
  const auto at = services_.find(id);
  if (at == services_.end()) return;
  for (auto& [name, target] : at->second->targets) Retire(target);
  services_.erase(at);
}

void Checks::PutInstance(const model::ServiceId& service, Registered instance, Instant now) {
  Settle(now);
  CheckedService* const of = Find(service);
  if (of == nullptr) return;
  const auto at = of->targets.find(instance.id);
  if (at != of->targets.end() && at->second.registration >= instance.registration) return;
  Add(*of, std::move(instance), now);
}

void Checks::EraseInstance(const model::ServiceId& service, const std::string& id, Instant now) {
  Settle(now);
  CheckedService* const of = Find(service);
  if (of == nullptr) return;
  const auto at = of->targets.find(id);
  if (at != of->targets.end()) Erase(*of, at);
}

void Checks::Add(CheckedService& service, Registered instance, Instant now) {
  const auto [at, fresh] = service.targets.try_emplace(instance.id);
  Target& target = at->second;
  if (!fresh) {
    Retire(target);
    target = Target();
  }
  target.service = &service;
  target.id = &at->first;
  target.registration = instance.registration;
  target.place = Cadence::PlaceOf(service.id, at->first);
  target.standing = Standing::From(instance.state, instance.proven);
  SetDoor(target, instance);
  Schedule(target, Start::kSoon, now);
}

void Checks::Replan(Target& target, Registered instance, const model::CheckPlan& before, Instant now) {
  const bool other_kind = target.service->plan->kind != before.kind;
  const bool other_pace = target.service->plan->interval != before.interval;
  const bool was_checkable = target.checkable;
  if (other_kind || instance.state != target.standing.state) {
    Unhold(target);
    suspicion_.Leave(target.witness);
    target.last_cause.reset();
    target.standing = Standing::From(instance.state, instance.proven);
  }
  SetDoor(target, instance);
  // By the new plan it may be no failure yet; a heartbeat's time is granted anew.
  if (target.is_heartbeat() || target.standing.streak < target.plan().fall) Unhold(target);
  // What is under way may be a check of something else; its result does not count.
  target.stale = target.in_flight();
  if (other_kind || target.checkable != was_checkable) return Schedule(target, Start::kSoon, now);
  if (other_pace || target.is_heartbeat()) Schedule(target, Start::kSpread, now);
}

void Checks::SetDoor(Target& target, Registered& instance) {
  target.request.plan = target.service->plan;
  target.request.door = std::move(instance.door);
  if (target.checkable) tallies_.targets.Subtract();
  target.checkable = instance.obstacle.empty();
  if (target.checkable) {
    tallies_.targets.Add();
  } else {
    target.last_cause = std::make_unique<std::string>(std::move(instance.obstacle));
    suspicion_.Leave(target.witness);
    Unhold(target);
  }
  if (!target.checkable || target.is_heartbeat()) {
    launcher_.Forget(target);
    target.again = false;
  }
}

void Checks::Schedule(Target& target, Start start, Instant now) {
  if (!begun_ || cancelled_) return;
  const model::CheckPlan& plan = target.plan();
  if (!target.checkable || (target.is_heartbeat() && target.standing.state == HealthState::kUnhealthy)) {
    due_.Remove(target);
  } else if (target.is_heartbeat()) {
    due_.Set(target, Cadence::OnGrid(now + plan.silence_max(), plan.interval));
  } else if (start == Start::kSoon) {
    due_.Set(target, Cadence::Soon(now, plan.interval, random_));
  } else {
    due_.Set(target, Cadence::Next(now, plan.interval, target.place));
  }
  loop_.Soon();
}

void Checks::Retire(Target& target) {
  due_.Remove(target);
  launcher_.Forget(target);
  suspicion_.Leave(target.witness);
  Unhold(target);
  if (target.checkable) tallies_.targets.Subtract();
  target.checkable = false;
}

void Checks::Erase(CheckedService& service, CheckedService::Targets::iterator target) {
  Retire(target->second);
  service.targets.erase(target);
}

void Checks::Hold(Target& target) {
  if (target.held) return;
  target.held = true;
  tallies_.held.Add();
}

void Checks::Unhold(Target& target) {
  if (!target.held) return;
  target.held = false;
  tallies_.held.Subtract();
}

void Checks::Beat(const model::ServiceId& service, const std::string& instance, Instant now) {
  Settle(now);
  Target* const target = Find(service, instance);
  if (target == nullptr || !target->is_heartbeat()) return;
  Unhold(*target);
  target->last = now;
  (void)Count(target->standing, target->plan(), true);  // the report itself is what changes the state
  Testify(*target, true, now);
  Schedule(*target, Start::kSpread, now);
}

void Checks::Told(const model::ServiceId& service, const std::string& instance, HealthState state, Instant now) {
  Settle(now);
  Target* const target = Find(service, instance);
  if (target == nullptr || !target->is_heartbeat() || target->standing.state == state) return;
  Unhold(*target);
  target->standing.state = state;
  if (state == HealthState::kUnhealthy) suspicion_.Leave(target->witness);
  Schedule(*target, Start::kSpread, now);
}

bool Checks::Recheck(const model::ServiceId& service, const std::string& instance, Instant now) {
  Target* const target = Find(service, instance);
  if (target == nullptr || !target->checkable || target->is_heartbeat() || !begun_ || cancelled_) return false;
  if (target->in_flight()) {
    target->again = true;
  } else {
    due_.Set(*target, now);
    loop_.Soon();
  }
  return true;
}

ServiceChecks Checks::Describe(const model::ServiceId& service, const std::string& instance, Instant now) const {
  ServiceChecks description;
  const CheckedService* const of = Find(service);
  if (of == nullptr) return description;
  description.plan = *of->plan;
  description.suspect = suspicion_.suspect();
  if (description.suspect) description.suspect_left = Whole(suspicion_.next() - now);
  for (const auto& [id, target] : of->targets) {
    if (instance.empty() || instance == id) description.instances.push_back(StatusOf(target, now));
  }
  std::sort(description.instances.begin(), description.instances.end(),
            [](const CheckStatus& a, const CheckStatus& b) { return a.instance_id < b.instance_id; });
  return description;
}

CheckStatus Checks::StatusOf(const Target& target, Instant now) const {
  CheckStatus status;
  status.instance_id = *target.id;
  status.kind = target.plan().kind;
  if (!target.request.door.host.empty()) status.door = DoorText(target.request.door);
  status.state = target.standing.state;
  status.last_good = target.standing.last_good;
  status.ever_checked = target.standing.ever_checked;
  status.streak = target.standing.streak;
  if (target.last_cause != nullptr) status.last_cause = *target.last_cause;
  if (target.standing.ever_checked) status.since_last = Whole(now - target.last);
  if (target.due != kNever) status.until_next = Whole(target.due - now);
  status.held = target.held;
  return status;
}

}  // namespace waypost::health
