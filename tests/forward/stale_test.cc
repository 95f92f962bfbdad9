// Answers past their TTL (RFC 8767), and those that are asked for anew before.
#include "house.h"

namespace waypost::forward {
namespace {

const Response kOld{.answer = {A("www.example.", "192.0.2.1", 60)}};
const Response kNew{.answer = {A("www.example.", "192.0.2.2", 60)}};

TEST(Stale, IsShownWhenNoAnswerComesInTime) {
  FakeUpstream upstream(kOld);
  House house(AskOf({upstream.text()}), {.stale_wait = 30ms});
  house->Start();
  house.Resolve("www.example.");
  upstream.SetScript(FakeUpstream::Silence);
  house.Advance(61s);
  EXPECT_FALSE(house.Find("www.example."));
  house.Fetch("www.example.");
  EXPECT_EQ(house->totals().in_flight, 1) << "the question goes on";
  auto found = house.FindAny("www.example.");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->stale);
  EXPECT_EQ(LastAddress(*found), "192.0.2.1");
  EXPECT_EQ(house->totals().stale, 1);
  // Who comes now does not wait at all, nor ask.
  house.Fetch("www.example.");
  EXPECT_EQ(house->totals().in_flight, 1);
  EXPECT_EQ(upstream.count(), 2);
}

TEST(Stale, WaitsForAnAnswerThatComesInTime) {
  FakeUpstream upstream(kOld);
  House house(AskOf({upstream.text()}), {.stale_wait = 60s});
  house->Start();
  house.Resolve("www.example.");
  upstream.SetResponse(kNew);
  house.Advance(61s);
  const auto found = house.Resolve("www.example.");
  EXPECT_FALSE(found.stale);
  EXPECT_EQ(LastAddress(found), "192.0.2.2");
}

TEST(Stale, TheLateAnswerIsStillLearned) {
  FakeUpstream upstream(kOld);
  std::promise<void> may_answer;
  House house(AskOf({upstream.text()}), {.stale_wait = 30ms});
  house->Start();
  house.Resolve("www.example.");
  upstream.SetScript([waits = may_answer.get_future().share()](const FakeUpstream::Query& query) {
    waits.wait();
    return std::vector{kNew.To(query.octets)};
  });
  house.Advance(61s);
  EXPECT_TRUE(house.Resolve("www.example.").stale);
  may_answer.set_value();
  EXPECT_TRUE(House::Eventually([&] { return house.Find("www.example.").has_value(); }));
  EXPECT_EQ(LastAddress(*house.Find("www.example.")), "192.0.2.2");
}

TEST(Stale, AFailingUpstreamIsAskedEachHalfMinute) {
  FakeUpstream upstream(kOld);
  House house(AskOf({upstream.text()}), {.stale_wait = 60s});
  house->Start();
  house.Resolve("www.example.");
  upstream.SetResponse({.rcode = Rcode::kServFail});
  house.Advance(61s);
  EXPECT_TRUE(house.Resolve("www.example.").stale);
  EXPECT_EQ(upstream.count(), 2);
  house.Advance(29s);
  const auto found = house.Find("www.example.");
  ASSERT_TRUE(found) << "the failure is remembered: what is stale is shown at once";
  EXPECT_TRUE(found->stale);
  house.Fetch("www.example.");
  EXPECT_EQ(upstream.count(), 2);
  house.Advance(1s);
  EXPECT_FALSE(house.Find("www.example."));
  upstream.SetResponse(kNew);
  EXPECT_EQ(LastAddress(house.Resolve("www.example.")), "192.0.2.2");
  EXPECT_EQ(upstream.count(), 3);
}

TEST(Stale, EndsAfterItsTime) {
  for (const auto stale_max : {0s, 100s}) {
    FakeUpstream upstream(kOld);
    Options options = AskOf({upstream.text()});
    options.stale_max = stale_max;
    House house(options);
    house->Start();
    house.Resolve("www.example.");
    upstream.SetResponse({.rcode = Rcode::kServFail});
    if (stale_max > 0s) {
      house.Advance(60s + stale_max - 31s);
      EXPECT_TRUE(house.Resolve("www.example.").stale);
      house.Advance(31s);
    } else {
      house.Advance(60s);
    }
    const auto found = house.Resolve("www.example.");
    EXPECT_FALSE(found.stale);
    EXPECT_EQ(found.answer->rcode, Rcode::kServFail);
  }
}

TEST(Stale, ThatANameIsNotThereToo) {
  FakeUpstream upstream(Response{.rcode = Rcode::kNxDomain, .authority = {Soa("example.", 60, 60)}});
  House house(AskOf({upstream.text()}));
  house->Start();
  house.Resolve("www.example.");
  upstream.SetResponse({.rcode = Rcode::kServFail});
  house.Advance(60s);
  const auto found = house.Resolve("www.example.");
  EXPECT_TRUE(found.stale);
  EXPECT_EQ(found.answer->rcode, Rcode::kNxDomain);
}

TEST(Prefetch, RefreshesWhatIsAskedForOftenOnce) {
  FakeUpstream upstream(Response{.answer = {A("www.example.", "192.0.2.1", 100)}});
  House house(AskOf({upstream.text()}));
  house->Start();
  house.Resolve("www.example.");
  upstream.SetScript(FakeUpstream::Silence);
  house.Advance(91s);
  EXPECT_TRUE(house.Find("www.example."));  // one hit
  EXPECT_EQ(house->totals().prefetches, 0);
  EXPECT_TRUE(house.Find("www.example."));  // two
  EXPECT_TRUE(upstream.WaitFor(2));
  EXPECT_EQ(house->totals().prefetches, 1);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(house.Find("www.example."));
  // A question that comes later has its turn later: nothing else is in the line before it.
  upstream.SetResponse({.answer = {A("other.example.", "192.0.2.9")}});
  house.Resolve("other.example.");
  EXPECT_EQ(upstream.count(), 3);
  EXPECT_EQ(house->totals().prefetches, 1);
}

TEST(Prefetch, BringsTheNewAnswer) {
  FakeUpstream upstream(Response{.answer = {A("www.example.", "192.0.2.1", 100)}});
  House house(AskOf({upstream.text()}));
  house->Start();
  house.Resolve("www.example.");
  upstream.SetResponse(kNew);
  house.Advance(95s);
  house.Find("www.example.");
  house.Find("www.example.");
  EXPECT_TRUE(House::Eventually([&] { return LastAddress(*house.Find("www.example.")) == "192.0.2.2"; }));
}

TEST(Prefetch, LeavesAlone) {
  struct Case {
    const char* name;
    std::uint32_t ttl;
    std::chrono::seconds age;
    Prefetch prefetch;
  };
  for (const Case& c :
       {Case{"what is not near its end", 100, 89s, Prefetch::kOn}, Case{"short TTLs", 9, 8s, Prefetch::kOn},
        Case{"all when it is off", 100, 95s, Prefetch::kOff}}) {
    FakeUpstream upstream(Response{.answer = {A("www.example.", "192.0.2.1", c.ttl)}});
    Options options = AskOf({upstream.text()});
    options.prefetch = c.prefetch;
    House house(options);
    house->Start();
    house.Resolve("www.example.");
    house.Advance(c.age);
    if (c.ttl == 9) house.Advance(900ms);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(house.Find("www.example.")) << c.name;
    house.Resolve("other.example.");
    EXPECT_EQ(upstream.count(), 2) << c.name;
    EXPECT_EQ(house->totals().prefetches, 0) << c.name;
  }
}

TEST(Prefetch, ThatFailsDoesNotHarmTheAnswer) {
  FakeUpstream upstream(Response{.answer = {A("www.example.", "192.0.2.1", 100)}});
  House house(AskOf({upstream.text()}));
  house->Start();
  house.Resolve("www.example.");
  upstream.SetResponse({.rcode = Rcode::kServFail});
  house.Advance(95s);
  house.Find("www.example.");
  house.Find("www.example.");
  EXPECT_TRUE(House::Eventually([&] { return house->totals().prefetches == 1 && house->totals().in_flight == 0; }));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(LastAddress(*house.Find("www.example.")), "192.0.2.1");
  house.Resolve("other.example.");
  EXPECT_EQ(house->totals().prefetches, 1) << "it is not tried again and again";
}

}  // namespace
}  // namespace waypost::forward
