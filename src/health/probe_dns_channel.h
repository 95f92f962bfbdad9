#pragma once

#include <ares.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <map>
#include <memory>
#include <string>

#include "health/probe_types.h"

namespace waypost::health {

/// A c-ares channel whose sockets and timeouts Asio waits for. Closed before it is let go.
class DnsChannel : public std::enable_shared_from_this<DnsChannel> {
 public:
  struct Options {
    std::string name_servers = {};  ///< `192.0.2.53:53,…`; empty: the system's
    std::chrono::milliseconds try_timeout{1000};
    int tries = 2;
  };

  /// Null when c-ares cannot be set up.
  static std::shared_ptr<DnsChannel> Open(asio::io_context& context, const Options& options);

  explicit DnsChannel(asio::io_context& context) : context_(context), timer_(context) {}
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  /// Both families, as ares_getaddrinfo does. The callback may come from within.
  void Ask(const std::string& name, ares_addrinfo_callback callback, void* argument);
  /// Ends all questions with ARES_EDESTRUCTION. Not from within a callback.
  void Close();

 private:
  using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
  struct Watch {
    explicit Watch(asio::io_context& context) : descriptor(context) {}
    Descriptor descriptor;
    bool reading = false;  // wanted
    bool writing = false;
    bool read_waits = false;
    bool write_waits = false;
  };
  using Watched = std::shared_ptr<Watch>;

  void OnState(ares_socket_t socket, bool readable, bool writable);
  void Wait(ares_socket_t socket, const Watched& watch);
  void Process(ares_socket_t readable, ares_socket_t writable);
  void ArmTimer();

  asio::io_context& context_;
  Timer timer_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, Watched> watched_;
};

}  // namespace waypost::health
