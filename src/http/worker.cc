#include "http/worker.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>

#include "http/session.h"

namespace waypost::http {
namespace {

using boost::system::error_code;

constexpr std::chrono::seconds kSweepPeriod(1);
/// How long nothing is accepted when descriptors or memory have run out.
constexpr std::chrono::milliseconds kAcceptPause(100);

bool IsShortage(const error_code& error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::no_buffer_space || error == errc::not_enough_memory;
}

}  // namespace

Worker::Worker(unsigned index, const Options& options, Handler& handler, std::atomic<std::size_t>& connections)
    : index_(index),
      options_(options),
      handler_(handler),
      connections_(connections),
      context_(1),
      mailbox_(std::make_shared<Mailbox>(context_)),
      sweep_timer_(context_),
      stop_timer_(context_),
      accept_timer_(context_),
      now_(Clock::now()),
      date_(FormatDate(std::time(nullptr))) {}

Worker::~Worker() { mailbox_->Close(); }

Clock::time_point Worker::DeadlineIn(Clock::duration limit) const { return now_ + limit + kSweepPeriod; }

void Worker::Run() {
  Sweep();
  for (Acceptor& acceptor : acceptors_) {
    // Accepting ends with the listener; what could throw (no memory) ends this listener alone.
    asio::co_spawn(context_, Accept(&acceptor), [](std::exception_ptr) {});
  }
  context_.run();
}

Awaitable<void> Worker::Accept(Acceptor* acceptor) {
  while (!stopping_) {
    asio::ip::tcp::endpoint peer;
    auto [error, socket] = co_await acceptor->async_accept(peer, kAwait);
    if (error == asio::error::operation_aborted || !acceptor->is_open()) break;
    if (IsShortage(error)) {
      accept_timer_.expires_after(kAcceptPause);
      co_await accept_timer_.async_wait(kAwait);
    } else if (!error.failed()) {
      Open(std::move(socket), peer);
    }
  }
}

void Worker::Open(Socket socket, const asio::ip::tcp::endpoint& peer) {
  if (connections_.fetch_add(1, std::memory_order_relaxed) >= options_.limits.connections_max) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    return;  // the socket closes here
  }
  auto session = std::make_shared<Session>(*this, std::move(socket), peer);
  session->slot = sessions_.size();
  sessions_.push_back(session.get());
  Awaitable<void> life = session->Run(session);
  // An exception here is a lack of memory: the connection is dropped and the others go on.
  asio::co_spawn(context_, std::move(life), [this, session](std::exception_ptr) { Remove(*session); });
}

void Worker::Remove(const Session& session) {
  sessions_.back()->slot = session.slot;
  sessions_[session.slot] = sessions_.back();
  sessions_.pop_back();
  connections_.fetch_sub(1, std::memory_order_relaxed);
  EndWhenEmpty();
}

void Worker::Sweep() {
  now_ = Clock::now();
  date_ = FormatDate(std::time(nullptr));
  for (Session* session : sessions_) session->Check(now_);
  // A sweep that was due when the last session left could not be cancelled any more: it is the last one.
  if (!stopping_ || !sessions_.empty()) ScheduleSweep();
}

void Worker::ScheduleSweep() {
  sweep_timer_.expires_at(now_ + kSweepPeriod);
  sweep_timer_.async_wait([this](const error_code& error) {
    if (!error.failed()) Sweep();
  });
}

void Worker::BeginStop(Clock::time_point deadline) {
  asio::post(context_, [this, deadline] { StopHere(deadline); });
}

void Worker::StopHere(Clock::time_point deadline) {
  stopping_ = true;
  error_code ignored;
  for (Acceptor& acceptor : acceptors_) acceptor.close(ignored);
  accept_timer_.cancel();
  for (Session* session : sessions_) session->BeginStop();
  stop_timer_.expires_at(deadline);
  stop_timer_.async_wait([this](const error_code& error) {
    if (!error.failed()) CutAll();
  });
  EndWhenEmpty();
}

void Worker::CutAll() {
  for (Session* session : sessions_) session->Cut();
}

/// Without timers, listeners and sessions the io_context has no work left, and Run returns.
void Worker::EndWhenEmpty() {
  if (!stopping_ || !sessions_.empty()) return;
  sweep_timer_.cancel();
  stop_timer_.cancel();
}

}  // namespace waypost::http
