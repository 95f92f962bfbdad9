#pragma once

#include <memory>
#include <string>

#include "waypost/health/probe.h"

namespace boost::asio {
class io_context;
}

namespace waypost::health {

struct NetworkOptions {
  /// Name servers that are asked for hosts given by name: `192.0.2.53:53,[2001:db8::1]:53`; empty: the system's.
  std::string name_servers = {};
};

/// Makes checks over the real network: TCP, HTTP, HTTPS and gRPC. Lives on the thread that runs `context` and dies
/// before it. A check under way holds one file descriptor; at most TcpProbes::kIdleMax more are kept for the next ones.
std::unique_ptr<Prober> MakeNetworkProber(boost::asio::io_context& context);
std::unique_ptr<Prober> MakeNetworkProber(boost::asio::io_context& context, NetworkOptions options);

}  // namespace waypost::health
