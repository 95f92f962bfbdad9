#pragma once

#include <memory>

#include "http/channel.h"
#include "http/connection.h"
#include "http/ends.h"

namespace waypost::http {

class Worker;

/// A connection by TLS until the handshake is done; then a session for what was agreed on takes its place.
class TlsEntry final : public Connection {
 public:
  TlsEntry(Worker& worker, Channel channel, Ends ends);

  /// `self` keeps it.
  Awaitable<void> Run(std::shared_ptr<TlsEntry> self);

  void Check(Clock::time_point now) override {
    if (now >= deadline_) Cut();
  }
  void BeginStop() override { Cut(); }
  void Cut() override { channel_.Close(); }

 private:
  void Continue();

  Worker& worker_;
  Channel channel_;
  Ends ends_;
  const Clock::time_point deadline_;
};

}  // namespace waypost::http
