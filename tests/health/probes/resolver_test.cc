#include "health/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "health/probes/backend.h"
#include "health/probes/name_server.h"
#include "health/probes/probing.h"

namespace waypost::health {
namespace {

using model::CheckKind;
using std::chrono::seconds;

/// A resolver that asks this server, at times that the test sets.
class Resolving {
 public:
  explicit Resolving(const NameServer& server)
      : resolver_(
            std::make_shared<Resolver>(probing_.context(), Resolver::Options{server.text(), [this] { return now; }})) {}

  Resolver& operator*() { return *resolver_; }
  Resolver* operator->() { return resolver_.get(); }
  bool RunUntil(const std::function<bool()>& condition) { return probing_.RunUntil(condition); }

  std::string Ask(const std::string& name) {
    std::optional<Resolved> got;
    resolver_->Ask(name, [&got](const Resolved& resolved) { got = resolved; });
    if (!probing_.RunUntil([&got] { return got.has_value(); })) return "the test has waited long enough";
    return got->why.empty() ? got->address.to_string() : got->why;
  }

  Clock::time_point now = Clock::now();

 private:
  Probing probing_;  // for its context
  std::shared_ptr<Resolver> resolver_;
};

std::map<std::string, NameServer::Answer> Names() {
  return {{"v4.example", {.a = "192.0.2.1", .ttl = 30}},
          {"v6.example", {.aaaa = "2001:db8::1"}},
          {"both.example", {.a = "192.0.2.2", .aaaa = "2001:db8::2"}},
          {"brief.example", {.a = "192.0.2.3", .ttl = 0}},
          {"lasting.example", {.a = "192.0.2.4", .ttl = 86400}},
          {"none.example", {}},
          {"mute.example", {.mute = true}},
          {"local.example", {.a = "127.0.0.1"}}};
}

TEST(Resolver, Addresses) {
  NameServer server(Names());
  Resolving resolver(server);
  EXPECT_EQ(resolver.Ask("v4.example"), "192.0.2.1");
  EXPECT_EQ(resolver.Ask("v6.example"), "2001:db8::1");
  EXPECT_EQ(resolver.Ask("both.example"), "192.0.2.2");
  EXPECT_EQ(resolver.Ask("nobody.example"), "no such name");
  EXPECT_EQ(resolver.Ask("none.example"), "the name has no address");
  EXPECT_EQ(resolver.Ask("no..name"), "not a name");
}

TEST(Resolver, RemembersAsLongAsTheRecordMayBeWithinBounds) {
  struct Case {
    std::string name;
    seconds kept;
  };
  NameServer server(Names());
  for (const Case& c : {Case{"v4.example", seconds(30)}, Case{"brief.example", Resolver::kKeptMin},
                        Case{"lasting.example", Resolver::kKeptMax}, Case{"nobody.example", Resolver::kKeptMin}}) {
    Resolving resolver(server);
    EXPECT_EQ(resolver->Find(c.name), nullptr);
    resolver.Ask(c.name);
    resolver.now += c.kept - std::chrono::milliseconds(1);
    EXPECT_NE(resolver->Find(c.name), nullptr) << c.name;
    resolver.now += std::chrono::milliseconds(1);
    EXPECT_EQ(resolver->Find(c.name), nullptr) << c.name;
  }
}

TEST(Resolver, OneQuestionForManyAtOneTime) {
  NameServer server(Names());
  Resolving resolver(server);
  int told = 0;
  for (int i = 0; i < 10; ++i) resolver->Ask("v4.example", [&told](const Resolved&) { ++told; });
  const auto ticket = resolver->Ask("v4.example", [](const Resolved&) { FAIL() << "forgotten"; });
  resolver->Forget("v4.example", ticket);
  ASSERT_TRUE(resolver.RunUntil([&told] { return told == 10; }));
  EXPECT_EQ(server.questions(), 1u);
}

TEST(Resolver, RemembersSoManyNamesAtMost) {
  NameServer server(Names());
  Resolving resolver(server);
  resolver.Ask("v4.example");
  for (std::size_t i = 1; i < Resolver::kNamesMax; ++i) resolver.Ask("127.0.0." + std::to_string(i));
  EXPECT_NE(resolver->Find("v4.example"), nullptr);
  EXPECT_NE(resolver->Find("127.0.0.1"), nullptr);
  // Full: one of those that are valid least long makes room for the next.
  EXPECT_EQ(resolver.Ask("both.example"), "192.0.2.2");
  EXPECT_NE(resolver->Find("v4.example"), nullptr);
  std::size_t gone = 0;
  for (std::size_t i = 1; i < Resolver::kNamesMax; ++i) {
    if (resolver->Find("127.0.0." + std::to_string(i)) == nullptr) ++gone;
  }
  EXPECT_EQ(gone, 1u);
}

TEST(Resolver, ReadsItsConfigurationAnewWhenIdle) {
  NameServer server(Names());
  Resolving resolver(server);
  EXPECT_EQ(resolver.Ask("v4.example"), "192.0.2.1");
  resolver.now += Resolver::kConfigurationAge + seconds(1);
  EXPECT_EQ(resolver.Ask("v4.example"), "192.0.2.1");
  EXPECT_EQ(server.questions(), 2u);
}

TEST(Resolver, DroppedAmidAQuestionLeaksNothing) {
  NameServer server(Names());
  Probing probing;
  probing.context().poll();
  const std::size_t before = OpenDescriptors();
  for (const bool cancel : {true, false}) {
    auto resolver = std::make_shared<Resolver>(probing.context(), Resolver::Options{server.text()});
    resolver->Ask("mute.example", [](const Resolved&) { FAIL() << "dropped"; });
    EXPECT_GT(OpenDescriptors(), before);
    if (cancel) resolver->CancelAll();
    if (!cancel) resolver.reset();
    EXPECT_EQ(OpenDescriptors(), before);
    probing.context().poll();
  }
}

TEST(NamedDoor, IsResolvedThenChecked) {
  NameServer server(Names());
  Backend backend([](Connection& connection) {
    connection.ReceiveUntil("\r\n\r\n");
    connection.Send("HTTP/1.1 200 OK\r\n\r\n");
  });
  Probing probing({server.text()});
  for (const CheckKind kind : {CheckKind::kTcp, CheckKind::kHttp, CheckKind::kTcp}) {
    EXPECT_EQ(probing.Run(PlanFor(kind), "local.example", backend.port()).cause, "");
  }
  EXPECT_EQ(server.questions(), 1u);
  const std::uint16_t dead = DeadPort();
  EXPECT_EQ(probing.Run(PlanFor(CheckKind::kTcp), "local.example", dead).cause,
            "connect to local.example:" + std::to_string(dead) + " (127.0.0.1): connection refused");
}

TEST(NamedDoor, ThatHasNoAddress) {
  NameServer server(Names());
  Probing probing({server.text()});
  const auto plan = PlanFor(CheckKind::kTcp);
  EXPECT_EQ(probing.Run(plan, "nobody.example", 1).cause, "resolve nobody.example: no such name");
  EXPECT_EQ(probing.Run(plan, "nobody.example", 1).cause, "resolve nobody.example: no such name");
  EXPECT_EQ(server.questions(), 1u);
  plan->timeout = kShort;
  EXPECT_EQ(probing.Run(plan, "mute.example", 1).cause, "resolve mute.example: no answer within 150ms");
}

TEST(NamedDoor, CancelAllWhileItIsResolved) {
  NameServer server(Names());
  Probing probing({server.text()});
  probing.context().poll();
  const std::size_t before = OpenDescriptors();
  probing.prober().Start({PlanFor(CheckKind::kTcp), {"mute.example", 1}}, [](const ProbeResult&) { FAIL() << "told"; });
  EXPECT_GT(OpenDescriptors(), before);
  probing.prober().CancelAll();
  EXPECT_EQ(OpenDescriptors(), before);
  EXPECT_EQ(probing.Run(PlanFor(CheckKind::kTcp), "nobody.example", 1).cause, "resolve nobody.example: no such name");
}

}  // namespace
}  // namespace waypost::health
