#include "dns/worker.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>

namespace waypost::dns {
namespace {

constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Executor>> kResume{};
constexpr std::chrono::milliseconds kAcceptPause{100};  // when there are no descriptors left
constexpr std::chrono::milliseconds kSweepMax{1000};

}  // namespace

Server::Worker::Worker(view::View& view, Shared& shared, std::uint64_t seed)
    : shared_(shared), answerer_(view, shared.policy, seed), sweep_(io_) {}

Server::Worker::~Worker() {
  Finish();
  Join(std::chrono::steady_clock::now());
}

void Server::Worker::AddDoors(const Endpoint& endpoint, SocketPair sockets) {
  udp_doors_.push_back(std::make_unique<UdpDoor>(io_, std::move(sockets.udp), endpoint.address, answerer_, unsent_));
  const auto protocol = endpoint.address.is_v4() ? boost::asio::ip::tcp::v4() : boost::asio::ip::tcp::v6();
  acceptors_.emplace_back(io_, protocol, sockets.tcp.Release());
}

void Server::Worker::Start(unsigned number) {
  for (const auto& door : udp_doors_) door->Open();
  for (Acceptor& acceptor : acceptors_) {
    boost::asio::co_spawn(io_, Accept(acceptor), [this](const std::exception_ptr& failure) { LogFailure(failure); });
  }
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), ("dns-" + std::to_string(number)).c_str());
}

void Server::Worker::Run() {
  io_.run();
  // Cut off: let what is suspended end in order, while all it uses still lives.
  CloseDoors();
  for (TcpSession& session : sessions_) session.Cut();
  io_.restart();
  io_.run();
  ended_.set_value();
}

void Server::Worker::Finish() {
  boost::asio::post(io_, [this] {
    CloseDoors();
    for (TcpSession& session : sessions_) session.Finish();
  });
}

void Server::Worker::Join(std::chrono::steady_clock::time_point until) {
  if (!thread_.joinable()) return;
  ended_.get_future().wait_until(until);
  io_.stop();
  thread_.join();
}

void Server::Worker::CloseDoors() {
  if (std::exchange(finishing_, true)) return;
  for (const auto& door : udp_doors_) door->Close();
  for (Acceptor& acceptor : acceptors_) {
    boost::system::error_code ignored;
    acceptor.close(ignored);
  }
  if (sessions_.empty()) sweep_.cancel();
}

Task Server::Worker::Accept(Acceptor& acceptor) {
  Timer pause(io_);
  while (!finishing_) {
    auto accepted = co_await acceptor.async_accept(kResume);
    if (!std::get<0>(accepted)) {
      Admit(std::move(std::get<1>(accepted)));
    } else if (!finishing_) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kResume);
    }
  }
}

void Server::Worker::Admit(TcpSocket socket) {
  if (shared_.connections.fetch_add(1, std::memory_order_relaxed) >= shared_.connections_max) {
    shared_.connections.fetch_sub(1, std::memory_order_relaxed);
    refused_.store(refused_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return;  // closes it
  }
  accepted_.store(accepted_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  sessions_.emplace_front(std::move(socket), answerer_, output_, shared_.timeouts);
  const auto session = sessions_.begin();
  boost::asio::co_spawn(io_, session->Run(),
                        [this, session](const std::exception_ptr& failure) { OnEnd(session, failure); });
  ScheduleSweep();
}

void Server::Worker::OnEnd(Sessions::iterator session, const std::exception_ptr& failure) {
  LogFailure(failure);
  sessions_.erase(session);
  shared_.connections.fetch_sub(1, std::memory_order_relaxed);
  if (sessions_.empty()) sweep_.cancel();
}

void Server::Worker::ScheduleSweep() {
  if (std::exchange(sweeping_, true)) return;
  sweep_.expires_after(std::min({kSweepMax, shared_.timeouts.idle / 4, shared_.timeouts.query / 4}));
  sweep_.async_wait([this](const boost::system::error_code&) { Sweep(); });
}

void Server::Worker::Sweep() {
  sweeping_ = false;
  const auto now = TcpSession::Clock::now();
  for (TcpSession& session : sessions_) {
    if (session.deadline() < now) session.Cut();
  }
  if (!sessions_.empty()) ScheduleSweep();
}

void Server::Worker::LogFailure(const std::exception_ptr& failure) const {
  if (failure == nullptr) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    shared_.log->error("a DNS connection failed: {}", error.what());
  }
}

void Server::Worker::AddTo(ServerTotals& totals) const {
  const AnswerCounters& counters = answerer_.counters();
  const auto read = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  totals.queries += read(counters.queries);
  totals.dropped += read(counters.dropped);
  totals.truncated += read(counters.truncated);
  for (std::size_t i = 0; i < totals.rcodes.size(); ++i) totals.rcodes[i] += read(counters.rcodes[i]);
  totals.unsent += read(unsent_);
  totals.tcp_accepted += read(accepted_);
  totals.tcp_refused += read(refused_);
}

}  // namespace waypost::dns
