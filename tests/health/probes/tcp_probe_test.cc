#include "health/tcp_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "health/probes/backend.h"
#include "health/probes/probing.h"

namespace waypost::health {
namespace {

using model::CheckKind;
using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Lt;

std::shared_ptr<model::CheckPlan> Tcp(std::chrono::milliseconds timeout = std::chrono::seconds(4)) {
  auto plan = PlanFor(CheckKind::kTcp);
  plan->timeout = timeout;
  return plan;
}

void Hold(Connection& connection) { connection.AwaitEnd(); }

TEST(TcpProbe, GoodWhenSomebodyListens) {
  Backend backend(Hold);
  Probing probing;
  const ProbeResult result = probing.Run(Tcp(), "127.0.0.1", backend.port());
  EXPECT_TRUE(result.good) << result.cause;
  EXPECT_EQ(result.cause, "");
  EXPECT_GT(result.latency.count(), 0);
}

TEST(TcpProbe, GoodOverIpv6) {
  Backend backend(Hold, "::1");
  Probing probing;
  const ProbeResult result = probing.Run(Tcp(), "::1", backend.port());
  EXPECT_TRUE(result.good) << result.cause;
}

TEST(TcpProbe, OneSocketServesCheckAfterCheck) {
  Backend first(Hold);
  Backend second(Hold);
  Probing probing;
  ASSERT_TRUE(probing.Run(Tcp(), "127.0.0.1", first.port()).good);
  const std::size_t before = OpenDescriptors();
  const std::uint16_t dead = DeadPort();
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(probing.Run(Tcp(), "127.0.0.1", first.port()).good);
    EXPECT_TRUE(probing.Run(Tcp(), "127.0.0.1", second.port()).good);
    EXPECT_FALSE(probing.Run(Tcp(), "127.0.0.1", dead).good);
  }
  EXPECT_LE(OpenDescriptors(), before);
}

TEST(TcpProbe, NobodyListens) {
  Probing probing;
  const std::uint16_t port = DeadPort();
  EXPECT_EQ(probing.Run(Tcp(), "127.0.0.1", port).cause,
            "connect to 127.0.0.1:" + std::to_string(port) + ": connection refused");
  EXPECT_EQ(probing.Run(Tcp(), "::1", port).cause, "connect to [::1]:" + std::to_string(port) + ": connection refused");
}

TEST(TcpProbe, NoAnswer) {
  FullListener full;
  Probing probing;
  const ProbeResult result = probing.Run(Tcp(kShort), "127.0.0.1", full.port());
  EXPECT_FALSE(result.good);
  EXPECT_EQ(result.cause, "connect to 127.0.0.1:" + std::to_string(full.port()) + ": no answer within 150ms");
  EXPECT_GE(result.latency, kShort);
}

TEST(TcpProbe, HandshakeThatTakesAWhile) {
  FullListener full;
  Probing probing;
  std::optional<ProbeResult> got;
  probing.prober().Start({Tcp(), {"127.0.0.1", full.port()}}, [&got](ProbeResult result) { got = std::move(result); });
  full.Drain();  // the next SYN, a second later, is answered
  const std::size_t before = OpenDescriptors();
  ASSERT_TRUE(probing.RunUntil([&got] { return got.has_value(); }));
  EXPECT_TRUE(got->good) << got->cause;
  EXPECT_GE(got->latency, kShort);
  // The same socket serves on.
  EXPECT_TRUE(probing.Run(Tcp(), "127.0.0.1", full.port()).good);
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST(TcpProbe, NeverFromWithinStart) {
  Probing probing;
  Backend backend(Hold);
  for (const std::uint16_t port : {DeadPort(), backend.port()}) {
    bool told = false;
    probing.prober().Start({Tcp(), {"127.0.0.1", port}}, [&told](const ProbeResult&) { told = true; });
    EXPECT_FALSE(told);
    EXPECT_TRUE(probing.RunUntil([&told] { return told; }));
  }
}

TEST(TcpProbe, DeadlinesOfDifferentPlansInOrder) {
  FullListener full;
  Probing probing;
  std::vector<int> order;
  for (const int timeout : {300, 100, 200}) {
    probing.prober().Start({Tcp(std::chrono::milliseconds(timeout)), {"127.0.0.1", full.port()}},
                           [&order, timeout](const ProbeResult&) { order.push_back(timeout); });
  }
  ASSERT_TRUE(probing.RunUntil([&order] { return order.size() == 3; }));
  EXPECT_THAT(order, testing::ElementsAre(100, 200, 300));
}

TEST(TcpProbe, CancelAllTellsNobodyAndLeaksNothing) {
  FullListener full;
  Backend backend(Hold);
  Probing probing;
  probing.context().poll();
  const std::size_t before = OpenDescriptors();
  int told = 0;
  for (int i = 0; i < 20; ++i) {
    for (const std::uint16_t port : {full.port(), backend.port(), DeadPort()}) {
      probing.prober().Start({Tcp(kShort), {"127.0.0.1", port}}, [&told](const ProbeResult&) { ++told; });
    }
  }
  EXPECT_GT(OpenDescriptors(), before);
  probing.prober().CancelAll();
  EXPECT_EQ(OpenDescriptors(), before);
  // A check begun later is told when all that was dropped would have been.
  EXPECT_FALSE(probing.Run(Tcp(2 * kShort), "127.0.0.1", full.port()).good);
  EXPECT_EQ(told, 0);
}

TEST(TcpProbe, CancelAllFromWithinDone) {
  Backend backend(Hold);
  Probing probing;
  int told = 0;
  for (int i = 0; i < 3; ++i) {
    probing.prober().Start({Tcp(), {"127.0.0.1", backend.port()}}, [&](const ProbeResult&) {
      ++told;
      probing.prober().CancelAll();
    });
  }
  ASSERT_TRUE(probing.RunUntil([&told] { return told > 0; }));
  EXPECT_TRUE(probing.Run(Tcp(), "127.0.0.1", backend.port()).good);
  EXPECT_EQ(told, 1);
}

TEST(TcpProbe, TheEndOfTheProberFromWithinDone) {
  Backend backend(Hold);
  Probing probing;
  int told = 0;
  for (int i = 0; i < 3; ++i) {
    probing.prober().Start({Tcp(), {"127.0.0.1", backend.port()}}, [&](const ProbeResult&) {
      ++told;
      probing.DropProber();
    });
  }
  ASSERT_TRUE(probing.RunUntil([&told] { return told > 0; }));
  probing.context().poll();
  EXPECT_EQ(told, 1);
}

TEST(TcpProbe, SaysThatDescriptorsAreOurs) {
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
  GTEST_SKIP() << "this sanitizer needs descriptors itself to look at types";
#endif
#endif
  Probing probing;
  rlimit old = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  const rlimit none = {0, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const ProbeResult tcp = probing.Run(Tcp(), "127.0.0.1", 1);
  const ProbeResult http = probing.Run(PlanFor(CheckKind::kHttp), "127.0.0.1", 1);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_EQ(tcp.cause, "connect to 127.0.0.1:1: this server has no file descriptor left");
  EXPECT_EQ(http.cause, tcp.cause);
}

}  // namespace
}  // namespace waypost::health
