#pragma once

#include <memory>
#include <string>

#include "health/probe_types.h"
#include "health/probe_under_way.h"

namespace waypost::health {

/// A check that talks over a connection of its own, as a coroutine. However it ends, the connection is reset: nothing
/// is left in TIME_WAIT.
class ConnectionProbe : public Probe {
 public:
  ConnectionProbe(asio::io_context& context, ProbeTask task, const SocketAddress& address)
      : Probe(std::move(task)), address_(address), socket_(context) {}

  std::string Step() const override;

 protected:
  /// Runs `talk`, which keeps `probe` alive. A probe that its coroutine left without a result fails.
  static void Spawn(asio::io_context& context, std::shared_ptr<ConnectionProbe> probe, Awaitable<void> talk);

  /// When it does not come about, the probe has failed, or was closed before.
  Awaitable<void> Connect();
  bool connected() const { return connected_; }
  /// For Fail behind an operation of the connection: says when the peer went away before an answer.
  static std::string WordsOfLoss(const error_code& error);

  const SocketAddress& address() const { return address_; }
  Socket& socket() { return socket_; }

 private:
  /// What it is at once it is connected.
  virtual std::string TalkStep() const = 0;
  void Close() override;

  SocketAddress address_;
  Socket socket_;
  bool connected_ = false;
};

}  // namespace waypost::health
