#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace waypost::health {

/// One accepted connection, blocking. Closes with it.
class Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_; }
  void Send(std::string_view bytes) const;
  /// What comes until `end` does; empty parts at the end of the stream.
  std::string ReceiveUntil(std::string_view end) const;
  /// Until the peer closes or resets.
  void AwaitEnd() const;
  /// Closes with a reset.
  void Reset();

 private:
  int socket_;
};

/// A server on a free loopback port whose connections are served one after the other on a thread of its own.
class Backend {
 public:
  using Serve = std::function<void(Connection&)>;

  explicit Backend(Serve serve, const std::string& address = "127.0.0.1");
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  std::uint16_t port() const { return port_; }
  unsigned accepted() const { return accepted_; }

 private:
  void Run(const Serve& serve);

  int listener_ = -1;
  int stop_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::atomic<unsigned> accepted_{0};
  std::thread thread_;
};

/// A port of 127.0.0.1 that nobody listens on.
std::uint16_t DeadPort();
/// A listener that never accepts and whose queue is full, so that a connect gets no answer.
class FullListener {
 public:
  FullListener();
  ~FullListener();
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;
  std::uint16_t port() const { return port_; }
  /// From now on there is room for one.
  void Drain();

 private:
  int listener_ = -1;
  int fillers_[4] = {-1, -1, -1, -1};
  std::uint16_t port_ = 0;
};

}  // namespace waypost::health
