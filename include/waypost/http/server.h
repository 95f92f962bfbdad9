#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "waypost/http/message.h"
#include "waypost/model/result.h"

namespace waypost::http {

/// What one client, and all of them together, may take. Each limit has a test at it and one past it.
struct Limits {
  std::size_t body_bytes_max = 1 << 20;                       ///< beyond: 413 and close
  std::size_t header_bytes_max = 64 << 10;                    ///< beyond: 431 and close
  std::size_t connections_max = 20'000;                       ///< over all workers; beyond: accepted and closed at once
  std::chrono::seconds idle = std::chrono::seconds(75);       ///< between requests
  std::chrono::seconds request = std::chrono::seconds(20);    ///< from a request's first byte to its last
  std::size_t stream_bytes_max = 1 << 20;                     ///< waiting for one streaming client; beyond: cut off
  std::chrono::seconds write = std::chrono::seconds(20);      ///< a client that does not read its answer
  std::chrono::seconds handshake = std::chrono::seconds(10);  ///< of TLS
  std::uint32_t streams_max = 100;  ///< requests at once on one HTTP/2 connection; beyond: refused, or the connection
};

/// HTTP by TLS: 1.2 and later, HTTP/2 where the client offers it, else HTTP/1.1.
struct TlsOptions {
  std::vector<std::string> listen = {};  ///< as Options::listen
  std::string certificate = {};          ///< PEM file with the chain
  std::string key = {};                  ///< PEM file
};

struct Options {
  std::vector<std::string> listen;  ///< "127.0.0.1:5380", "[::1]:0"
  TlsOptions https = {};
  unsigned threads = 1;
  Limits limits = {};
  /// The revision this process has applied: sent as `x-waypost-revision` with each answer, and what a request's
  /// `x-waypost-min-revision` waits for (1 s at most, then 503). Thread-safe.
  std::function<std::uint64_t()> revision;
};

/// HTTP/1.1, and HTTP/2 by TLS, for all doors: listeners, sessions, limits. One io_context a thread; connections stay
/// on the thread that accepted them (SO_REUSEPORT). Handlers must outlive it.
class Server {
 public:
  Server(Options options, Handler& handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Reads the certificate when there are https listeners, and binds all addresses. Err: kInUse, kPermission, kConfig
  /// (bad address, certificate or key), kIo; the message says what to do.
  model::Status Bind();
  /// Bound addresses in the order of Options::listen, with the real ports. After Bind.
  std::vector<std::string> addresses() const;
  /// The same of TlsOptions::listen.
  std::vector<std::string> https_addresses() const;
  /// Reads certificate and key again; new connections get the new ones. From any thread, after Bind. Err: kConfig; then
  /// the old ones stay.
  model::Status ReloadCertificate();
  /// Starts the threads.
  void Start();
  /// Stops accepting, lets requests under way finish until `deadline`, then cuts. Joins the threads. Idempotent.
  void Stop(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::http
