#include "cloudmap/submit.h"

#include <algorithm>
#include <utility>

#include "cloudmap/json_writer.h"
#include "cloudmap/operation.h"

namespace waypost::cloudmap {
namespace {

using model::Code;
using model::Error;

bool Has(const Error& error, std::string_view name) {
  return std::any_of(error.details.begin(), error.details.end(), [&](const auto& pair) { return pair.first == name; });
}

/// Adds the members that the registry cannot know: it has no ARNs and no names of requests.
void Complete(Error& error, const Context& context, const std::string& resource_name) {
  if (error.code == Code::kTooManyTags && !resource_name.empty() && !Has(error, "ResourceName")) {
    error.details.emplace_back("ResourceName", resource_name);
  }
  if (error.code == Code::kServiceAlreadyExists && !Has(error, "ServiceArn")) {
    for (const auto& [name, value] : error.details) {
      if (name != "ServiceId") continue;
      error.details.emplace_back("ServiceArn", model::ServiceArn(context.identity(), value));
      return;
    }
  }
}

/// What waits for the registry in the place of the client's connection.
struct Pending {
  const Context* context;
  http::Deferred deferred;
  std::string request_id;
  std::string resource_name;
  AnswerWriter answer;
  Plane plane;

  void operator()(model::Result<registry::Receipt> result) {
    http::Response response;
    if (result.ok()) {
      response.content_type = kJsonContentType;
      answer(*context, result.value(), response.body);
      response.request_id = std::move(request_id);
    } else {
      Error error = std::move(result).error();
      Complete(error, *context, resource_name);
      AnswerError(*context, std::move(error), plane, std::move(request_id), response);
    }
    deferred.Send(std::move(response));
  }
};

}  // namespace

void AnswerNothing(const Context&, const registry::Receipt&, std::string& body) { body += "{}"; }

void AnswerOperation(const Context&, const registry::Receipt& receipt, std::string& body) {
  JsonWriter(body).Open('{').Text("OperationId", receipt.operation_id).Close('}');
}

http::Progress Submit(Call& call, Write write) {
  Pending pending{&call.context, call.later.Defer(),  DrawUuid(call.worker.random), std::move(write.resource_name),
                  write.answer,  call.operation.plane};
  call.context.registry.Submit({std::move(write.change), call.context.clock.Now()}, std::move(pending));
  return http::Progress::kLater;
}

registry::OperationId OperationIdFor(Call& call, const Value& input, std::string_view request_id_member) {
  const std::string_view request_id = input.Text(request_id_member);
  if (request_id.empty()) return DrawnOperationId(call);
  const std::string content = Canonical(*call.operation.input, input, {request_id_member});
  return {model::DeriveOperationId({call.context.identity().account, call.operation.name, request_id, content}), true};
}

registry::OperationId DrawnOperationId(Call& call) { return {model::DrawOperationId(call.worker.random), false}; }

}  // namespace waypost::cloudmap
