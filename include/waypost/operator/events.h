#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>

#include "waypost/http/message.h"
#include "waypost/http/router.h"
#include "waypost/operator/watch.h"
#include "waypost/registry/listener.h"
#include "waypost/view/view.h"

namespace waypost::oper {

struct EventsOptions {
  std::size_t streams_max = 1'000;           ///< beyond: 503
  std::size_t ring_events_max = 65'536;      ///< kept to be sent again
  std::size_t ring_bytes_max = 32U << 20;    ///< … and at most so many bytes of them
  std::size_t pending_events_max = 262'144;  ///< committed, not yet put into words; beyond: all streams are reset
  std::chrono::milliseconds keep_alive = std::chrono::seconds(15);
};

/// GET /v1/events: changes of the registry and of health as Server-Sent Events, in the order of revisions. The last
/// event of a revision has the revision as its id; `Last-Event-ID`, or `?since=N`, goes on behind it, without either
/// the stream begins now, with `event: hello`. Where what was asked for is no longer kept, `event: reset` says at which
/// revision the stream goes on, and the client must read the registry anew. `?namespace=`, `?service=` (ids or names)
/// and `?kind=` (several) choose.
///
/// Register with Registry::Listen before Registry::Load. Any thread.
class Events final : public http::Handler, public registry::Listener {
 public:
  /// `watch` is stopped before this is destroyed.
  Events(const EventsOptions& options, Watch& watch, view::View& view);
  ~Events() override;
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  /// Before the HTTP server starts.
  void AddTo(http::Router& router) { router.Add("GET", "/v1/events", *this); }
  http::Progress Serve(const http::Request& request, http::Response& response, http::Later& later) override;

  void Loaded(const view::View& view) override;
  void Committed(model::Revision revision, std::span<const registry::Event> events) override;

  /// Streams that are open now.
  std::size_t streams() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waypost::oper
