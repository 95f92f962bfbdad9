#pragma once

#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "waypost/http/message.h"
#include "waypost/http/router.h"
#include "waypost/operator/health.h"
#include "waypost/view/epoch.h"

namespace waypost::oper {

/// Err: kServiceNotFound, in words.
model::Error NoService(std::string_view text);

/// What the endpoints of `/v1/health`, `/v1/shifts` and `/v1/views` share. Thread-safe.
class HealthContext {
 public:
  explicit HealthContext(HealthOptions options);

  const HealthOptions& options() const { return options_; }
  bool ready() const { return options_.view.ready(); }
  model::Timestamp Now() const { return options_.clock.Now(); }

  /// By `srv-…` or `<service>.<namespace>`. Err: kServiceNotFound.
  model::Result<model::ServiceId> FindService(std::string_view text);
  /// The service that has this instance. Err: kServiceNotFound, kInstanceNotFound.
  model::Result<model::ServiceId> FindInstance(std::string_view service, std::string_view instance);
  /// Calls `use(view)` in a section and returns what it says.
  template <class Use>
  auto Look(Use use) {
    const std::lock_guard lock(mutex_);
    const view::ReadSection section(reader_);
    return use(static_cast<const view::View&>(options_.view));
  }
  /// `<service>.<namespace>`; empty when the service is gone.
  std::string NameOf(const model::ServiceId& id) const;

  /// Hands a change to the registry, dated now; its writer answers the request with `answer`.
  http::Progress Submit(registry::Change change, nlohmann::ordered_json answer, http::Later& later);

 private:
  HealthOptions options_;
  // Not one for each worker: these requests are rare, and a domain's readers are few.
  std::mutex mutex_;
  view::Reader reader_;
};

/// Serves one path; an error is told by Refuse.
using HealthServe = model::Result<http::Progress> (*)(HealthContext& context, const http::Request& request,
                                                      http::Response& response, http::Later& later);

/// One path and method. 503 until the registry is loaded.
class HealthRoute final : public http::Handler {
 public:
  HealthRoute(HealthContext& context, HealthServe serve) : context_(context), serve_(serve) {}
  http::Progress Serve(const http::Request& request, http::Response& response, http::Later& later) override;

 private:
  HealthContext& context_;
  HealthServe serve_;
};

/// Answers at once.
http::Progress Done(const nlohmann::ordered_json& body, http::Response& response);

}  // namespace waypost::oper
