#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>

namespace waypost::health {

/// A DNS server for tests: UDP on a free loopback port, on a thread of its own.
class NameServer {
 public:
  struct Answer {
    std::string a = {};     ///< IPv4 address; empty: none
    std::string aaaa = {};  ///< IPv6 address; empty: none
    std::uint32_t ttl = 30;
    bool mute = false;  ///< never answers
  };

  /// Names that are not there do not exist.
  explicit NameServer(std::map<std::string, Answer> names);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  /// As NetworkOptions want it.
  std::string text() const { return "127.0.0.1:" + std::to_string(port_); }
  /// For A records.
  unsigned questions() const { return questions_; }

 private:
  void Run();
  std::string Reply(const std::string& query);

  const std::map<std::string, Answer> names_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<unsigned> questions_{0};
  std::thread thread_;
};

}  // namespace waypost::health
