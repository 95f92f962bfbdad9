#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>
#include <vector>

#include "operator/event_ring.h"
#include "waypost/http/message.h"
#include "waypost/operator/events.h"

namespace waypost::oper {

/// The clients of GET /v1/events and what they are sent. On the watch's thread.
class EventStreams {
 public:
  /// `count` falls by one for each stream that ends.
  EventStreams(const EventsOptions& options, Watch& watch, const view::View& view, std::atomic<std::size_t>& count);

  EventRing& ring() { return ring_; }
  void Open(http::Stream stream, const EventFilter& filter, std::optional<model::Revision> since);
  /// Sends everybody what is new in the ring.
  void Pump();
  /// Ends all streams.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Client {
    http::Stream stream;
    EventFilter filter;
    EventCursor cursor = {};
    model::Revision told = 0;  // the id it has seen, but for those of events
    Clock::time_point written = {};
    bool behind = false;  // its connection takes no more at the moment
  };

  std::string Greeting(Client& client, std::optional<model::Revision> since) const;
  std::string Reset(Client& client, std::string_view reason) const;
  void Pump(Client& client) const;
  void PumpThose(bool (*wanted)(const Client& client));
  void ArmTick();
  void KeepAlive();
  void ArmRetry();

  const EventsOptions options_;
  const view::View& view_;
  std::atomic<std::size_t>& count_;
  EventRing ring_;
  std::vector<Client> clients_;
  boost::asio::steady_timer tick_;
  boost::asio::steady_timer retry_;
  bool ticking_ = false;
  bool retrying_ = false;
  bool stopped_ = false;
};

}  // namespace waypost::oper
