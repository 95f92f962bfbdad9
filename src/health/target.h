#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "health/schedule.h"
#include "health/state_machine.h"
#include "health/suspicion.h"
#include "waypost/health/probe.h"
#include "waypost/model/clock.h"
#include "waypost/model/hash.h"

namespace waypost::health {

struct CheckedService;

/// One instance that is checked, or would be if it could. About 170 octets: there may be a million.
struct Target : Scheduled {
  static constexpr std::uint32_t kNoFlight = std::numeric_limits<std::uint32_t>::max();

  CheckedService* service = nullptr;
  const std::string* id = nullptr;   ///< its key in CheckedService::targets
  model::Revision registration = 0;  ///< view::Member::revision
  ProbeRequest request = {};         ///< the door is empty for heartbeats
  Instant last = {};                 ///< of the last result, or heartbeat
  /// Why the last bad result was bad, or why it cannot be checked; null: there was none.
  std::unique_ptr<std::string> last_cause = {};
  Witness witness = {};
  Standing standing = {};
  std::uint32_t place = 0;           ///< Cadence::PlaceOf
  std::uint32_t flight = kNoFlight;  ///< the launcher's, while a check is under way
  std::uint8_t rows_until_trim = 0;  ///< transitions until one trims the instance's history
  bool checkable : 1 = false;        ///< has a door, or is a heartbeat
  bool waiting : 1 = false;          ///< for a free place in the launcher
  bool again : 1 = false;            ///< to be checked when the check under way has ended
  bool stale : 1 = false;            ///< the check under way is one of a plan that is no more
  bool held : 1 = false;             ///< would be unhealthy, but the checker is suspect

  const model::CheckPlan& plan() const { return *request.plan; }
  bool is_heartbeat() const { return plan().kind == model::CheckKind::kHeartbeat; }
  bool in_flight() const { return flight != kNoFlight; }
};

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return model::Hash64(text); }
};

struct ServiceHash {
  std::size_t operator()(const model::ServiceId& id) const { return id.hash(); }
};

/// A service whose instances are checked.
struct CheckedService {
  using Targets = std::unordered_map<std::string, Target, StringHash, std::equal_to<>>;

  model::ServiceId id;
  std::shared_ptr<const model::CheckPlan> plan;
  std::uint32_t failing = 0;  ///< Suspicion's
  Targets targets = {};       ///< by instance id; they never move
};

}  // namespace waypost::health
