#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <unordered_map>
#include <vector>

#include "operator/long_poll_request.h"
#include "waypost/http/message.h"
#include "waypost/model/id.h"

namespace waypost::oper {

/// One request that waits.
struct LongPollWaiter {
  http::Deferred deferred;
  LongPollRequest asked;
  /// Whose changes wake it. Of a view that may fall back: kAnyService, changes of several services concern it.
  model::ServiceId service_id;
  bool of_view = false;
};

/// No service has it.
inline const model::ServiceId kAnyService{};

/// Requests by the service they wait for, each until its time. On the thread of the io_context.
class LongPollWaiters {
 public:
  using Clock = std::chrono::steady_clock;
  /// Whether it was answered; `last`: its time is over, so it must be.
  enum class Turn : std::uint8_t { kTouched, kLast };
  using Answer = std::function<bool(const LongPollWaiter& waiter, Turn turn)>;

  /// `answer` may not call back into this.
  LongPollWaiters(boost::asio::io_context& context, Answer answer);

  void Add(LongPollWaiter waiter);
  /// Something about this service changed.
  void Touch(const model::ServiceId& service);
  void TouchAll();
  /// Answers everyone now; who comes later has no time either.
  void Stop();

 private:
  struct Hash {
    std::size_t operator()(const model::ServiceId& id) const { return id.hash(); }
  };
  struct Place;
  using OfService = std::list<Place>;
  using Ends = std::multimap<Clock::time_point, std::pair<OfService*, OfService::iterator>>;
  struct Place {
    LongPollWaiter waiter;
    Ends::iterator end;
  };

  void Touch(OfService& places);
  void Expire();
  void Arm();

  Answer answer_;
  // A service's list stays where it is while it has waiters.
  std::unordered_map<model::ServiceId, OfService, Hash> services_;
  Ends ends_;
  boost::asio::steady_timer timer_;
  bool stopped_ = false;
};

}  // namespace waypost::oper
