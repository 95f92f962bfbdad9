#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "http/answer.h"
#include "http/channel.h"
#include "http/mailbox.h"
#include "http/tls.h"
#include "http/types.h"
#include "waypost/http/server.h"

namespace waypost::http {

class Connection;

/// One thread's io_context with its listeners and sessions. Everything but Run, BeginStop and CloseMailbox is called on
/// that thread, or before Run.
class Worker {
 public:
  struct Shared {
    std::atomic<std::size_t> connections = 0;  ///< of all workers
    CurrentTls tls;                            ///< none without https listeners
  };
  Worker(unsigned index, const Options& options, Handler& handler, Shared& shared);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  enum class Door : std::uint8_t { kPlain, kTls };
  void AddListener(Acceptor acceptor, Door door) { listeners_.push_back({std::move(acceptor), door}); }
  /// The thread's whole life: returns when stopped and all sessions are gone.
  void Run();
  /// Any thread: stops accepting, ends idle sessions now and the others behind their answer, at `deadline` by force.
  void BeginStop(Clock::time_point deadline);
  /// After Run has returned.
  void CloseMailbox() { mailbox_->Close(); }

  asio::io_context& context() { return context_; }
  const Limits& limits() const { return options_.limits; }
  Handler& handler() { return handler_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  unsigned index() const { return index_; }
  bool stopping() const { return stopping_; }
  bool has_revision() const { return options_.revision != nullptr; }
  std::uint64_t revision() const { return options_.revision(); }
  std::string_view date() const { return std::string_view(date_.data(), date_.size()); }
  /// `next` goes on with the connection that `before` has had; `life` is its Run. Its place is the same.
  void Continue(Connection& before, std::shared_ptr<Connection> next, Awaitable<void> life);
  /// Never early, and late by one sweep at most: no clock is read for a request.
  Clock::time_point DeadlineIn(Clock::duration limit) const;

 private:
  struct Listener {
    Acceptor acceptor;
    Door door;
  };
  static constexpr std::size_t kNoSlot = static_cast<std::size_t>(-1);

  Awaitable<void> Accept(Listener* listener);
  void Open(Socket socket, const asio::ip::tcp::endpoint& peer, Door door);
  void Begin(std::shared_ptr<Connection> connection, Awaitable<void> life);
  void Remove(const Connection& connection);
  void ScheduleSweep();
  void Sweep();
  void StopHere(Clock::time_point deadline);
  void CutAll();
  void EndWhenEmpty();

  const unsigned index_;
  const Options& options_;
  Handler& handler_;
  Shared& shared_;
  asio::io_context context_;
  std::shared_ptr<Mailbox> mailbox_;
  std::vector<Listener> listeners_;
  std::vector<Connection*> connections_;
  Timer sweep_timer_;
  Timer stop_timer_;
  Timer accept_timer_;
  Clock::time_point now_;  // at the last sweep
  HttpDate date_;
  bool stopping_ = false;
};

}  // namespace waypost::http
