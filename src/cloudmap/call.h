#pragma once

#include <optional>
#include <string>

#include "cloudmap/discover_request.h"
#include "cloudmap/errors.h"
#include "cloudmap/json_value.h"
#include "waypost/cloudmap/api.h"
#include "waypost/model/random.h"
#include "waypost/view/discovery.h"
#include "waypost/view/epoch.h"

namespace waypost::cloudmap {

struct Operation;

/// What all calls share. Outlives them, and the registry's completions.
struct Context {
  Options options;
  registry::Registry& registry;
  view::View& view;
  const model::Clock& clock;
  telemetry::Log log;

  const model::Identity& identity() const { return options.identity; }
};

/// What one serving thread keeps between calls.
struct Worker {
  Worker(view::EpochDomain& domain, std::uint64_t seed) : reader(domain), random(seed) {}

  view::Reader reader;
  model::Random random;
  view::DiscoverScratch scratch;
  DiscoverRequest discover;
};

/// One request on its way through the door.
struct Call {
  const Context& context;
  Worker& worker;
  const Operation& operation;
  const http::Request& request;
  http::Response& response;
  http::Later& later;
};

/// WriteError, and a log line for what is no client's fault; such an answer says no more than that it is ours.
void AnswerError(const Context& context, model::Error error, Plane plane, std::string request_id,
                 http::Response& response);

/// A random UUID (RFC 9562 version 4) in its usual form.
std::string DrawUuid(model::Random& random);
/// The same into a string whose capacity serves again.
void DrawUuidInto(model::Random& random, std::string& text);

}  // namespace waypost::cloudmap
