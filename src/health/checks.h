#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "health/launcher.h"
#include "health/registered.h"
#include "health/suspicion.h"
#include "health/tallies.h"
#include "health/target.h"
#include "waypost/health/engine.h"
#include "waypost/model/clock.h"
#include "waypost/model/random.h"
#include "waypost/registry/command.h"
#include "waypost/telemetry/log.h"

namespace waypost::health {

/// Where decided transitions go.
class TransitionSink {
 public:
  virtual ~TransitionSink() = default;
  /// All that were decided in one turn. They may be moved from.
  virtual void Take(std::vector<registry::RecordChecks::Checked>& decided, Instant now) = 0;
};

/// The loop around the checks.
class Loop {
 public:
  virtual ~Loop() = default;
  virtual Instant Now() const = 0;
  /// Calls Checks::Turn when what is ready now has been done; however often it is asked, once.
  virtual void Soon() = 0;
};

struct ChecksOptions {
  std::uint32_t in_flight_max = 2048;
  std::chrono::milliseconds suspect_hold{60'000};
  std::uint32_t history_per_instance = 100;
  std::uint64_t seed = 0;
};

/// Everything that is checked: when, and what follows from it. Without threads and clocks of its own: `now` comes with
/// each call, results come from the prober.
class Checks {
 public:
  Checks(const ChecksOptions& options, Prober& prober, TransitionSink& sink, Loop& loop, const model::Clock& clock,
         telemetry::Log log, Tallies& tallies);

  // What there is to check. Before Begin nothing is due.

  /// A service's plan, new or changed, and all its instances as they are now. Those known already go on as they stand,
  /// unless they were registered anew, or the kind of check changed.
  void PutService(const model::ServiceId& id, std::shared_ptr<const model::CheckPlan> plan,
                  std::vector<Registered> instances, Instant now);
  void EraseService(const model::ServiceId& id, Instant now);
  /// Its check begins, anew if it was registered anew; no effect if neither, or if its service is not checked.
  void PutInstance(const model::ServiceId& service, Registered instance, Instant now);
  void EraseInstance(const model::ServiceId& service, const std::string& id, Instant now);
  /// Null: nothing of this service is checked.
  std::shared_ptr<const model::CheckPlan> PlanOf(const model::ServiceId& service) const;

  // Of heartbeats; without effect on others.

  /// It was heard from.
  void Beat(const model::ServiceId& service, const std::string& instance, Instant now);
  /// A report has changed its state to this.
  void Told(const model::ServiceId& service, const std::string& instance, model::HealthState state, Instant now);

  /// Spreads the checks of all over one interval.
  void Begin(Instant now);
  /// Starts what is due, decides what results have led to. When the next turn is due.
  Instant Turn(Instant now);
  /// No more checks, for good.
  void Cancel();

  /// False: it is not checked from here.
  bool Recheck(const model::ServiceId& service, const std::string& instance, Instant now);
  /// All instances, or one where `instance` is not empty, in order of their ids.
  ServiceChecks Describe(const model::ServiceId& service, const std::string& instance, Instant now) const;

 private:
  enum class Start : std::uint8_t { kSpread, kSoon };
  struct Candidate {
    Target* target;
    model::HealthState to;
    std::optional<std::uint32_t> latency_us;
  };

  CheckedService* Find(const model::ServiceId& id) const;
  Target* Find(const model::ServiceId& service, std::string_view instance) const;
  void Add(CheckedService& service, Registered instance, Instant now);
  void Replan(Target& target, Registered instance, const model::CheckPlan& before, Instant now);
  void Erase(CheckedService& service, CheckedService::Targets::iterator target);
  /// Takes the target out of everything but its service.
  void Retire(Target& target);
  void SetDoor(Target& target, Registered& instance);
  void Schedule(Target& target, Start start, Instant now);
  void Unhold(Target& target);
  void Hold(Target& target);

  void OnDue(Target& target, Instant now);
  void OnSilence(Target& target, Instant now);
  void NoteCause(Target& target, std::string_view cause);
  void OnResult(Target* target, const ProbeResult& result);
  void Testify(Target& target, bool good, Instant now);
  void Judge(Instant now);
  void Decide(Instant now);
  /// What is decided must be before anything else changes.
  void Settle(Instant now);
  registry::RecordChecks::Checked Decided(Target& target, const Candidate& candidate);
  std::string CauseOf(const Target& target, model::HealthState to) const;
  CheckStatus StatusOf(const Target& target, Instant now) const;

  ChecksOptions options_;
  TransitionSink& sink_;
  Loop& loop_;
  const model::Clock& clock_;
  telemetry::Log log_;
  Tallies& tallies_;
  model::Random random_;
  Launcher launcher_;
  Suspicion suspicion_;
  DueQueue due_;
  std::unordered_map<model::ServiceId, std::unique_ptr<CheckedService>, ServiceHash> services_;
  std::vector<Candidate> candidates_;
  std::vector<registry::RecordChecks::Checked> decided_;
  bool begun_ = false;
  bool cancelled_ = false;
};

}  // namespace waypost::health
