#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>

#include "health/probe_grpc_answer.h"
#include "health/probes/backend.h"
#include "health/probes/grpc_backend.h"
#include "health/probes/probing.h"

namespace waypost::health {
namespace {

using model::CheckKind;

std::string Message(const std::string& protobuf) {
  return std::string(4, '\0') + static_cast<char>(protobuf.size()) + protobuf;
}
std::string Status(int status) { return Message({'\x08', static_cast<char>(status)}); }

GrpcAnswering Says(const std::string& message) {
  GrpcAnswering answering;
  answering.message = message;
  return answering;
}

std::string Why(Backend::Serve serve, const std::shared_ptr<model::CheckPlan>& plan = PlanFor(CheckKind::kGrpc)) {
  Backend backend(std::move(serve));
  Probing probing;
  const ProbeResult result = probing.Run(plan, "127.0.0.1", backend.port());
  if (result.good) return "good";
  const std::string tried = "grpc health of 127.0.0.1:" + std::to_string(backend.port()) + ": ";
  EXPECT_EQ(result.cause.substr(0, tried.size()), tried);
  return result.cause.substr(tried.size());
}

TEST(GrpcProbe, ServingStatusDecides) {
  EXPECT_EQ(Why(ServeGrpc(Says(Status(1)))), "good");
  EXPECT_EQ(Why(ServeGrpc(Says(Status(0)))), "UNKNOWN");
  EXPECT_EQ(Why(ServeGrpc(Says(Status(2)))), "NOT_SERVING");
  EXPECT_EQ(Why(ServeGrpc(Says(Status(3)))), "SERVICE_UNKNOWN");
  EXPECT_EQ(Why(ServeGrpc(Says(Status(9)))), "a status that grpc.health.v1 does not have");
  EXPECT_EQ(Why(ServeGrpc(Says(Message("")))), "UNKNOWN");
}

TEST(GrpcProbe, CallThatFails) {
  GrpcAnswering unimplemented;
  unimplemented.grpc_status = "12";
  unimplemented.trailers_only = true;
  EXPECT_EQ(Why(ServeGrpc(unimplemented)), "grpc-status 12 UNIMPLEMENTED");
  GrpcAnswering unknown = Says(Status(1));
  unknown.grpc_status = "5";
  EXPECT_EQ(Why(ServeGrpc(unknown)), "grpc-status 5 NOT_FOUND");
  unknown.grpc_status = "99";
  EXPECT_EQ(Why(ServeGrpc(unknown)), "grpc-status 99 unknown");
  GrpcAnswering reset;
  reset.reset = true;
  EXPECT_EQ(Why(ServeGrpc(reset)), "the call was reset with REFUSED_STREAM");
}

TEST(GrpcProbe, WhatIsNoGrpcAnswer) {
  GrpcAnswering web = Says("<html>");
  web.content_type = "text/html";
  web.grpc_status = "";
  EXPECT_EQ(Why(ServeGrpc(web)), "not gRPC but text/html");
  web.http_status = "404";
  EXPECT_EQ(Why(ServeGrpc(web)), "HTTP status 404");
  GrpcAnswering silent = Says(Status(1));
  silent.grpc_status = "";
  EXPECT_EQ(Why(ServeGrpc(silent)), "no grpc-status in the answer");
  EXPECT_EQ(Why(ServeGrpc(Says(""))), "no message in the answer");
  EXPECT_EQ(Why(ServeGrpc(Says("xyz"))), "its message is broken");
  EXPECT_EQ(Why(ServeGrpc(Says(Message("\xff")))), "its message is broken");
  EXPECT_EQ(Why(ServeGrpc(Says(Status(1) + "more"))), "its message is broken");
}

TEST(GrpcProbe, WhatIsNoHttp2) {
  const auto say = [](const std::string& bytes) {
    return [bytes](Connection& connection) {
      connection.ReceiveUntil("SM\r\n\r\n");
      connection.Send(bytes);
      ::shutdown(connection.socket(), SHUT_WR);
      connection.AwaitEnd();
    };
  };
  EXPECT_EQ(Why(say("HTTP/1.1 400 Bad Request\r\n\r\n")), "not HTTP/2");
  EXPECT_EQ(Why(say("")), "closed by peer before an answer");
  // SETTINGS, then a frame of a size that nobody allowed.
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  EXPECT_EQ(Why(say(settings + std::string("\xff\xff\xff\1\4\0\0\0\1", 9))), "broken HTTP/2");
  EXPECT_EQ(Why(say(settings)), "closed by peer before an answer");
  // PING after PING without an answer ends at the bound.
  std::string pings = settings;
  while (pings.size() < GrpcAnswer::kBytesMax) pings += std::string("\0\0\10\6\1\0\0\0\0........", 17);
  EXPECT_EQ(Why(say(pings)), "its answer is larger than 64 KiB");
}

TEST(GrpcProbe, HungServerIsLate) {
  const auto plan = PlanFor(CheckKind::kGrpc);
  plan->timeout = kShort;
  EXPECT_EQ(Why([](Connection& connection) { connection.AwaitEnd(); }, plan), "no answer within 150ms");
}

TEST(GrpcProbe, WhatIsSent) {
  std::string seen;
  const auto plan = PlanFor(CheckKind::kGrpc);
  plan->path = "/shop.Orders";
  EXPECT_EQ(Why(ServeGrpc(Says(Status(1)), &seen), plan), "good");
  const std::string call = "/grpc.health.v1.Health/Check\ntrailers\napplication/grpc\n";
  EXPECT_EQ(seen, call + Message("\x0a\x0bshop.Orders"));
  plan->path = "/";
  EXPECT_EQ(Why(ServeGrpc(Says(Status(1)), &seen), plan), "good");
  EXPECT_EQ(seen, call + Message(""));
}

TEST(GrpcMessage, ReadsWhatOthersWouldWrite) {
  EXPECT_EQ(ReadServingStatus(""), 0);
  EXPECT_EQ(ReadServingStatus("\x08\x01"), 1);
  EXPECT_EQ(ReadServingStatus("\x08\x01\x08\x02"), 2);  // the last one counts
  EXPECT_EQ(ReadServingStatus("\x12\x03"
                              "abc\x08\x01"),
            1);  // an unknown field of bytes
  EXPECT_EQ(ReadServingStatus("\x1d"
                              "abcd\x10\x07\x08\x01"),
            1);  // fixed32 and varint
  EXPECT_EQ(ReadServingStatus("\x19"
                              "abcdefgh\x08\x01"),
            1);  // fixed64
  EXPECT_LT(ReadServingStatus("\x08"), 0);
  EXPECT_LT(ReadServingStatus("\x12\x7f"
                              "abc"),
            0);
  EXPECT_LT(ReadServingStatus("\x0b"), 0);
  EXPECT_GT(ReadServingStatus("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 3);
  EXPECT_LT(ReadServingStatus("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 0);
  const std::string long_name(200, 's');
  EXPECT_EQ(HealthCheckRequestMessage(long_name), "\x0a\xc8\x01" + long_name);
}

}  // namespace
}  // namespace waypost::health
