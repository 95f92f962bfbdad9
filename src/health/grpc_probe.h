#pragma once

#include "health/probe_types.h"
#include "health/probe_under_way.h"

namespace waypost::health {

/// Begins a gRPC check: grpc.health.v1.Health/Check over plain HTTP/2 without negotiation (prior knowledge). The
/// service asked for is the plan's path without its `/`.
void StartGrpcProbe(asio::io_context& context, ProbesUnderWay& under_way, ProbeTask task, const SocketAddress& address);

}  // namespace waypost::health
