#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "waypost/health/engine.h"
#include "waypost/http/router.h"
#include "waypost/model/clock.h"
#include "waypost/model/id.h"
#include "waypost/registry/registry.h"
#include "waypost/view/view.h"

namespace waypost::oper {

struct ExplainOptions {
  registry::Registry& registry;
  view::View& view;
  const model::Clock& clock;
  /// How a service's instances stand with their checks (health::Engine::Describe). Absent: nothing is checked.
  std::function<void(const model::ServiceId& service, const std::string& instance,
                     std::function<void(health::ServiceChecks)> done)>
      describe = {};
  /// The zone that a client belongs to; empty: none. Absent: no client is in a zone. Thread-safe.
  std::function<std::string(std::string_view client_ip)> zone_of = {};
  /// Whether a client may see private namespaces. Absent: all may. Thread-safe.
  std::function<bool(std::string_view client_ip)> sees_private = {};
};

/// GET /v1/explain?name=NAME&client=IP&attr=k=v: for each instance of a service whether it is answered, and why not.
/// Any thread.
class Explain final : public http::Handler {
 public:
  /// Instances that one answer lists; its summary counts all of them.
  static constexpr std::size_t kListedMax = 1'000;

  explicit Explain(ExplainOptions options);
  ~Explain() override;
  Explain(const Explain&) = delete;
  Explain& operator=(const Explain&) = delete;

  /// Before the HTTP server starts.
  void AddTo(http::Router& router) { router.Add("GET", "/v1/explain", *this); }
  http::Progress Serve(const http::Request& request, http::Response& response, http::Later& later) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waypost::oper
