#include "operator/health_recheck.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "operator/json_input.h"
#include "operator/reply.h"

namespace waypost::oper {
namespace {

void RefuseUnchecked(const std::string& instance, http::Response& response) {
  http::WriteError(response, 409, "NotChecked",
                   instance +
                       " is not checked from here: its service has no health check that asks it, or it has no "
                       "address and port");
}

}  // namespace

model::Result<http::Progress> Recheck(HealthContext& context, const http::Request& request, http::Response& response,
                                      http::Later& later) {
  WP_TRY(input, ReadTexts(request.body, {{"service"}, {"instance"}}));
  WP_TRY(service, context.FindInstance(input["service"], input["instance"]));
  std::string instance = std::move(input["instance"]);
  if (!context.options().recheck) {
    RefuseUnchecked(instance, response);
    return http::Progress::kDone;
  }
  const auto done = [deferred = later.Defer(), service_id = service.str(), instance](bool checked) {
    http::Response late;
    if (checked) {
      Answer({{"service", service_id}, {"instance", instance}, {"rechecking", true}}, late);
    } else {
      RefuseUnchecked(instance, late);
    }
    deferred.Send(std::move(late));
  };
  context.options().recheck(service, instance, done);
  return http::Progress::kLater;
}

}  // namespace waypost::oper
