#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "waypost/dns/answerer.h"
#include "waypost/model/result.h"
#include "waypost/telemetry/log.h"
#include "waypost/view/view.h"

namespace waypost::dns {

/// Responses on UDP that one client's network gets, so that we are no amplifier for forged addresses.
struct RateLimits {
  std::uint32_t responses_per_second = 0;  ///< to one /24 or /56, of one kind (answers, negative ones, errors); 0: any
  std::uint32_t slip = 2;                  ///< each so-manyth that is over is answered with TC instead; 0: none
  std::uint32_t errors_per_second = 50'000;  ///< FORMERR, NOTIMP, REFUSED and the like, to all together; 0: any
};

/// Encrypted transport (RFC 7858).
struct TlsOptions {
  std::vector<std::string> listen = {};  ///< DNS over TLS; as ServerOptions::listen
  std::string certificate = {};          ///< PEM file with the chain
  std::string key = {};                  ///< PEM file
};

struct ServerOptions {
  /// `ADDRESS:PORT`, `[ADDRESS]:PORT`; UDP and TCP on the same port. Port 0: any that is free for both. `[::]` takes
  /// IPv6 only.
  std::vector<std::string> listen = {"127.0.0.1:5300"};
  unsigned threads = 1;  ///< 1…256
  AnswerOptions answers = {};
  TlsOptions tls = {};
  RateLimits rates = {};
  std::size_t tcp_connections_max = 4000;  ///< of all threads together; beyond, connections are closed at once
  std::size_t tcp_per_client_max = 1000;   ///< of them, from one address
  std::size_t deferred_max = 10'000;       ///< messages that wait for names outside our zones; beyond: SERVFAIL
  std::chrono::milliseconds tcp_idle_timeout{10'000};  ///< without a query, or without the client taking its answers
  std::chrono::milliseconds tcp_query_timeout{5'000};  ///< from a query's first octet to its last
};

/// How long answers took, from when their message was taken in hand.
struct LatencyTotals {
  static constexpr std::size_t kBuckets = 22;
  /// Bucket i holds what took at most 2^i microseconds, and more than the one before; the last has no end.
  std::array<std::uint64_t, kBuckets> counts = {};
  std::uint64_t sum_ns = 0;
};

/// What the server did so far, all threads together.
struct ServerTotals {
  std::uint64_t queries = 0;
  std::uint64_t dropped = 0;    ///< never answered: shorter than a header, or responses
  std::uint64_t truncated = 0;  ///< answered with TC
  std::uint64_t unsent = 0;     ///< UDP answers that the kernel did not take
  std::uint64_t tcp_accepted = 0;
  std::uint64_t tcp_refused = 0;   ///< closed at once, because there were too many
  std::uint64_t tls_failed = 0;    ///< handshakes that came to nothing
  std::uint64_t rate_limited = 0;  ///< UDP responses that were withheld, or cut down to TC
  std::uint64_t deferred = 0;
  std::uint64_t deferred_refused = 0;  ///< too many were waiting
  std::uint64_t transfers = 0;
  std::array<std::uint64_t, AnswerCounters::kTypes> types = {};
  std::array<std::uint64_t, AnswerCounters::kRcodes> rcodes = {};
  LatencyTotals latency = {};           ///< of messages that were answered at once, from their batch's begin to its end
  LatencyTotals deferred_latency = {};  ///< of the others
};

/// What the server answers from beside the view. All of it outlives the server.
struct ServerSources {
  Outside* outside = nullptr;
  Transfers* transfers = nullptr;
  std::shared_ptr<const Keyring> keys = nullptr;
  QueryLog* query_log = nullptr;
};

/// The DNS door: UDP and TCP listeners on threads of its own, all answering from one view. Bind, Start and Stop are
/// called by one thread, in this order.
class Server {
 public:
  /// The view must outlive this.
  Server(view::View& view, ServerOptions options, telemetry::Log log, ServerSources sources = {});
  /// Stops without patience.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Takes the addresses. Err: kConfig, kInUse, kPermission, kIo; each in one line that says what to do.
  model::Status Bind();
  /// Where it listens, with the ports that were chosen; after Bind.
  std::vector<std::string> addresses() const;
  /// The same of DNS over TLS.
  std::vector<std::string> tls_addresses() const;
  /// The static zones from now on. From any thread, before Start or after.
  void SetZones(std::shared_ptr<const zone::ZoneSet> zones);
  /// Reads certificate and key again; new connections get the new ones. From any thread. Err: kConfig; then the old
  /// ones stay.
  model::Status ReloadCertificate();
  /// Answers a message that came by a transport of somebody else's (HTTPS). From any thread, after Start; calls `done`
  /// once with the response, empty when there is none to be given (and for what is still open when the server stops):
  /// on a thread of the server's or the Outside's, so it must be short and must not call back.
  void Ask(std::vector<std::uint8_t> query, const Asker& asker, std::function<void(std::vector<std::uint8_t>)> done);
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
  model::Status Check() const;
  model::Status Prepare();
  void HandOutZones();

  view::View& view_;
  ServerOptions options_;
  telemetry::Log log_;
  ServerSources sources_;
  std::vector<Endpoint> endpoints_;
  std::vector<Endpoint> tls_endpoints_;
  std::mutex mutex_;  // guards zones_, and workers_ while they are made
  std::shared_ptr<const zone::ZoneSet> zones_;
  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<std::size_t> turn_{0};  // whose the next Ask is
};

}  // namespace waypost::dns
