#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "health/probe_answer.h"

namespace waypost::health {

/// Whom a gRPC health check asks for what.
struct GrpcQuestion {
  std::string authority;  ///< "10.0.0.7:9000"
  std::string service;    ///< empty: the server as a whole
};

/// The HTTP/2 bytes of one grpc.health.v1.Health/Check call, and the reader of what comes back. Does no I/O.
class GrpcAnswer {
 public:
  /// Of everything received.
  static constexpr std::size_t kBytesMax = 64 << 10;

  explicit GrpcAnswer(GrpcQuestion question);
  ~GrpcAnswer();
  GrpcAnswer(const GrpcAnswer&) = delete;
  GrpcAnswer& operator=(const GrpcAnswer&) = delete;

  /// What is to be sent now: at first the call itself, later what HTTP/2 wants acknowledged. Empty: nothing.
  std::string TakeOutput();
  /// The next bytes. Not after anything but kMore.
  Reading Feed(std::string_view bytes);
  /// The peer sends no more. Never kMore.
  Reading End();
  /// Why it is bad: "NOT_SERVING", "grpc-status 12 UNIMPLEMENTED", "not HTTP/2".
  const std::string& why() const { return why_; }

 private:
  class Session;

  Reading Judge();
  Reading JudgeMessage();
  Reading Bad(std::string why);

  std::unique_ptr<Session> session_;
  std::string why_;
  std::string output_;
  std::string begin_;  // of what was received, as long as it may be no HTTP/2
  std::size_t fed_ = 0;
};

/// The serving status in a HealthCheckResponse (protobuf), 0 when absent; negative when it is no such message.
int ReadServingStatus(std::string_view message);
/// A HealthCheckRequest for `service`.
std::string HealthCheckRequestMessage(std::string_view service);

}  // namespace waypost::health
