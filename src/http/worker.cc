#include "http/worker.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>

#include "http/session.h"
#include "http/tls_entry.h"

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

Worker::Worker(unsigned index, const Options& options, Handler& handler, Shared& shared)
    : index_(index),
      options_(options),
      handler_(handler),
      shared_(shared),
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
  for (Listener& listener : listeners_) {
    // Accepting ends with the listener; what could throw (no memory) ends this listener alone.
    asio::co_spawn(context_, Accept(&listener), [](std::exception_ptr) {});
  }
  context_.run();
}

Awaitable<void> Worker::Accept(Listener* listener) {
  Acceptor* const acceptor = &listener->acceptor;
  while (!stopping_) {
    asio::ip::tcp::endpoint peer;
    auto [error, socket] = co_await acceptor->async_accept(peer, kAwait);
    if (error == asio::error::operation_aborted || !acceptor->is_open()) break;
    if (IsShortage(error)) {
      accept_timer_.expires_after(kAcceptPause);
      co_await accept_timer_.async_wait(kAwait);
    } else if (!error.failed()) {
      Open(std::move(socket), peer, listener->door);
    }
  }
}

void Worker::Open(Socket socket, const asio::ip::tcp::endpoint& peer, Door door) {
  if (shared_.connections.fetch_add(1, std::memory_order_relaxed) >= options_.limits.connections_max) {
    shared_.connections.fetch_sub(1, std::memory_order_relaxed);
    return;  // the socket closes here
  }
  error_code ignored;
  socket.non_blocking(true, ignored);
  Ends ends = EndsOf(socket, peer);
  if (door == Door::kPlain) {
    auto session = std::make_shared<Session>(*this, Channel(std::move(socket)), std::move(ends));
    Awaitable<void> life = session->Run(session);
    Begin(std::move(session), std::move(life));
    return;
  }
  auto tls = std::make_unique<Tls>(*shared_.tls.get(), socket.native_handle());
  Channel channel(std::move(socket), std::move(tls));
  auto entry = std::make_shared<TlsEntry>(*this, std::move(channel), std::move(ends));
  Awaitable<void> life = entry->Run(entry);
  Begin(std::move(entry), std::move(life));
}

void Worker::Begin(std::shared_ptr<Connection> connection, Awaitable<void> life) {
  connection->slot = connections_.size();
  connections_.push_back(connection.get());
  // An exception here is a lack of memory: the connection is dropped and the others go on.
  asio::co_spawn(context_, std::move(life),
                 [this, connection = std::move(connection)](std::exception_ptr) { Remove(*connection); });
}

void Worker::Continue(Connection& before, std::shared_ptr<Connection> next, Awaitable<void> life) {
  next->slot = before.slot;
  connections_[next->slot] = next.get();
  before.slot = kNoSlot;
  asio::co_spawn(context_, std::move(life), [this, next = std::move(next)](std::exception_ptr) { Remove(*next); });
}

void Worker::Remove(const Connection& connection) {
  if (connection.slot == kNoSlot) return;  // it has a successor
  connections_.back()->slot = connection.slot;
  connections_[connection.slot] = connections_.back();
  connections_.pop_back();
  shared_.connections.fetch_sub(1, std::memory_order_relaxed);
  EndWhenEmpty();
}

void Worker::Sweep() {
  now_ = Clock::now();
  date_ = FormatDate(std::time(nullptr));
  for (Connection* connection : connections_) connection->Check(now_);
  // A sweep that was due when the last session left could not be cancelled any more: it is the last one.
  if (!stopping_ || !connections_.empty()) ScheduleSweep();
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
  for (Listener& listener : listeners_) listener.acceptor.close(ignored);
  accept_timer_.cancel();
  for (Connection* connection : connections_) connection->BeginStop();
  stop_timer_.expires_at(deadline);
  stop_timer_.async_wait([this](const error_code& error) {
    if (!error.failed()) CutAll();
  });
  EndWhenEmpty();
}

void Worker::CutAll() {
  for (Connection* connection : connections_) connection->Cut();
}

/// Without timers, listeners and sessions the io_context has no work left, and Run returns.
void Worker::EndWhenEmpty() {
  if (!stopping_ || !connections_.empty()) return;
  sweep_timer_.cancel();
  stop_timer_.cancel();
}

}  // namespace waypost::http
