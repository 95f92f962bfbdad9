#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "waypost/model/clock.h"
#include "waypost/model/id.h"
#include "waypost/model/instance.h"

namespace waypost::model {

/// An instance's health as it is stored: what was measured or reported last, since when and why.
struct HealthRecord {
  HealthState state = HealthState::kUnknown;
  bool checked = false;    ///< found out by our own checks; else reported by a client
  bool waiting = false;    ///< still waits for its first good check (`waypost:initial-health`)
  Timestamp since = {};    ///< 0: not known
  std::string cause = {};  ///< in words; may be empty
  bool operator==(const HealthRecord&) const = default;
};

/// One change of an instance's health, as history keeps it.
struct Transition {
  ServiceId service_id;
  std::string instance_id;
  Timestamp at = {};
  HealthState from = HealthState::kUnknown;
  HealthState to = HealthState::kUnknown;
  std::string cause = {};  ///< "connect to 10.0.0.7:8080: connection refused, 3rd failure"; at most kMaxCause octets
  std::optional<std::uint32_t> latency_us = {};  ///< of the check that decided
  bool operator==(const Transition&) const = default;
};
inline constexpr std::size_t kMaxCause = 300;
/// How long a transition is kept at most; the latest of an instance stands in its HealthRecord as well.
inline constexpr std::int64_t kHistoryKeptMs = 30LL * 24 * 3600 * 1000;

/// What a pin says for as long as it lasts, whatever checks or reports say.
enum class PinState : std::uint8_t {
  kHealthy = 0,
  kUnhealthy = 1,
  kDrained = 2,  ///< in no answer, as if unhealthy, but nothing is wrong with it
};
/// `healthy`, `unhealthy`, `drained`.
std::string_view PinStateName(PinState state);
std::optional<PinState> ParsePinState(std::string_view text);

/// An instance's health set by hand until a time.
struct Pin {
  ServiceId service_id;
  std::string instance_id;
  PinState state = PinState::kUnhealthy;
  Timestamp set = {};
  Timestamp until = {};
  bool operator==(const Pin&) const = default;
};

/// A zone (AVAILABILITY_ZONE) that leaves all answers until a time, while others have healthy instances.
struct Shift {
  std::string zone;
  Timestamp set = {};
  Timestamp until = {};
  bool operator==(const Shift&) const = default;
};
inline constexpr std::size_t kMaxZoneName = 128;
/// How long a pin or a shift may last.
inline constexpr std::chrono::milliseconds kMaxPinned = std::chrono::hours(24 * 7);

/// The last instance of a service that left (`waypost:hold-last`): it goes on being answered until a time.
struct Hold {
  Instance instance;
  HealthState health = HealthState::kHealthy;
  Timestamp until = {};
  bool operator==(const Hold&) const = default;
};

}  // namespace waypost::model
