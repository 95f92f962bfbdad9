#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "cli/failover_dns.h"
#include "waypost/model/result.h"

namespace waypost::cli {

/// Asks a DNS server, by TCP where its answer by UDP was cut. For one thread.
class DnsDoor {
 public:
  /// `address` is `ADDR:PORT` or `[ADDR]:PORT`. Err: kConfig.
  static model::Result<DnsDoor> Open(const std::string& address);
  ~DnsDoor();
  DnsDoor(DnsDoor&&) noexcept;
  DnsDoor& operator=(DnsDoor&&) noexcept;

  /// Waits for `patience` at most, with TCP twice that. The id is drawn here. Err: kIo (nobody answers), kCorrupt,
  /// kInvalidInput (WriteQuery).
  model::Result<DnsAnswer> Ask(const std::string& name, DnsType type, std::chrono::milliseconds patience);

 private:
  struct State;
  explicit DnsDoor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Calls operations of the AWS API on one connection that is kept. For one thread.
class ApiDoor {
 public:
  static constexpr std::size_t kAnswerBytesMax = 16 << 20;

  /// `endpoint` is an `http://host:port`. Err: kConfig.
  static model::Result<ApiDoor> Open(const std::string& endpoint);
  ~ApiDoor();
  ApiDoor(ApiDoor&&) noexcept;
  ApiDoor& operator=(ApiDoor&&) noexcept;

  /// The body of a 200. Waits for `patience` at most, and once more when a kept connection turned out to be closed.
  /// Err: kIo (nobody answers), kInvalidInput (the operation's own error, in the server's words).
  model::Result<std::string> Call(const std::string& operation, const std::string& body,
                                  std::chrono::milliseconds patience);

 private:
  struct State;
  explicit ApiDoor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// `ADDR:PORT` or `[ADDR]:PORT` in two. Err: kConfig.
struct DoorAddress {
  std::string host = {};
  std::string port = {};
};
model::Result<DoorAddress> SplitDoor(const std::string& address);

}  // namespace waypost::cli
