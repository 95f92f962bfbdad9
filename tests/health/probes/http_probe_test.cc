#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "health/probe_http_answer.h"
#include "health/probes/backend.h"
#include "health/probes/probing.h"

namespace waypost::health {
namespace {

using model::CheckKind;

std::shared_ptr<model::CheckPlan> Http(const std::string& path = "/health", const std::string& body = "") {
  auto plan = PlanFor(CheckKind::kHttp);
  plan->path = path;
  plan->good_body = body;
  return plan;
}

/// Answers every request with the same bytes and closes.
Backend::Serve Say(const std::string& answer) {
  return [answer](Connection& connection) {
    connection.ReceiveUntil("\r\n\r\n");
    connection.Send(answer);
  };
}

/// The cause without what was tried, of one check of a server that says this.
std::string Why(const std::string& answer, const std::shared_ptr<model::CheckPlan>& plan = Http()) {
  Backend backend(Say(answer));
  Probing probing;
  const ProbeResult result = probing.Run(plan, "127.0.0.1", backend.port());
  if (result.good) return "good";
  const std::string tried = "GET http://127.0.0.1:" + std::to_string(backend.port()) + plan->path + ": ";
  EXPECT_EQ(result.cause.substr(0, tried.size()), tried);
  return result.cause.substr(tried.size());
}

TEST(HttpProbe, StatusDecides) {
  EXPECT_EQ(Why("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "good");
  EXPECT_EQ(Why("HTTP/1.0 204 None\r\n\r\n"), "good");
  EXPECT_EQ(Why("HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"), "good");
  EXPECT_EQ(Why("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), "status 404");
  EXPECT_EQ(Why("HTTP/1.1 500 Ouch\r\nContent-Length: 0\r\n\r\n"), "status 500");
  EXPECT_EQ(Why("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n"), "status 503");
  const auto teapot = Http();
  teapot->good_status = {{204, 204}, {418, 418}};
  EXPECT_EQ(Why("HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n", teapot), "good");
  EXPECT_EQ(Why("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", teapot), "status 200");
}

TEST(HttpProbe, BodyDecidesWhereItIsAskedFor) {
  const auto up = [] { return Http("/health", "status: up"); };
  EXPECT_EQ(Why("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n[status: up]", up()), "good");
  EXPECT_EQ(Why("HTTP/1.1 200 OK\r\n\r\nto the end: status: up", up()), "good");
  EXPECT_EQ(Why("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nstat\r\n6\r\nus: up\r\n0\r\n\r\n", up()),
            "good");
  EXPECT_EQ(Why("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndown", up()), "no \"status: up\" in its body");
  EXPECT_EQ(Why("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", up()), "its body is broken");
  EXPECT_EQ(Why("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\nstatus", up()), "closed by peer amid the answer");
  EXPECT_EQ(Why("HTTP/1.1 500 OK\r\nContent-Length: 10\r\n\r\nstatus: up", up()), "status 500");
}

TEST(HttpProbe, BodyIsReadToABound) {
  const auto up = [] { return Http("/health", "up"); };
  const std::string filler(HttpAnswer::kBodyMax - 2, '.');
  EXPECT_EQ(Why("HTTP/1.1 200 OK\r\n\r\n" + filler + "up", up()), "good");
  EXPECT_EQ(Why("HTTP/1.1 200 OK\r\n\r\n" + filler + ".up", up()), "no \"up\" in the first 64 KiB of its body");
  EXPECT_EQ(Why("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + filler + ".up", up()),
            "no \"up\" in the first 64 KiB of its body");
}

TEST(HttpProbe, HeaderHasABound) {
  const std::string begin = "HTTP/1.1 200 OK\r\nX: ";
  const std::string fits(HttpAnswer::kHeaderMax - std::string_view("X: \r\n\r\n").size(), 'x');
  EXPECT_EQ(Why(begin + fits + "\r\n\r\n"), "good");
  EXPECT_EQ(Why(begin + fits + "x\r\n\r\n"), "its header is larger than 16 KiB");
  EXPECT_EQ(Why(begin + fits + fits + fits), "its header is larger than 16 KiB");
}

TEST(HttpProbe, WhatIsNoHttp) {
  EXPECT_EQ(Why("SSH-2.0-OpenSSH_9.2\r\n"), "not an HTTP answer");
  EXPECT_EQ(Why("HTTP/1.1 abc OK\r\n\r\n"), "not an HTTP answer");
  EXPECT_EQ(Why("HTTP/1.1 200 OK\r\nbad field\r\n\r\n"), "not an HTTP answer");
  EXPECT_EQ(Why(""), "closed by peer before an answer");
  EXPECT_EQ(Why("HTTP/1.1 200 O"), "closed by peer before an answer");
}

TEST(HttpProbe, Reset) {
  Backend backend([](Connection& connection) {
    connection.ReceiveUntil("\r\n\r\n");
    connection.Reset();
  });
  Probing probing;
  EXPECT_THAT(probing.Run(Http(), "127.0.0.1", backend.port()).cause,
              testing::EndsWith("/health: reset by peer before an answer"));
}

TEST(HttpProbe, Refused) {
  const std::uint16_t port = DeadPort();
  Probing probing;
  EXPECT_EQ(probing.Run(Http(), "127.0.0.1", port).cause,
            "connect to 127.0.0.1:" + std::to_string(port) + ": connection refused");
}

TEST(HttpProbe, HungAndSlowServersAreLate) {
  Probing probing;
  const auto plan = Http();
  plan->timeout = kShort;
  Backend hung([](Connection& connection) { connection.AwaitEnd(); });
  EXPECT_EQ(probing.Run(plan, "127.0.0.1", hung.port()).cause,
            "GET http://127.0.0.1:" + std::to_string(hung.port()) + "/health: no answer within 150ms");
  Backend endless([](Connection& connection) {
    connection.Send("HTTP/1.1 200 OK\r\n");
    connection.Send("X-Half: 1");
    connection.AwaitEnd();
  });
  const ProbeResult result = probing.Run(plan, "127.0.0.1", endless.port());
  EXPECT_THAT(result.cause, testing::EndsWith("no answer within 150ms"));
  EXPECT_GE(result.latency, kShort);
}

TEST(HttpProbe, WhatIsSent) {
  std::mutex mutex;
  std::string seen;
  Backend backend([&](Connection& connection) {
    const std::string request = connection.ReceiveUntil("\r\n\r\n");
    const std::lock_guard lock(mutex);
    seen = request;
    connection.Send("HTTP/1.1 200 OK\r\n\r\n");
  });
  Probing probing;
  EXPECT_TRUE(probing.Run(Http("/a b\r\nX: y?c=d"), "127.0.0.1", backend.port()).good);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(seen, "GET /a%20b%0D%0AX:%20y?c=d HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(backend.port()) +
                      "\r\nUser-Agent: waypost-health-check\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

TEST(HttpProbe, CancelAllAtAnyStageLeaksNothing) {
  Backend hung([](Connection& connection) { connection.AwaitEnd(); });
  FullListener full;
  Probing probing;
  const std::size_t before = OpenDescriptors();
  for (int turns = 0; turns < 6; ++turns) {
    for (const CheckKind kind : {CheckKind::kHttp, CheckKind::kHttps, CheckKind::kGrpc}) {
      const auto told = [](const ProbeResult&) { FAIL() << "told"; };
      probing.prober().Start({PlanFor(kind), {"127.0.0.1", hung.port()}}, told);
      probing.prober().Start({PlanFor(kind), {"127.0.0.1", full.port()}}, told);
    }
    for (int i = 0; i < turns; ++i) probing.context().poll_one();
    probing.prober().CancelAll();
    probing.context().poll();
    // The server's thread closes its side in its own time.
    EXPECT_TRUE(probing.RunUntil([before] { return OpenDescriptors() <= before + 1; }));
  }
  probing.prober().Start({PlanFor(CheckKind::kHttps), {"127.0.0.1", hung.port()}}, [](const ProbeResult&) {});
  probing.context().poll();
  probing.DropProber();
  probing.context().poll();
  EXPECT_LE(OpenDescriptors(), before + 1);
}

TEST(HttpAnswer, AByteAtATime) {
  const auto plan = Http("/", "needle");
  HttpAnswer answer(*plan);
  const std::string text =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nnee\r\n4\r\ndleX\r\n0\r\n\r\n";
  std::size_t read = 0;
  Reading reading = Reading::kMore;
  while (reading == Reading::kMore && read < text.size())
    reading = answer.Feed(std::string_view(text).substr(read++, 1));
  EXPECT_EQ(reading, Reading::kGood) << answer.why();
  EXPECT_EQ(text.substr(read - 3, 3), "dle");
}

}  // namespace
}  // namespace waypost::health
