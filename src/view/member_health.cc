#include "view/member_health.h"

namespace waypost::view {

MemberHealth NewHealth(const ServiceConfig& config) {
  MemberHealth health;
  health.unknown = !config.service.custom_health;
  health.waiting = health.unknown && config.has_health() && config.tuning.initially_unhealthy;
  health.reported = !health.waiting;
  return health;
}

MemberHealth MeasuredHealth(const ServiceConfig& config, std::optional<model::HealthState> state) {
  if (!state) return NewHealth(config);
  MemberHealth health;
  health.reported = *state != model::HealthState::kUnhealthy;
  health.unknown = *state == model::HealthState::kUnknown;
  return health;
}

MemberHealth LoadedHealth(const ServiceConfig& config, const std::optional<model::HealthRecord>& record) {
  const bool checked = config.health_source == model::HealthSource::kChecked;
  if (!record || !config.has_health() || record->checked != checked) return NewHealth(config);
  MemberHealth health = MeasuredHealth(config, record->state);
  health.waiting = record->waiting && config.tuning.initially_unhealthy && !health.reported;
  return health;
}

}  // namespace waypost::view
