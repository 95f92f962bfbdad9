#pragma once

#include <cstddef>
#include <memory>

#include "waypost/http/message.h"
#include "waypost/http/router.h"
#include "waypost/operator/watch.h"
#include "waypost/view/view.h"

namespace waypost::oper {

struct PrometheusSdOptions {
  std::size_t targets_max = 100'000;  ///< of one answer; beyond: 400
  std::size_t walks_max = 16;         ///< requests under way at once; beyond: 503
};

/// GET /v1/prometheus/sd: instances as Prometheus' HTTP service discovery reads them, one object each. `namespace` and
/// `service` (ids or names) and `health` choose; every further parameter is an attribute that must have that value.
/// Without `health`, a service's healthy instances, or all when none is.
class PrometheusSd final : public http::Handler {
 public:
  /// Walks on `watch`, so that a large registry holds no worker up; it is stopped before this is destroyed.
  PrometheusSd(const PrometheusSdOptions& options, Watch& watch, view::View& view);
  ~PrometheusSd() override;
  PrometheusSd(const PrometheusSd&) = delete;
  PrometheusSd& operator=(const PrometheusSd&) = delete;

  /// Before the HTTP server starts.
  void AddTo(http::Router& router) { router.Add("GET", "/v1/prometheus/sd", *this); }
  http::Progress Serve(const http::Request& request, http::Response& response, http::Later& later) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waypost::oper
