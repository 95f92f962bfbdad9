#pragma once

#include <optional>

#include "waypost/model/health.h"
#include "waypost/view/service_state.h"

namespace waypost::view {

/// What a chunk's words say of one member.
struct MemberHealth {
  bool reported = true;  ///< not known to be unhealthy
  bool unknown = true;
  bool waiting = false;
  bool shifted = false;
  std::optional<model::PinState> pin = {};
};

/// How a new member of a service stands before anybody reported or checked its health.
MemberHealth NewHealth(const ServiceConfig& config);
/// How a member stands of which this was measured or reported; none: a new one.
MemberHealth MeasuredHealth(const ServiceConfig& config, std::optional<model::HealthState> state);
/// The same of a stored record, which counts only for the kind of health that it was found out by.
MemberHealth LoadedHealth(const ServiceConfig& config, const std::optional<model::HealthRecord>& record);

}  // namespace waypost::view
