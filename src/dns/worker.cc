#include "dns/worker.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>

#include "waypost/model/hash.h"

namespace waypost::dns {
namespace {

constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Executor>> kResume{};
constexpr std::chrono::milliseconds kAcceptPause{100};  // when there are no descriptors left
constexpr std::chrono::milliseconds kSweepMax{1000};

/// Each counter has one writer.
void Count(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

Server::Shared::Shared(const AnswerSources& answers, const ServerOptions& options, std::uint64_t seed)
    : sources(answers),
      late(answers, seed, options.deferred_max),
      connections(options.tcp_connections_max, options.tcp_per_client_max),
      timeouts{options.tcp_idle_timeout, options.tcp_query_timeout} {
  if (options.rates.responses_per_second != 0 || options.rates.errors_per_second != 0) {
    limiter = std::make_shared<RateLimiter>(options.rates, model::Mix64(seed, model::kHashStep));
  }
  if (!options.tls.listen.empty()) certificate.emplace(options.tls.certificate, options.tls.key);
}

Server::Worker::Worker(Shared& shared, std::uint64_t seed)
    : shared_(shared), mailbox_(std::make_shared<Mailbox>(io_)), answerer_(shared.sources, seed), sweep_(io_) {}

Server::Worker::~Worker() {
  Finish();
  Join(std::chrono::steady_clock::now());
  mailbox_->Close();
}

void Server::Worker::AddDoors(const Endpoint& endpoint, SocketPair sockets) {
  udp_doors_.push_back(
      std::make_unique<UdpDoor>(io_, std::move(sockets.udp), endpoint.address,
                                UdpSurroundings{answerer_, shared_.late, shared_.limiter, latency_, unsent_}));
  const auto protocol = endpoint.address.is_v4() ? boost::asio::ip::tcp::v4() : boost::asio::ip::tcp::v6();
  doors_.push_back({{io_, protocol, sockets.tcp.Release()}, Transport::kTcp});
}

void Server::Worker::AddTlsDoor(const Endpoint& endpoint, Descriptor listener) {
  const auto protocol = endpoint.address.is_v4() ? boost::asio::ip::tcp::v4() : boost::asio::ip::tcp::v6();
  doors_.push_back({{io_, protocol, listener.Release()}, Transport::kTls});
}

void Server::Worker::Start(unsigned number) {
  for (const auto& door : udp_doors_) door->Open();
  for (Door& door : doors_) {
    boost::asio::co_spawn(io_, Accept(door), [this](const std::exception_ptr& failure) { LogFailure(failure); });
  }
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), ("dns-" + std::to_string(number)).c_str());
}

void Server::Worker::Run() {
  io_.run();
  // Cut off: let what is suspended end in order, while all it uses still lives.
  CloseDoors();
  for (const auto& session : sessions_) session->Cut();
  io_.restart();
  io_.run();
  // And what came by post at the last moment.
  mailbox_->Close();
  io_.restart();
  io_.run();
  ended_.set_value();
}

void Server::Worker::Finish() {
  boost::asio::post(io_, [this] {
    CloseDoors();
    for (const auto& session : sessions_) session->Finish();
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
  for (Door& door : doors_) {
    boost::system::error_code ignored;
    door.acceptor.close(ignored);
  }
  if (sessions_.empty()) sweep_.cancel();
}

Task Server::Worker::Accept(Door& door) {
  Timer pause(io_);
  while (!finishing_) {
    auto accepted = co_await door.acceptor.async_accept(kResume);
    if (!std::get<0>(accepted)) {
      Admit(std::move(std::get<1>(accepted)), door.transport);
    } else if (!finishing_) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kResume);
    }
  }
}

void Server::Worker::Admit(TcpSocket socket, Transport transport) {
  boost::system::error_code ignored;
  const Address client = AddressOf(socket.remote_endpoint(ignored));
  if (!shared_.connections.Enter(client)) return Count(refused_);  // closes it
  Count(accepted_);
  auto tls = transport == Transport::kTls ? shared_.certificate->context() : nullptr;
  sessions_.push_front(
      std::make_shared<TcpSession>(std::move(socket), client, std::move(tls),
                                   TcpSurroundings{answerer_, shared_.late, output_, latency_, mailbox_,
                                                   shared_.transfers, shared_.transfers_under_way, shared_.timeouts}));
  const auto session = sessions_.begin();
  boost::asio::co_spawn(io_, (*session)->Run(),
                        [this, session](const std::exception_ptr& failure) { OnEnd(session, failure); });
  ScheduleSweep();
}

void Server::Worker::OnEnd(Sessions::iterator session, const std::exception_ptr& failure) {
  LogFailure(failure);
  if ((*session)->handshake_failed()) Count(tls_failed_);
  shared_.connections.Leave((*session)->client());
  (*session)->Cut();  // a write that is under way keeps it alive
  sessions_.erase(session);
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
  for (const auto& session : sessions_) {
    if (session->deadline() < now) session->Cut();
  }
  if (!sessions_.empty()) ScheduleSweep();
}

void Server::Worker::SetZones(std::shared_ptr<const zone::ZoneSet> zones) {
  mailbox_->Post([this, zones = std::move(zones)]() mutable { answerer_.SetZones(std::move(zones)); });
}

void Server::Worker::Ask(std::vector<std::uint8_t> query, const Asker& asker, std::shared_ptr<OwedAnswer> owed) {
  mailbox_->Post([this, query = std::move(query), asker, owed = std::move(owed)] { AnswerAsked(query, asker, owed); });
}

void Server::Worker::AnswerAsked(const std::vector<std::uint8_t>& query, const Asker& asker,
                                 const std::shared_ptr<OwedAnswer>& owed) {
  const auto begun = std::chrono::steady_clock::now();
  Answerer::Job job;
  job.query = query.data();
  job.query_size = query.size();
  job.response = output_.NextMessage();
  job.room = kMessageOctetsMax;
  job.asker = asker;
  answerer_.Answer({&job, 1});
  if (job.fate == Fate::kDeferred) {
    const auto give = [owed](std::span<const std::uint8_t> late) { owed->Give({late.begin(), late.end()}); };
    if (shared_.late.Take(job, answerer_.wanted(0), give)) return;
    answerer_.AnswerWith(job, Rcode::kServFail, ExtendedError::kNone);
  } else if (job.fate == Fate::kTransfer) {
    answerer_.AnswerWith(job, Rcode::kRefused, ExtendedError::kNone);
  }
  latency_.Add(std::chrono::steady_clock::now() - begun, 1);
  owed->Give({job.response, job.response + job.response_size});
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
  for (std::size_t i = 0; i < totals.types.size(); ++i) totals.types[i] += read(counters.types[i]);
  totals.deferred += read(counters.deferred);
  totals.transfers += read(counters.transfers);
  totals.unsent += read(unsent_);
  totals.tcp_accepted += read(accepted_);
  totals.tcp_refused += read(refused_);
  totals.tls_failed += read(tls_failed_);
  latency_.AddTo(totals.latency);
}

}  // namespace waypost::dns
