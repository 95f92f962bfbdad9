#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "http/answer.h"
#include "http/mailbox.h"
#include "http/types.h"
#include "waypost/http/server.h"

namespace waypost::http {

class Session;

/// One thread's io_context with its listeners and sessions. Everything but Run, BeginStop and CloseMailbox is called on
/// that thread, or before Run.
class Worker {
 public:
  Worker(unsigned index, const Options& options, Handler& handler, std::atomic<std::size_t>& connections);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void AddListener(Acceptor acceptor) { acceptors_.push_back(std::move(acceptor)); }
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
  /// Never early, and late by one sweep at most: no clock is read for a request.
  Clock::time_point DeadlineIn(Clock::duration limit) const;

 private:
  Awaitable<void> Accept(Acceptor* acceptor);
  void Open(Socket socket, const asio::ip::tcp::endpoint& peer);
  void Remove(const Session& session);
  void ScheduleSweep();
  void Sweep();
  void StopHere(Clock::time_point deadline);
  void CutAll();
  void EndWhenEmpty();

  const unsigned index_;
  const Options& options_;
  Handler& handler_;
  std::atomic<std::size_t>& connections_;  // of all workers
  asio::io_context context_;
  std::shared_ptr<Mailbox> mailbox_;
  std::vector<Acceptor> acceptors_;
  std::vector<Session*> sessions_;
  Timer sweep_timer_;
  Timer stop_timer_;
  Timer accept_timer_;
  Clock::time_point now_;  // at the last sweep
  HttpDate date_;
  bool stopping_ = false;
};

}  // namespace waypost::http
