#include "operator/health_context.h"

#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/reply.h"

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;

}  // namespace

model::Error NoService(std::string_view text) {
  return MakeError(Code::kServiceNotFound,
                   "no service is " + std::string(text) + "; wanted is its id (srv-...) or service.namespace");
}

HealthContext::HealthContext(HealthOptions options) : options_(std::move(options)), reader_(options_.view.domain()) {}

model::Result<model::ServiceId> HealthContext::FindService(std::string_view text) {
  const std::lock_guard lock(mutex_);
  const view::ReadSection section(reader_);
  const view::ServiceNode* node = options_.view.FindServiceByText(text);
  if (node == nullptr) return NoService(text);
  return node->id();
}

model::Result<model::ServiceId> HealthContext::FindInstance(std::string_view service, std::string_view instance) {
  const std::lock_guard lock(mutex_);
  const view::ReadSection section(reader_);
  const view::ServiceNode* node = options_.view.FindServiceByText(service);
  if (node == nullptr) return NoService(service);
  const view::ServiceState& state = node->state();
  if (state.Find(instance) == state.count()) {
    return MakeError(Code::kInstanceNotFound, std::string(service) + " has no instance " + std::string(instance) +
                                                  "; their ids are case-sensitive");
  }
  return node->id();
}

std::string HealthContext::NameOf(const model::ServiceId& id) const {
  const auto service = options_.view.GetService(id);
  if (!service) return "";
  const auto in = options_.view.GetNamespace(service->config->service.namespace_id);
  if (!in) return "";
  return service->config->service.name + "." +
         (service->config->service.has_dns() ? in->value.name : in->value.http_name);
}

http::Progress HealthContext::Submit(registry::Change change, nlohmann::ordered_json answer, http::Later& later) {
  options_.registry.Submit({std::move(change), Now()},
                           [deferred = later.Defer(), answer = std::move(answer)](const auto& result) {
                             http::Response response;
                             if (result.ok()) {
                               Answer(answer, response);
                             } else {
                               Refuse(result.error(), response);
                             }
                             deferred.Send(std::move(response));
                           });
  return http::Progress::kLater;
}

http::Progress HealthRoute::Serve(const http::Request& request, http::Response& response, http::Later& later) {
  if (!context_.ready()) {
    Refuse(MakeError(Code::kNotReady, "the registry is being loaded; try again"), response);
    return http::Progress::kDone;
  }
  try {
    const auto served = serve_(context_, request, response, later);
    if (served.ok()) return *served;
    Refuse(served.error(), response);
  } catch (const std::exception& problem) {
    Refuse(MakeError(Code::kInternal, problem.what()), response);
  }
  return http::Progress::kDone;
}

http::Progress Done(const nlohmann::ordered_json& body, http::Response& response) {
  Answer(body, response);
  return http::Progress::kDone;
}

}  // namespace waypost::oper
