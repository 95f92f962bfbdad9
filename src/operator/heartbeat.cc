#include "operator/heartbeat.h"

#include <nlohmann/json.hpp>

#include "operator/json_input.h"

namespace waypost::oper {

using model::HealthState;

model::Result<http::Progress> TakeHeartbeat(HealthContext& context, const http::Request& request, http::Response&,
                                            http::Later& later) {
  WP_TRY(input, ReadTexts(request.body, {{"service"}, {"instance"}, {"state", false}}));
  const std::string state = input.contains("state") ? input["state"] : "healthy";
  if (state != "healthy" && state != "unhealthy") {
    return model::MakeError(model::Code::kInvalidInput,
                            "state is \"" + state + "\": wanted is healthy (as without it) or unhealthy");
  }
  WP_TRY(service, context.FindInstance(input["service"], input["instance"]));
  nlohmann::ordered_json answer = {{"service", service.str()}, {"instance", input["instance"]}, {"state", state}};
  registry::UpdateCustomHealth report{
      service, input["instance"], state == "healthy" ? HealthState::kHealthy : HealthState::kUnhealthy, "heartbeat"};
  return context.Submit(std::move(report), std::move(answer), later);
}

}  // namespace waypost::oper
