#pragma once

#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <future>
#include <list>
#include <memory>
#include <thread>
#include <vector>

#include "dns/socket.h"
#include "dns/tcp_session.h"
#include "dns/udp_door.h"
#include "waypost/dns/server.h"

namespace waypost::dns {

/// What all workers of a server share.
struct Server::Shared {
  std::shared_ptr<const AnswerPolicy> policy;
  std::size_t connections_max = 0;
  std::atomic<std::size_t> connections{0};
  TcpTimeouts timeouts;
  telemetry::Log log;
};

/// One thread of the server: its io_context, its sockets on every address, its TCP sessions, its Answerer.
class Server::Worker {
 public:
  Worker(view::View& view, Shared& shared, std::uint64_t seed);
  ~Worker();

  /// Before Start.
  void AddDoors(const Endpoint& endpoint, SocketPair sockets);
  void Start(unsigned number);
  /// From any thread: takes no more, lets the thread end when its sessions have.
  void Finish();
  /// From any thread: cuts what is left when `until` has come, and joins.
  void Join(std::chrono::steady_clock::time_point until);

  /// From any thread.
  void AddTo(ServerTotals& totals) const;

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor>;
  using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  using Sessions = std::list<TcpSession>;

  Task Accept(Acceptor& acceptor);
  void Admit(TcpSocket socket);
  /// Ends sessions whose deadline has passed, every so often while there are any.
  void ScheduleSweep();
  void Sweep();
  void Run();
  void CloseDoors();
  void OnEnd(Sessions::iterator session, const std::exception_ptr& failure);
  void LogFailure(const std::exception_ptr& failure) const;

  Shared& shared_;
  boost::asio::io_context io_{1};
  Answerer answerer_;
  TcpOutput output_;
  std::vector<std::unique_ptr<UdpDoor>> udp_doors_;
  std::list<Acceptor> acceptors_;
  Sessions sessions_;
  Timer sweep_;
  bool sweeping_ = false;
  bool finishing_ = false;
  std::thread thread_;
  std::promise<void> ended_;
  std::atomic<std::uint64_t> unsent_{0};
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace waypost::dns
