#pragma once

#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <future>
#include <list>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "dns/connection_limits.h"
#include "dns/late_answers.h"
#include "dns/latency.h"
#include "dns/mailbox.h"
#include "dns/rate_limit.h"
#include "dns/socket.h"
#include "dns/tcp_session.h"
#include "dns/tls.h"
#include "dns/udp_door.h"
#include "waypost/dns/server.h"

namespace waypost::dns {

/// What all workers of a server share.
struct Server::Shared {
  Shared(const AnswerSources& answers, const ServerOptions& options, std::uint64_t seed);

  const AnswerSources sources;
  Transfers* transfers = nullptr;
  LateAnswers late;
  ConnectionLimits connections;
  std::shared_ptr<RateLimiter> limiter;  // null: nothing is limited
  std::optional<TlsCertificate> certificate;
  TransferCount transfers_under_way{0};
  const TcpTimeouts timeouts;
  telemetry::Log log;
};

/// An answer that somebody is owed: when it is never given, they get an empty one.
class OwedAnswer {
 public:
  using Done = std::function<void(std::vector<std::uint8_t>)>;
  explicit OwedAnswer(Done done) : done_(std::move(done)) {}
  ~OwedAnswer() { Give({}); }
  OwedAnswer(const OwedAnswer&) = delete;
  OwedAnswer& operator=(const OwedAnswer&) = delete;

  void Give(std::vector<std::uint8_t> response) {
    if (const Done done = std::exchange(done_, nullptr)) done(std::move(response));
  }

 private:
  Done done_;
};

/// One thread of the server: its io_context, its sockets on every address, its TCP sessions, its Answerer.
class Server::Worker {
 public:
  Worker(Shared& shared, std::uint64_t seed);
  ~Worker();

  /// Before Start.
  void AddDoors(const Endpoint& endpoint, SocketPair sockets);
  void AddTlsDoor(const Endpoint& endpoint, Descriptor listener);
  void Start(unsigned number);
  /// From any thread: takes no more, lets the thread end when its sessions have.
  void Finish();
  /// From any thread: cuts what is left when `until` has come, and joins.
  void Join(std::chrono::steady_clock::time_point until);

  /// From any thread.
  void SetZones(std::shared_ptr<const zone::ZoneSet> zones);
  void Ask(std::vector<std::uint8_t> query, const Asker& asker, std::shared_ptr<OwedAnswer> owed);
  void AddTo(ServerTotals& totals) const;

 private:
  struct Door {
    boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor> acceptor;
    Transport transport;
  };
  using Sessions = std::list<std::shared_ptr<TcpSession>>;

  Task Accept(Door& door);
  void Admit(TcpSocket socket, Transport transport);
  /// Ends sessions whose deadline has passed, every so often while there are any.
  void ScheduleSweep();
  void Sweep();
  void Run();
  void CloseDoors();
  void OnEnd(Sessions::iterator session, const std::exception_ptr& failure);
  void AnswerAsked(const std::vector<std::uint8_t>& query, const Asker& asker, const std::shared_ptr<OwedAnswer>& owed);
  void LogFailure(const std::exception_ptr& failure) const;

  Shared& shared_;
  boost::asio::io_context io_{1};
  std::shared_ptr<Mailbox> mailbox_;
  Answerer answerer_;
  TcpOutput output_;
  LatencyRecorder latency_;
  std::vector<std::unique_ptr<UdpDoor>> udp_doors_;
  std::list<Door> doors_;
  Sessions sessions_;
  Timer sweep_;
  bool sweeping_ = false;
  bool finishing_ = false;
  std::thread thread_;
  std::promise<void> ended_;
  std::atomic<std::uint64_t> unsent_{0};
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> tls_failed_{0};
};

}  // namespace waypost::dns
