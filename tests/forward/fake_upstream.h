#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "messages.h"

namespace waypost::forward {

/// A name server for tests: UDP and TCP on one free loopback port, on a thread of its own.
class FakeUpstream {
 public:
  struct Query {
    std::string octets = {};
    std::uint16_t port = 0;  ///< where it came from
    bool tcp = false;

    std::uint16_t id() const { return Load(0); }
    std::uint16_t flags() const { return Load(2); }
    bool has_opt() const { return Load(10) == 1; }
    /// Canonical wire form.
    std::string name() const { return octets.substr(12, Response::QuestionOctets(octets) - 4); }
    std::uint16_t Load(std::size_t at) const {
      return dns::Load16(reinterpret_cast<const std::uint8_t*>(octets.data()) + at);
    }
  };
  /// What is sent for a query, in this order; nothing: silence. Runs on the server's thread.
  using Script = std::function<std::vector<std::string>(const Query&)>;

  explicit FakeUpstream(Script script);
  /// The same answer to all.
  explicit FakeUpstream(Response response)
      : FakeUpstream([response](const Query& query) { return std::vector{response.To(query.octets)}; }) {}
  ~FakeUpstream();
  FakeUpstream(const FakeUpstream&) = delete;
  FakeUpstream& operator=(const FakeUpstream&) = delete;

  static std::vector<std::string> Silence(const Query&) { return {}; }

  std::string text() const { return "127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const { return port_; }
  void SetScript(Script script);
  void SetResponse(Response response) {
    SetScript([response](const Query& query) { return std::vector{response.To(query.octets)}; });
  }
  std::vector<Query> queries() const;
  std::size_t count() const { return queries().size(); }
  /// Waits until as many queries came; false: they do not.
  bool WaitFor(std::size_t count) const;

  /// Sends a datagram to a local port from a socket of its own.
  static void SendFromElsewhere(std::uint16_t port, const std::string& octets);

 private:
  void Run();
  void OnDatagram();
  void OnConnection();
  std::vector<std::string> Handle(Query query);

  mutable std::mutex mutex_;
  Script script_;
  std::vector<Query> queries_;
  int udp_ = -1;
  int tcp_ = -1;
  int stop_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace waypost::forward
