#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "health/probe_types.h"
#include "health/probe_under_way.h"

namespace waypost::health {

/// TCP checks: good when the handshake is done. The connection is then dissolved with a reset, so neither side keeps it
/// in TIME_WAIT; on Linux the checked side does not even accept it, since our last ACK is held back until the reset.
///
/// A socket whose check was good serves the next one: making and closing one costs a third of a check on loopback.
class TcpProbes : public std::enable_shared_from_this<TcpProbes> {
 public:
  /// Idle sockets kept of each address family.
  static constexpr std::size_t kIdleMax = 32;

  TcpProbes(asio::io_context& context, std::shared_ptr<ProbesUnderWay> under_way)
      : context_(context), under_way_(std::move(under_way)) {}
  ~TcpProbes() { CloseIdle(); }
  TcpProbes(const TcpProbes&) = delete;
  TcpProbes& operator=(const TcpProbes&) = delete;

  void Start(ProbeTask task, const SocketAddress& address);
  void CloseIdle();

 private:
  class Waiting;

  /// A socket that may connect, or -1 with errno.
  int Take(int family);
  /// Resets the connection, if any, and keeps the socket if it can.
  void GiveBack(int family, int socket);
  std::vector<int>& IdleOf(int family);

  asio::io_context& context_;
  std::shared_ptr<ProbesUnderWay> under_way_;
  std::vector<int> idle_v4_;
  std::vector<int> idle_v6_;
};

}  // namespace waypost::health
