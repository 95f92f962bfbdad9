// How upstream servers are asked, and what of their answers is believed.
#include <set>

#include "house.h"

namespace waypost::forward {
namespace {

using Query = FakeUpstream::Query;

const Response kGood{.answer = {A("www.example.", "192.0.2.1")}};
const Response kPoison{.answer = {A("www.example.", "203.0.113.66")}};

std::string With(std::string octets, std::size_t at, char value) {
  octets[at] = value;
  return octets;
}

TEST(Query, AsksForRecursionWithEdnsAndTheGivenId) {
  FakeUpstream upstream(kGood);
  House house(AskOf({upstream.text()}), {.draw_id = [] { return std::uint16_t{0x1234}; }});
  house->Start();
  house.Resolve("www.example.");
  const Query query = upstream.queries()[0];
  EXPECT_EQ(query.id(), 0x1234);
  EXPECT_EQ(query.flags(), 0x0100);
  EXPECT_EQ(query.Load(4), 1);
  EXPECT_EQ(query.name(), Wire("www.example."));
  const std::string opt = std::string(1, '\0') + Number16(41) + Number16(1232) + Number32(0) + Number16(0);
  EXPECT_EQ(query.octets.substr(query.octets.size() - opt.size()), opt);
}

TEST(Query, HasAFreshPortAndIdEachTime) {
  FakeUpstream upstream(
      [](const Query& query) { return std::vector{Response{.rcode = Rcode::kNxDomain}.To(query.octets)}; });
  House house(AskOf({upstream.text()}));
  house->Start();
  constexpr int kQuestions = 40;
  for (int i = 0; i < kQuestions; ++i) house.Resolve("n" + std::to_string(i) + ".example.");
  std::set<unsigned> ports;
  std::set<unsigned> ids;
  int neighbours = 0;
  std::uint16_t before = 0;
  for (const Query& query : upstream.queries()) {
    ports.insert(query.port);
    ids.insert(query.id());
    neighbours += std::abs(query.id() - before) <= 1 ? 1 : 0;
    before = query.id();
  }
  // Of 28,232 ports and 65,536 ids: a few may come twice by chance.
  EXPECT_GE(ports.size(), kQuestions - 4);
  EXPECT_GE(ids.size(), kQuestions - 3);
  EXPECT_LE(neighbours, 3);
}

TEST(Query, ManyAtATimeHaveAPortEach) {
  FakeUpstream upstream(FakeUpstream::Silence);
  House house(AskOf({upstream.text()}));
  house->Start();
  constexpr std::size_t kQuestions = 50;
  for (std::size_t i = 0; i < kQuestions; ++i) {
    house->Fetch(Wire("n" + std::to_string(i) + ".example."), Type::kA, [] {});
  }
  ASSERT_TRUE(upstream.WaitFor(kQuestions));
  std::set<unsigned> ports;
  for (const Query& query : upstream.queries()) ports.insert(query.port);
  EXPECT_EQ(ports.size(), kQuestions);
}

struct Spoof {
  const char* name;
  std::function<std::string(const Query&)> forge;
};

TEST(Spoofs, AreIgnoredAndTheRightAnswerIsTaken) {
  const Spoof spoofs[] = {
      {"another id", [](const Query& q) { return With(kPoison.To(q.octets), 0, static_cast<char>(q.octets[0] ^ 1)); }},
      {"another name", [](const Query& q) { return With(kPoison.To(q.octets), 14, 'x'); }},
      {"another type", [](const Query& q) { return With(kPoison.To(q.octets), 12 + q.name().size() + 1, 28); }},
      {"another class", [](const Query& q) { return With(kPoison.To(q.octets), 12 + q.name().size() + 3, 3); }},
      {"no question", [](const Query& q) { return q.octets.substr(0, 2) + "\x81\x80" + std::string(8, '\0'); }},
      {"too short", [](const Query& q) { return q.octets.substr(0, 11); }},
  };
  for (const Spoof& spoof : spoofs) {
    FakeUpstream upstream([&](const Query& query) { return std::vector{spoof.forge(query), kGood.To(query.octets)}; });
    House house(AskOf({upstream.text()}));
    house->Start();
    EXPECT_EQ(LastAddress(house.Resolve("www.example.")), "192.0.2.1") << spoof.name;
    EXPECT_EQ(upstream.count(), 1) << spoof.name;
  }
}

TEST(Spoofs, FromAnotherPortAreIgnored) {
  FakeUpstream upstream([](const Query& query) {
    FakeUpstream::SendFromElsewhere(query.port, kPoison.To(query.octets));
    return std::vector{kGood.To(query.octets)};
  });
  House house(AskOf({upstream.text()}));
  house->Start();
  EXPECT_EQ(LastAddress(house.Resolve("www.example.")), "192.0.2.1");
}

TEST(Spoofs, AQueryIsNoAnswer) {
  Response query_like = kPoison;
  query_like.flags = 0x0100;
  FakeUpstream first(query_like);
  FakeUpstream second(kGood);
  House house(AskOf({first.text(), second.text()}));
  house->Start();
  EXPECT_EQ(LastAddress(house.Resolve("www.example.")), "192.0.2.1");
  EXPECT_EQ(first.count(), 1);
}

TEST(Answer, CaseDoesNotCount) {
  FakeUpstream upstream([](const Query& query) {
    std::string reply = Response{.answer = {A("www.example.", "192.0.2.1")}}.To(query.octets);
    return std::vector{With(With(reply, 13, 'W'), 14, 'W')};
  });
  House house(AskOf({upstream.text()}));
  house->Start();
  EXPECT_EQ(LastAddress(house.Resolve("www.example.")), "192.0.2.1");
}

TEST(Answer, WhatNobodyAskedForIsDropped) {
  Response response{
      .answer = {A("victim.example.", "203.0.113.66"), Cname("www.example.", "a.other."), A("a.other.", "192.0.2.1"),
                 A("b.other.", "203.0.113.66"), Cname("a.other.", "evil.example.")},
      .authority = {Ns("example.", "ns.evil.example."), Soa("bank.example.", 60, 60)},
      .additional = {A("ns.evil.example.", "203.0.113.66"), A("victim.example.", "203.0.113.66")}};
  FakeUpstream upstream(response);
  House house(AskOf({upstream.text()}));
  house->Start();
  const auto found = house.Resolve("www.example.");
  ASSERT_EQ(found.answer->answers.size(), 2);
  EXPECT_EQ(found.answer->answers[0], Cname("www.example.", "a.other."));
  EXPECT_EQ(found.answer->answers[1], A("a.other.", "192.0.2.1"));
  EXPECT_FALSE(found.answer->soa);
  for (const char* name : {"victim.example.", "a.other.", "b.other.", "ns.evil.example."}) {
    EXPECT_FALSE(house.Find(name)) << name;
    EXPECT_FALSE(house.FindAny(name)) << name;
  }
}

TEST(Answer, TheSoaOfAnotherZoneIsDropped) {
  FakeUpstream upstream(Response{.rcode = Rcode::kNxDomain, .authority = {Soa("other.", 600, 600)}});
  House house(AskOf({upstream.text()}));
  house->Start();
  const auto found = house.Resolve("www.example.");
  EXPECT_EQ(found.answer->rcode, Rcode::kNxDomain);
  EXPECT_FALSE(found.answer->soa);
}

TEST(Answer, ThatIsCutComesByTcp) {
  FakeUpstream upstream([](const Query& query) {
    Response response{.answer = {Text("www.example.", 3000)}};
    if (!query.tcp) response = {.flags = 0x8380};
    return std::vector{response.To(query.octets)};
  });
  House house(AskOf({upstream.text()}));
  house->Start();
  const auto found = house.Resolve("www.example.", Type::kTxt);
  ASSERT_EQ(found.answer->answers.size(), 1);
  EXPECT_GE(found.answer->answers[0].rdata.size(), 3000);
  ASSERT_EQ(upstream.count(), 2);
  EXPECT_TRUE(upstream.queries()[1].tcp);
  EXPECT_EQ(house.TotalsOf(upstream).tcp_retries, 1);
}

TEST(Answer, OfAThousandOctetsComesByUdp) {
  FakeUpstream upstream(Response{.answer = {Text("www.example.", 1000)}});
  House house(AskOf({upstream.text()}));
  house->Start();
  EXPECT_EQ(house.Resolve("www.example.", Type::kTxt).answer->answers.size(), 1);
  EXPECT_EQ(upstream.count(), 1);
}

TEST(Edns, IsLeftOffOnceForServersThatDoNotKnowIt) {
  for (const Rcode rcode : {Rcode::kFormErr, Rcode::kNotImp}) {
    for (const bool opt : {false, true}) {
      FakeUpstream upstream([&](const Query& query) {
        Response response{.answer = {Text("www.example.", 200)}, .opt = false};
        if (query.has_opt()) response = {.rcode = rcode, .opt = opt};
        return std::vector{response.To(query.octets)};
      });
      House house(AskOf({upstream.text()}));
      house->Start();
      EXPECT_EQ(house.Resolve("www.example.", Type::kTxt).answer->answers.size(), 1);
      const auto queries = upstream.queries();
      ASSERT_EQ(queries.size(), 2) << static_cast<int>(rcode) << opt;
      EXPECT_TRUE(queries[0].has_opt());
      EXPECT_FALSE(queries[1].has_opt());
      // The next question is asked as the first was.
      upstream.SetResponse({.answer = {Text("next.example.", 1000)}});
      EXPECT_EQ(house.Resolve("next.example.", Type::kTxt).answer->answers.size(), 1);
      EXPECT_EQ(upstream.count(), 3);
      EXPECT_TRUE(upstream.queries()[2].has_opt());
    }
  }
}

TEST(Edns, IsNotLeftOffTwice) {
  for (const Rcode rcode : {Rcode::kFormErr, Rcode::kNotImp}) {
    FakeUpstream upstream(Response{.rcode = rcode, .opt = false});
    House house(AskOf({upstream.text()}));
    house->Start();
    EXPECT_EQ(house.Resolve("www.example.").answer->rcode, Rcode::kServFail);
    EXPECT_EQ(upstream.count(), 2);
  }
}

TEST(Failover, WhoWillNotSayIsPassedOver) {
  for (const Rcode rcode : {Rcode::kServFail, Rcode::kRefused, Rcode::kNotImp, Rcode::kFormErr}) {
    FakeUpstream first(Response{.rcode = rcode});
    FakeUpstream second(kGood);
    House house(AskOf({first.text(), second.text()}));
    house->Start();
    EXPECT_EQ(LastAddress(house.Resolve("www.example.")), "192.0.2.1") << static_cast<int>(rcode);
    EXPECT_GE(first.count(), 1);
    EXPECT_EQ(second.count(), 1);
    EXPECT_GE(house.TotalsOf(first).failures, 1);
  }
}

TEST(Failover, AReferralIsNoAnswer) {
  FakeUpstream first(Response{.authority = {Ns("example.", "ns.example.")}});
  FakeUpstream second(kGood);
  House house(AskOf({first.text(), second.text()}));
  house->Start();
  EXPECT_EQ(LastAddress(house.Resolve("www.example.")), "192.0.2.1");
}

TEST(Failover, WhoIsSilentIsPassedOverAndPutLastForAWhile) {
  FakeUpstream first(FakeUpstream::Silence);
  FakeUpstream second(kGood);
  Options options = AskOf({first.text(), second.text()});
  options.try_timeout = 50ms;
  House house(options);
  house->Start();
  EXPECT_EQ(LastAddress(house.Resolve("www.example.")), "192.0.2.1");
  EXPECT_EQ(first.count(), 1);
  EXPECT_EQ(house.TotalsOf(first).timeouts, 1);
  house.Resolve("a.example.");
  EXPECT_EQ(first.count(), 1) << "it rests";
  EXPECT_EQ(second.count(), 2);
  first.SetResponse(kGood);
  house.Advance(2s);
  house.Resolve("b.example.");
  EXPECT_EQ(first.count(), 2) << "it is tried again";
  EXPECT_EQ(second.count(), 2);
}

TEST(Failover, InOrderWhileAllAnswer) {
  FakeUpstream first(kGood);
  FakeUpstream second(kGood);
  House house(AskOf({first.text(), second.text()}));
  house->Start();
  house.Resolve("a.example.");
  house.Resolve("b.example.");
  EXPECT_EQ(first.count(), 2);
  EXPECT_EQ(second.count(), 0);
}

TEST(Failover, NobodyAnswers) {
  FakeUpstream first(FakeUpstream::Silence);
  FakeUpstream second(FakeUpstream::Silence);
  Options options = AskOf({first.text(), second.text()});
  options.try_timeout = 30ms;
  House house(options);
  house->Start();
  const auto found = house.Resolve("www.example.");
  EXPECT_EQ(found.answer->rcode, Rcode::kServFail);
  EXPECT_EQ(found.answer->extended_error, dns::ExtendedError::kNoUpstreamReached);
  ASSERT_EQ(first.count(), 2);
  EXPECT_EQ(second.count(), 2);
  EXPECT_TRUE(first.queries()[0].has_opt());
  EXPECT_FALSE(first.queries()[1].has_opt());
  EXPECT_NE(first.queries()[0].id(), first.queries()[1].id());
}

TEST(Failover, NobodyIsThere) {
  std::string text;
  {
    FakeUpstream gone(kGood);
    text = gone.text();
  }
  House house(AskOf({text}));
  house->Start();
  EXPECT_EQ(house.Resolve("www.example.").answer->extended_error, dns::ExtendedError::kNoUpstreamReached);
}

TEST(Failover, EndsWhenTimeIsUp) {
  FakeUpstream upstream(FakeUpstream::Silence);
  std::vector<std::string> texts;
  std::vector<std::unique_ptr<FakeUpstream>> upstreams;
  for (std::size_t i = 0; i < Forwarder::kUpstreamsMax; ++i) {
    upstreams.push_back(std::make_unique<FakeUpstream>(FakeUpstream::Silence));
    texts.push_back(upstreams.back()->text());
  }
  Options options = AskOf(texts);
  options.try_timeout = 100ms;
  options.timeout = 150ms;
  House house(options);
  house->Start();
  EXPECT_EQ(house.Resolve("www.example.").answer->extended_error, dns::ExtendedError::kNoUpstreamReached);
  EXPECT_EQ(upstreams[7]->count(), 0);
  EXPECT_EQ(house->totals().in_flight, 0);
}

TEST(Parallel, AllAreAskedAndTheFirstThatKnowsWins) {
  FakeUpstream silent(FakeUpstream::Silence);
  FakeUpstream failing(Response{.rcode = Rcode::kServFail});
  FakeUpstream good(kGood);
  Options options = AskOf({silent.text(), failing.text(), good.text()});
  options.mode = Mode::kParallel;
  House house(options);
  house->Start();
  EXPECT_EQ(LastAddress(house.Resolve("www.example.")), "192.0.2.1");
  EXPECT_EQ(good.count(), 1);
  EXPECT_TRUE(silent.WaitFor(1));
  EXPECT_TRUE(failing.WaitFor(1));
  // Channels whose question was cancelled are as good as new.
  silent.SetResponse({.answer = {A("www.example.", "192.0.2.1")}});
  good.SetScript(FakeUpstream::Silence);
  EXPECT_EQ(LastAddress(house.Resolve("www.example.", Type::kAaaa)), "none");
  EXPECT_EQ(silent.count(), 2);
}

TEST(Parallel, AllFail) {
  FakeUpstream first(Response{.rcode = Rcode::kServFail});
  FakeUpstream second(Response{.rcode = Rcode::kRefused});
  Options options = AskOf({first.text(), second.text()});
  options.mode = Mode::kParallel;
  House house(options);
  house->Start();
  const auto found = house.Resolve("www.example.");
  EXPECT_EQ(found.answer->rcode, Rcode::kServFail);
  EXPECT_EQ(found.answer->extended_error, dns::ExtendedError::kNone) << "they were reached";
}

TEST(Domains, TheLongestSuffixWins) {
  FakeUpstream others(Response{});
  FakeUpstream corp(Response{});
  FakeUpstream lab(Response{});
  Options options = AskOf({others.text()});
  options.domains = {{"corp.example", {corp.text()}}, {"Lab.Corp.Example.", {lab.text()}}};
  House house(options);
  house->Start();
  struct Case {
    const char* name;
    FakeUpstream* asked;
  };
  for (const Case& c :
       {Case{"www.example.", &others}, Case{"notcorp.example.", &others}, Case{"corp.example.", &corp},
        Case{"a.b.corp.example.", &corp}, Case{"lab.corp.example.", &lab}, Case{"x.lab.corp.example.", &lab}}) {
    const std::size_t before = c.asked->count();
    house.Resolve(c.name);
    EXPECT_EQ(c.asked->count(), before + 1) << c.name;
  }
  EXPECT_EQ(others.count() + corp.count() + lab.count(), 6);
}

TEST(Domains, OnlyThem) {
  FakeUpstream corp(Response{.answer = {A("a.corp.example.", "192.0.2.1")}});
  Options options = AskOf({});
  options.domains = {{"corp.example", {corp.text()}}};
  House house(options);
  house->Start();
  EXPECT_EQ(LastAddress(house.Resolve("a.corp.example.")), "192.0.2.1");
  ASSERT_TRUE(house.Find("www.example."));
  EXPECT_EQ(house.Find("www.example.")->answer->rcode, Rcode::kRefused);
  house.Fetch("www.example.");
}

}  // namespace
}  // namespace waypost::forward
