#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "waypost/dns/answerer.h"
#include "waypost/model/result.h"
#include "waypost/telemetry/log.h"
#include "waypost/view/view.h"

namespace waypost::dns {

struct ServerOptions {
  /// `ADDRESS:PORT`, `[ADDRESS]:PORT`; UDP and TCP on the same port. Port 0: any that is free for both. `[::]` takes
  /// IPv6 only.
  std::vector<std::string> listen = {"127.0.0.1:5300"};
  unsigned threads = 1;  ///< 1…256
  AnswerOptions answers = {};
  std::size_t tcp_connections_max = 1000;  ///< of all threads together; beyond, connections are closed at once
  std::chrono::milliseconds tcp_idle_timeout{10'000};  ///< without a query, or without the client taking its answers
  std::chrono::milliseconds tcp_query_timeout{5'000};  ///< from a query's first octet to its last
};

/// What the server did so far, all threads together.
struct ServerTotals {
  std::uint64_t queries = 0;
  std::uint64_t dropped = 0;    ///< never answered: shorter than a header, or responses
  std::uint64_t truncated = 0;  ///< answered with TC
  std::uint64_t unsent = 0;     ///< UDP answers that the kernel did not take
  std::uint64_t tcp_accepted = 0;
  std::uint64_t tcp_refused = 0;  ///< closed at once, because there were too many
  std::array<std::uint64_t, AnswerCounters::kRcodes> rcodes = {};
};

/// The DNS door: UDP and TCP listeners on threads of its own, all answering from one view. Bind, Start and Stop are
/// called by one thread, in this order.
class Server {
 public:
  /// The view must outlive this.
  Server(view::View& view, ServerOptions options, telemetry::Log log);
  /// Stops without patience.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Takes the addresses. Err: kConfig, kInUse, kPermission, kIo; each in one line that says what to do.
  model::Status Bind();
  /// Where it listens, with the ports that were chosen; after Bind.
  std::vector<std::string> addresses() const;
  /// Starts answering.
  void Start();
  /// Takes no more, finishes what is under way until the deadline, cuts off the rest, joins the threads. Harmless
  /// twice.
  void Stop(std::chrono::milliseconds deadline);

  /// Safe from any thread.
  ServerTotals totals() const;

 private:
  struct Shared;
  class Worker;
  model::Status Prepare();

  view::View& view_;
  ServerOptions options_;
  telemetry::Log log_;
  std::vector<Endpoint> endpoints_;
  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace waypost::dns
