#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/submit.h"

namespace waypost::cloudmap {

Served UpdateInstanceCustomHealthStatus(Call& call, const Value& input) {
  registry::UpdateCustomHealth change;
  WP_TRY(service_id, ReadServiceId(input.Text("ServiceId")));
  change.service_id = service_id;
  change.instance_id = input.Text("InstanceId");
  if (input.Text("Status") == model::HealthStateName(model::HealthState::kUnhealthy)) {
    change.state = model::HealthState::kUnhealthy;
  }
  return Submit(call, {std::move(change)});
}

}  // namespace waypost::cloudmap
