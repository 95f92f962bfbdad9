#pragma once

#include <memory>

#include "health/probe_types.h"
#include "health/probe_under_way.h"
#include "health/tls_context.h"

namespace waypost::health {

/// What HTTP checks of one prober stand on.
struct HttpProbes {
  asio::io_context& context;
  ProbesUnderWay& under_way;
  TlsContexts& tls;
};

/// Begins an HTTP or HTTPS check: one GET on a connection of its own, no redirect followed.
void StartHttpProbe(const HttpProbes& probes, ProbeTask task, const SocketAddress& address);

/// The bytes of the request. What may not stand in a request line is percent-encoded.
std::string HttpRequestText(const ProbeTask& task);

}  // namespace waypost::health
