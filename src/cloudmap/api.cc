#include "waypost/cloudmap/api.h"

#include <cassert>
#include <exception>
#include <utility>
#include <vector>

#include "cloudmap/authenticate.h"
#include "cloudmap/call.h"
#include "cloudmap/caller_identity.h"
#include "cloudmap/operation.h"

namespace waypost::cloudmap {
namespace {

using model::Code;
using model::MakeError;

/// The operation that X-Amz-Target names. Err: kUnknownOperation, kNotReady.
model::Result<const Operation*> Route(const http::Request& request, const view::View& view) {
  if (request.target.empty() || request.method != "POST") {
    return MakeError(Code::kUnknownOperation, "requests are made by POST with the header X-Amz-Target: " +
                                                  std::string(kTargetPrefix) + "<operation>");
  }
  const Operation* operation = nullptr;
  if (request.target.starts_with(kTargetPrefix)) {
    operation = FindOperation(request.target.substr(kTargetPrefix.size()));
  }
  if (operation == nullptr) {
    return MakeError(Code::kUnknownOperation, "X-Amz-Target names no operation of " +
                                                  std::string(kTargetPrefix.substr(0, kTargetPrefix.size() - 1)));
  }
  if (!view.ready()) return MakeError(Code::kNotReady, "the registry is being loaded; try again");
  return operation;
}

Served Dispatch(Call& call) {
  if (call.operation.quick != nullptr && call.operation.quick(call)) return http::Progress::kDone;
  WP_TRY(input, ReadInput(call.operation, call.request.body));
  return call.operation.serve(call, input);
}

}  // namespace

struct Api::State {
  State(Options options, registry::Registry& registry, view::View& view, const model::Clock& clock, telemetry::Log log)
      : context{std::move(options), registry, view, clock, std::move(log)}, authenticator(context.identity()) {
    const std::uint64_t seed = context.options.seed.value_or(model::SystemSeed());
    for (unsigned i = 0; i < context.options.workers; ++i) {
      workers.push_back(std::make_unique<Worker>(view.domain(), seed + i));
    }
  }

  http::Progress Serve(const http::Request& request, http::Response& response, http::Later& later) {
    Worker& worker = *workers[request.worker];
    const auto caller = authenticator.Authenticate(request);
    if (!caller.ok()) return Refuse(caller.error(), Plane::kControl, worker, response);
    if (request.target.empty() && ServeQueryProtocol(request, *caller.value(), worker.random, response)) {
      return http::Progress::kDone;
    }
    const auto operation = Route(request, context.view);
    if (!operation.ok()) return Refuse(operation.error(), Plane::kControl, worker, response);
    Call call{context, worker, *operation.value(), request, response, later};
    const Served served = Dispatch(call);
    if (!served.ok()) return Refuse(served.error(), call.operation.plane, worker, response);
    if (served.value() == http::Progress::kDone) {
      response.content_type = kJsonContentType;
      DrawUuidInto(worker.random, response.request_id);
    }
    return served.value();
  }

  http::Progress Refuse(const model::Error& error, Plane plane, Worker& worker, http::Response& response) const {
    AnswerError(context, error, plane, DrawUuid(worker.random), response);
    return http::Progress::kDone;
  }

  const Context context;
  const Authenticator authenticator;
  std::vector<std::unique_ptr<Worker>> workers;
};

Api::Api(Options options, registry::Registry& registry, view::View& view, const model::Clock& clock, telemetry::Log log)
    : state_(std::make_unique<State>(std::move(options), registry, view, clock, std::move(log))) {}

Api::~Api() = default;

http::Progress Api::Serve(const http::Request& request, http::Response& response, http::Later& later) {
  assert(request.worker < state_->workers.size());
  try {
    return state_->Serve(request, response, later);
  } catch (const std::exception& problem) {
    return state_->Refuse(MakeError(Code::kInternal, problem.what()), Plane::kControl, *state_->workers[request.worker],
                          response);
  }
}

}  // namespace waypost::cloudmap
