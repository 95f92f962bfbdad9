#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "waypost/model/check.h"
#include "waypost/model/health.h"
#include "waypost/registry/listener.h"
#include "waypost/registry/registry.h"
#include "waypost/telemetry/log.h"
#include "waypost/view/view.h"

namespace waypost::health {

struct Options {
  model::CheckDefaults defaults = {};
  /// How long falls are held when most checks of many services fail at once; 0: never.
  std::chrono::milliseconds suspect_hold{60'000};
  std::uint32_t history_per_instance = 100;
  /// Checks under way at once; more wait for their turn. Each is a file descriptor.
  std::uint32_t in_flight_max = 2048;
  /// Where start times are drawn from; absent: the operating system's.
  std::optional<std::uint64_t> seed = {};
};

/// Totals, and what is now. Any thread reads them.
struct Counters {
  std::uint64_t checks_good = 0;
  std::uint64_t checks_bad = 0;
  std::uint64_t transitions_up = 0;
  std::uint64_t transitions_down = 0;
  std::uint64_t unwritten = 0;     ///< transitions that wait to be written (a full disk), now
  std::uint64_t dropped_rows = 0;  ///< history rows given up while nothing could be written
  std::uint64_t suspect_episodes = 0;
  std::uint64_t held = 0;         ///< falls that are held now as checker suspect
  bool suspect = false;           ///< now
  std::uint64_t pins = 0;         ///< that are set now; drained instances included
  std::uint64_t shifts = 0;       ///< zones that are shifted away now
  std::uint64_t holds = 0;        ///< services whose last instance is answered though it left, now
  std::uint64_t targets = 0;      ///< instances that are checked, now
  std::uint64_t in_flight = 0;    ///< now
  std::uint64_t late_us_max = 0;  ///< largest lateness of a check's start ever
  std::uint64_t late_us_sum = 0;  ///< over all checks
};

/// How one instance stands with its checks.
struct CheckStatus {
  std::string instance_id;
  model::CheckKind kind = model::CheckKind::kTcp;
  std::string door = {};  ///< "10.0.0.7:8080"; empty for heartbeat
  model::HealthState state = model::HealthState::kUnknown;
  bool last_good = false;  ///< of the last check
  bool ever_checked = false;
  std::uint32_t streak = 0;     ///< results in a row like the last one
  std::string last_cause = {};  ///< of the last bad one, or why it cannot be checked
  std::optional<std::chrono::milliseconds> since_last = {};
  std::optional<std::chrono::milliseconds> until_next = {};
  bool held = false;  ///< would be unhealthy, but the checker is suspect
};

struct ServiceChecks {
  std::optional<model::CheckPlan> plan = {};  ///< none: nothing of this service is checked
  bool suspect = false;                       ///< the checker itself is suspect now
  std::chrono::milliseconds suspect_left{0};
  std::vector<CheckStatus> instances = {};
};

/// Checks all instances that are to be checked, on a thread of its own, and keeps the clock for what ends by time
/// (pins, shifts, holds). Decided transitions are in the view at once, then written.
///
/// Register with Registry::Listen before Registry::Load; Start after Load. Stop before the registry stops.
class Engine final : public registry::Listener {
 public:
  Engine(Options options, registry::Registry& registry, view::View& view, const model::Clock& clock,
         telemetry::Log log);
  ~Engine() override;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void Start();
  void Stop();

  void Loaded(const view::View& view) override;
  void Committed(model::Revision revision, std::span<const registry::Event> events) override;
  void Reported(const model::ServiceId& service, const std::string& instance, model::HealthState state) override;

  // Any thread; `done` is called on the engine's thread, must be short, and is dropped when the engine stops.

  /// Checks now. False: this instance is not checked from here.
  void Recheck(const model::ServiceId& service, const std::string& instance, std::function<void(bool)> done);
  /// How the service's instances stand; of one instance where `instance` is not empty.
  void Describe(const model::ServiceId& service, const std::string& instance, std::function<void(ServiceChecks)> done);

  Counters counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::health
