// What is asked, what is remembered and for how long.
#include "house.h"

namespace waypost::forward {
namespace {

TEST(Answers, AreRememberedForTheirTtl) {
  FakeUpstream upstream(Response{.answer = {A("www.example.", "192.0.2.1", 60)}});
  House house(AskOf({upstream.text()}));
  house->Start();
  EXPECT_FALSE(house.Find("www.example."));
  EXPECT_EQ(LastAddress(house.Resolve("www.example.")), "192.0.2.1");
  house.Advance(59s);
  const auto found = house.Find("www.example.");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->age_s, 59);
  EXPECT_EQ(found->answer->answers[0].ttl, 60);
  EXPECT_FALSE(found->stale);
  house.Advance(1s);
  EXPECT_FALSE(house.Find("www.example."));
  EXPECT_EQ(upstream.count(), 1);
  const Totals totals = house->totals();
  EXPECT_EQ(totals.hits, 1);
  EXPECT_EQ(totals.misses, 3);
  EXPECT_EQ(totals.cache_entries, 1);
  EXPECT_GT(totals.cache_octets, 0);
  EXPECT_EQ(house.TotalsOf(upstream).questions, 1);
  EXPECT_EQ(house.TotalsOf(upstream).answers, 1);
  EXPECT_GT(house.TotalsOf(upstream).latency_sum.count(), 0);
}

TEST(Answers, AnExpiredNameIsAskedForAgain) {
  FakeUpstream upstream(Response{.answer = {A("www.example.", "192.0.2.1", 60)}});
  House house(AskOf({upstream.text()}));
  house->Start();
  house.Resolve("www.example.");
  upstream.SetResponse({.answer = {A("www.example.", "192.0.2.2", 60)}});
  house.Advance(60s);
  EXPECT_EQ(LastAddress(house.Resolve("www.example.")), "192.0.2.2");
}

TEST(Answers, LiveAsLongAsTheShortestOfTheirTtls) {
  FakeUpstream upstream(
      Response{.answer = {Cname("www.example.", "a.example.", 30), A("a.example.", "192.0.2.1", 600)}});
  House house(AskOf({upstream.text()}));
  house->Start();
  const auto found = house.Resolve("www.example.");
  ASSERT_EQ(found.answer->answers.size(), 2);
  EXPECT_EQ(found.answer->answers[0], Cname("www.example.", "a.example.", 30));
  EXPECT_EQ(found.answer->answers[1], A("a.example.", "192.0.2.1", 600));
  house.Advance(29s);
  EXPECT_TRUE(house.Find("www.example."));
  house.Advance(1s);
  EXPECT_FALSE(house.Find("www.example."));
}

TEST(Answers, TtlsAreCapped) {
  FakeUpstream upstream(Response{.answer = {A("www.example.", "192.0.2.1", 0xffffffff)}});
  Options options = AskOf({upstream.text()});
  options.ttl_max = 100s;
  House house(options);
  house->Start();
  EXPECT_EQ(house.Resolve("www.example.").answer->answers[0].ttl, 100);
  house.Advance(100s);
  EXPECT_FALSE(house.Find("www.example."));
}

TEST(Answers, WithoutTtlAreShownOnce) {
  FakeUpstream upstream(Response{.answer = {A("www.example.", "192.0.2.1", 0)}});
  House house(AskOf({upstream.text()}));
  house->Start();
  const auto found = house.Resolve("www.example.");
  EXPECT_EQ(LastAddress(found), "192.0.2.1");
  EXPECT_FALSE(found.stale);
  EXPECT_FALSE(house.Find("www.example."));
}

TEST(NegativeAnswers, LiveAsTheirZoneSays) {
  for (const auto& [ttl, minimum] : {std::pair{600u, 40u}, std::pair{40u, 600u}}) {
    FakeUpstream upstream(Response{.rcode = Rcode::kNxDomain, .authority = {Soa("example.", ttl, minimum)}});
    House house(AskOf({upstream.text()}));
    house->Start();
    const auto found = house.Resolve("www.example.");
    EXPECT_EQ(found.answer->rcode, Rcode::kNxDomain);
    ASSERT_TRUE(found.answer->soa);
    EXPECT_EQ(found.answer->soa->ttl, 40);
    EXPECT_EQ(found.answer->soa->owner, Wire("example."));
    house.Advance(39s);
    EXPECT_TRUE(house.Find("www.example."));
    house.Advance(1s);
    EXPECT_FALSE(house.Find("www.example."));
  }
}

TEST(NegativeAnswers, AreCapped) {
  FakeUpstream upstream(Response{.authority = {Soa("example.", 86400, 86400)}});
  Options options = AskOf({upstream.text()});
  options.negative_ttl_max = 100s;
  House house(options);
  house->Start();
  EXPECT_EQ(house.Resolve("www.example.").answer->soa->ttl, 100);
  house.Advance(100s);
  EXPECT_FALSE(house.Find("www.example."));
}

TEST(NegativeAnswers, WithoutSoaLiveSeconds) {
  FakeUpstream upstream(Response{.rcode = Rcode::kNxDomain});
  House house(AskOf({upstream.text()}));
  house->Start();
  EXPECT_EQ(house.Resolve("www.example.").answer->rcode, Rcode::kNxDomain);
  house.Advance(4s);
  EXPECT_TRUE(house.Find("www.example."));
  house.Advance(1s);
  EXPECT_FALSE(house.Find("www.example."));
}

TEST(NegativeAnswers, KeepTheChainThatLedThere) {
  FakeUpstream upstream(Response{.rcode = Rcode::kNxDomain,
                                 .answer = {Cname("www.example.", "gone.example.", 20)},
                                 .authority = {Soa("example.", 600, 600)}});
  House house(AskOf({upstream.text()}));
  house->Start();
  const auto found = house.Resolve("www.example.");
  EXPECT_EQ(found.answer->rcode, Rcode::kNxDomain);
  ASSERT_EQ(found.answer->answers.size(), 1);
  EXPECT_EQ(found.answer->answers[0].type, Type::kCname);
  EXPECT_TRUE(found.answer->soa);
  house.Advance(20s);
  EXPECT_FALSE(house.Find("www.example."));
}

TEST(Failures, AreRememberedForAMoment) {
  FakeUpstream upstream(Response{.rcode = Rcode::kServFail});
  House house(AskOf({upstream.text()}));
  house->Start();
  EXPECT_EQ(house.Resolve("www.example.").answer->rcode, Rcode::kServFail);
  EXPECT_EQ(upstream.count(), 1);
  house.Advance(4999ms);
  ASSERT_TRUE(house.Find("www.example."));
  house.Fetch("www.example.");
  EXPECT_EQ(upstream.count(), 1);
  house.Advance(1ms);
  EXPECT_FALSE(house.Find("www.example."));
  EXPECT_TRUE(house.FindAny("www.example."));
  upstream.SetResponse({.answer = {A("www.example.", "192.0.2.1")}});
  EXPECT_EQ(LastAddress(house.Resolve("www.example.")), "192.0.2.1");
}

TEST(Questions, ForOneNameAndTypeAreOne) {
  FakeUpstream upstream(Response{.answer = {A("www.example.", "192.0.2.1")}});
  std::atomic<int> done{0};
  House house(AskOf({upstream.text()}));
  for (int i = 0; i < 5; ++i) house->Fetch(Wire("www.example."), Type::kA, [&] { ++done; });
  house->Fetch(Wire("www.example."), Type::kAaaa, [&] { ++done; });
  house->Start();
  EXPECT_TRUE(House::Eventually([&] { return done == 6; }));
  EXPECT_EQ(upstream.count(), 2);
}

TEST(Questions, BeyondTheLimitFailAtOnce) {
  FakeUpstream upstream(FakeUpstream::Silence);
  Options options = AskOf({upstream.text()});
  options.in_flight_max = 2;
  std::atomic<int> done{0};
  House house(options);
  house->Start();
  house->Fetch(Wire("a.example."), Type::kA, [&] { ++done; });
  house->Fetch(Wire("b.example."), Type::kA, [&] { ++done; });
  EXPECT_TRUE(upstream.WaitFor(2));
  EXPECT_EQ(house->totals().in_flight, 2);
  EXPECT_EQ(house->totals().overloads, 0);
  EXPECT_EQ(house.Resolve("c.example.").answer->rcode, Rcode::kServFail);
  EXPECT_EQ(house->totals().overloads, 1);
  EXPECT_FALSE(house.Find("c.example.")) << "an overload is no fact about a name";
  EXPECT_EQ(upstream.count(), 2);
  EXPECT_EQ(done, 0);
}

TEST(Questions, HaveABoundedNumberOfWaiters) {
  FakeUpstream upstream(FakeUpstream::Silence);
  std::atomic<std::size_t> done{0};
  House house(AskOf({upstream.text()}));
  house->Start();
  for (std::size_t i = 0; i < Forwarder::kWaitersMax; ++i) {
    house->Fetch(Wire("www.example."), Type::kA, [&] { ++done; });
  }
  EXPECT_TRUE(upstream.WaitFor(1));
  EXPECT_EQ(house.Resolve("www.example.").answer->rcode, Rcode::kServFail);
  EXPECT_EQ(done, 0);
  house->Stop();
  EXPECT_EQ(done, Forwarder::kWaitersMax);
}

TEST(Stop, CallsBackAllThatWait) {
  FakeUpstream upstream(FakeUpstream::Silence);
  std::atomic<int> done{0};
  House house(AskOf({upstream.text()}));
  house->Start();
  house->Fetch(Wire("www.example."), Type::kA, [&] { ++done; });
  house->Fetch(Wire("www.example."), Type::kA, [&] { ++done; });
  EXPECT_TRUE(upstream.WaitFor(1));
  EXPECT_EQ(done, 0);
  house->Stop();
  EXPECT_EQ(done, 2);
  EXPECT_EQ(house.FindAny("www.example.")->answer->rcode, Rcode::kServFail);
  EXPECT_EQ(house->totals().in_flight, 0);
  house->Fetch(Wire("www.example."), Type::kA, [&] { ++done; });
  EXPECT_EQ(done, 3);
}

TEST(Stop, WithoutStartCallsBackToo) {
  std::atomic<int> done{0};
  House house(AskOf({"127.0.0.1:1"}));
  house->Fetch(Wire("www.example."), Type::kA, [&] { ++done; });
  EXPECT_EQ(done, 0);
  house->Stop();
  EXPECT_EQ(done, 1);
}

TEST(LocalNames, AreAnsweredWithoutAsking) {
  FakeUpstream upstream(Response{});
  House house(AskOf({upstream.text()}));
  for (const char* name : {"localhost.", "me.localhost."}) {
    EXPECT_EQ(LastAddress(*house.Find(name)), "127.0.0.1");
    EXPECT_EQ(house.Find(name)->answer->answers[0].owner, Wire(name));
    EXPECT_EQ(LastAddress(*house.Find(name, Type::kAaaa)), "::1");
    EXPECT_EQ(house.Find(name, Type::kMx)->answer->rcode, Rcode::kNoError);
    EXPECT_TRUE(house.Find(name, Type::kMx)->answer->soa);
  }
  for (const char* name : {"invalid.", "www.invalid.", "onion.", "x.y.onion."}) {
    const auto found = house.Find(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->answer->rcode, Rcode::kNxDomain) << name;
    ASSERT_TRUE(found->answer->soa) << name;
    EXPECT_TRUE(found->answer->soa->owner == Wire("invalid.") || found->answer->soa->owner == Wire("onion."));
  }
  EXPECT_FALSE(house.Find("notlocalhost."));
  EXPECT_FALSE(house.Find("onion.example."));
}

TEST(MetaTypes, AreNeverAskedFor) {
  FakeUpstream upstream(Response{});
  House house(AskOf({upstream.text()}));
  house->Start();
  for (const unsigned type : {0u, 41u, 128u, 249u, 250u, 251u, 252u, 253u, 254u, 255u}) {
    const auto found = house.Find("www.example.", static_cast<Type>(type));
    ASSERT_TRUE(found) << type;
    EXPECT_EQ(found->answer->rcode, Rcode::kNotImp) << type;
    EXPECT_EQ(found->answer->extended_error, dns::ExtendedError::kNotSupported) << type;
    house.Fetch("www.example.", static_cast<Type>(type));
  }
  EXPECT_EQ(upstream.count(), 0);
  for (const unsigned type : {1u, 46u, 127u, 256u, 65280u}) {
    EXPECT_FALSE(house.Find("www.example.", static_cast<Type>(type))) << type;
  }
}

TEST(SingleLabels, AreSentAsAsked) {
  FakeUpstream upstream(Response{.answer = {A("printer.", "192.0.2.9")}});
  House house(AskOf({upstream.text()}));
  house->Start();
  EXPECT_EQ(LastAddress(house.Resolve("printer.")), "192.0.2.9");
  EXPECT_EQ(upstream.queries()[0].name(), Wire("printer."));
}

}  // namespace
}  // namespace waypost::forward
