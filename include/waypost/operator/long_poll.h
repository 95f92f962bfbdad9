#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "waypost/http/message.h"
#include "waypost/http/router.h"
#include "waypost/operator/watch.h"
#include "waypost/registry/listener.h"
#include "waypost/view/view.h"

namespace waypost::oper {

struct LongPollOptions {
  static constexpr std::chrono::milliseconds kWaitDefault = std::chrono::seconds(30);
  static constexpr std::chrono::milliseconds kWaitMax = std::chrono::minutes(10);

  unsigned workers = 1;                    ///< threads that call Serve; http::Request::worker is below it
  std::size_t waiters_max = 10'000;        ///< beyond: 503
  std::optional<std::uint64_t> seed = {};  ///< of the order of instances; absent: the operating system's
};

/// GET /v1/discover/{namespace}/{service}?index=N&wait=30s: what DiscoverInstances answers, with the service's own
/// revision as `x-waypost-index`. With `index` the answer comes when that revision is greater, and nothing else ends
/// the wait but its time: then the present state is answered. `health`, `max`; every further parameter is an attribute
/// that must have that value.
///
/// Register with Registry::Listen before Registry::Load.
class LongPoll final : public http::Handler, public registry::Listener {
 public:
  /// `watch` is stopped before this is destroyed.
  LongPoll(const LongPollOptions& options, Watch& watch, view::View& view);
  ~LongPoll() override;
  LongPoll(const LongPoll&) = delete;
  LongPoll& operator=(const LongPoll&) = delete;

  /// Before the HTTP server starts.
  void AddTo(http::Router& router) { router.Add("GET", "/v1/discover/", *this); }
  http::Progress Serve(const http::Request& request, http::Response& response, http::Later& later) override;

  void Committed(model::Revision revision, std::span<const registry::Event> events) override;

  /// Requests that wait now.
  std::size_t waiters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waypost::oper
