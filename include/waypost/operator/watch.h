#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace waypost::oper {

/// The thread that serves those who follow the registry: it puts changes into words, ends what has waited long enough,
/// and walks what is too long for a serving thread. Outlives Events, LongPoll and PrometheusSd.
class Watch {
 public:
  Watch();
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void Start();
  /// Answers what waits (long polls with the present state) and ends all event streams, then joins the thread. Called
  /// ahead of http::Server::Stop, nobody holds that up. Idempotent.
  void Stop();

  // For the handlers of this room.

  /// Runs `task` on the thread, in the order of these calls. Any thread; before Start it waits. False: the thread is
  /// stopped, and the task will never run.
  bool Post(std::function<void()> task);
  /// Runs on the thread as one of its last tasks. Before Start.
  void AtStop(std::function<void()> task);
  /// For timers, which AtStop must cancel.
  boost::asio::io_context& context();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::oper
