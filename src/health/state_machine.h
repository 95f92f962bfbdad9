#pragma once

#include <cstdint>
#include <optional>

#include "waypost/model/check.h"
#include "waypost/model/instance.h"

namespace waypost::health {

/// How one instance stands with its checks.
struct Standing {
  model::HealthState state = model::HealthState::kUnknown;
  bool last_good = false;
  bool ever_checked = false;
  /// It had a good result at some time, or it need not have had one before it is answered.
  bool proven = false;
  std::uint16_t streak = 0;  ///< results in a row like the last one; stops counting at its largest value

  /// As it was known to be before a restart, or as it starts: counting starts anew.
  static Standing From(model::HealthState state, bool proven) { return {state, false, false, proven, 0}; }
};

/// Counts one result. The state that it leads to, which the caller sets or holds back; none: it stays as it is.
///
/// `fall` bad results in a row make UNHEALTHY, `rise` good ones HEALTHY; of an UNKNOWN instance the first good one
/// does, and the first good one ever where a service's instances start unhealthy.
inline std::optional<model::HealthState> Count(Standing& standing, const model::CheckPlan& plan, bool good) {
  using model::HealthState;
  const bool goes_on = standing.ever_checked && standing.last_good == good;
  standing.streak = goes_on && standing.streak != 0xffff ? static_cast<std::uint16_t>(standing.streak + 1)
                    : goes_on                            ? standing.streak
                                                         : std::uint16_t{1};
  standing.last_good = good;
  standing.ever_checked = true;
  if (!good) {
    if (standing.state == HealthState::kUnhealthy || standing.streak < plan.fall) return std::nullopt;
    return HealthState::kUnhealthy;
  }
  const bool first = standing.state == HealthState::kUnknown || (plan.initially_unhealthy && !standing.proven);
  standing.proven = true;
  if (standing.state == HealthState::kHealthy || (!first && standing.streak < plan.rise)) return std::nullopt;
  return HealthState::kHealthy;
}

}  // namespace waypost::health
