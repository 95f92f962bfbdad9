// Rate limits of UDP responses: buckets against a clock of the test's, what is left of a response, and the server with
// them.
#include "dns/rate_limit.h"

#include <gtest/gtest.h>

#include <thread>

#include "dns/client.h"
#include "dns/connection_limits.h"
#include "dns/held_outside.h"
#include "dns/zones.h"
#include "waypost/dns/server.h"

namespace waypost::dns {
namespace {

using namespace std::chrono_literals;
using Verdict = TokenBucket::Verdict;
using Time = std::chrono::steady_clock::time_point;

constexpr std::uint64_t kMillisecond = 1'000'000;
const std::string kWeb = "NOERROR aa\nweb.z.test. 60 A 10.0.0.0";

TEST(TokenBucket, ASecondsWorthThenTheRate) {
  TokenBucket bucket;
  std::uint64_t now = 1'000'000'000'000;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(Verdict::kTaken, bucket.Take(now, 10, 0, 7)) << i;
    EXPECT_EQ(Verdict::kEmpty, bucket.Take(now, 10, 0, 7));
    now += 101 * kMillisecond;
    EXPECT_EQ(Verdict::kTaken, bucket.Take(now, 10, 0, 7));
    EXPECT_EQ(Verdict::kEmpty, bucket.Take(now, 10, 0, 7));
    now += 2000 * kMillisecond;
    EXPECT_EQ(0u, bucket.Debt(now));
  }
}

TEST(TokenBucket, FastRatesAndLongTimes) {
  TokenBucket bucket;
  std::uint64_t now = 5;
  for (int i = 0; i < 1'000'000; ++i) ASSERT_EQ(Verdict::kTaken, bucket.Take(now, 1'000'000, 0, 0)) << i;
  unsigned more = 0;
  while (bucket.Take(now, 1'000'000, 0, 0) == Verdict::kTaken) ++more;
  EXPECT_LT(more, 100'000u) << "the step is a whole number of ticks";
  for (unsigned hours = 1; hours < 100; ++hours) {  // the time wraps around meanwhile
    now += 3'600'000 * kMillisecond;
    ASSERT_EQ(Verdict::kTaken, bucket.Take(now, 1, 0, 0)) << hours;
    ASSERT_EQ(Verdict::kEmpty, bucket.Take(now, 1, 0, 0)) << hours;
  }
}

TEST(TokenBucket, EachNthRefusedSlips) {
  TokenBucket bucket;
  for (const std::uint32_t slip : {1U, 2U, 3U, 255U}) {
    bucket.Take(0, 1, slip, static_cast<std::uint16_t>(slip));
    for (std::uint32_t i = 1; i <= 3 * slip; ++i) {
      EXPECT_EQ(i % slip == 0 ? Verdict::kSlipped : Verdict::kEmpty,
                bucket.Take(0, 1, slip, static_cast<std::uint16_t>(slip)))
          << slip << " " << i;
    }
  }
}

TEST(TokenBucket, ManyThreads) {
  TokenBucket bucket;
  std::atomic<unsigned> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        if (bucket.Take(1, 1000, 2, 3) == Verdict::kTaken) taken.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(taken.load(), 1000u);
  EXPECT_LT(taken.load(), 2000u) << "a few too many at most";
}

wire::Octets Response(unsigned rcode, std::array<unsigned, 3> counts) {
  wire::Octets out = wire::Header(1, 0x8400 | rcode, {1, counts[0], counts[1], counts[2]});
  wire::PutQuestion(out, "web.z.test", "A");
  return out;
}

TEST(RateLimiter, NetworksAndKindsApart) {
  RateLimiter limiter({.responses_per_second = 2, .slip = 0, .errors_per_second = 0}, 9);
  const auto sent = [&](const char* client, wire::Octets response) {
    return limiter.Limit(response.data(), response.size(), Ip(client), Time(1h)) != 0;
  };
  const wire::Octets answer = Response(0, {1, 0, 0}), negative = Response(3, {0, 1, 0}), none = Response(0, {0, 1, 0}),
                     error = Response(5, {0, 0, 0});
  for (const char* client : {"192.0.2.1", "192.0.3.1", "2001:db8:0:100::1", "2001:db8:0:200::1", "0.0.0.0", "::"}) {
    EXPECT_TRUE(sent(client, answer)) << client;
    EXPECT_TRUE(sent(client, answer)) << client;
    EXPECT_FALSE(sent(client, answer)) << client;
    EXPECT_TRUE(sent(client, negative)) << client;
    EXPECT_TRUE(sent(client, none)) << client;
    EXPECT_FALSE(sent(client, negative)) << client;
    EXPECT_TRUE(sent(client, error)) << client;
    EXPECT_TRUE(sent(client, error)) << client;
    EXPECT_FALSE(sent(client, error)) << client;
  }
  EXPECT_FALSE(sent("192.0.2.200", answer)) << "the same /24";
  EXPECT_FALSE(sent("2001:db8:0:1ff::1", answer)) << "the same /56";
  EXPECT_EQ(20u, limiter.limited());
}

TEST(RateLimiter, ManyNetworksDoNotGrowIt) {
  RateLimiter limiter({.responses_per_second = 1, .slip = 0, .errors_per_second = 0}, 9);
  wire::Octets response = Response(0, {1, 0, 0});
  unsigned limited = 0;
  for (unsigned i = 0; i < 1'000'000; ++i) {
    Address client{.size = 4};
    for (unsigned octet = 0; octet < 3; ++octet) {
      client.octets[octet] = static_cast<std::uint8_t>(i >> (16 - 8 * octet));
    }
    if (limiter.Limit(response.data(), response.size(), client, Time(1h)) == 0) ++limited;
  }
  EXPECT_LT(limited, 2000u) << "who shares a tag by chance";
}

TEST(RateLimiter, ErrorsOfAllTogether) {
  RateLimiter limiter({.responses_per_second = 0, .errors_per_second = 3}, 9);
  const auto sent = [&](wire::Octets response, Time now) {
    EXPECT_TRUE(limiter.Concerns(response.data()));
    return limiter.Limit(response.data(), response.size(), Ip("192.0.2.1"), now) != 0;
  };
  wire::Octets bad_version = Response(0, {0, 0, 1});
  wire::PutOpt(bad_version, {.version = 0x100});  // the upper bits of BADVERS
  EXPECT_TRUE(sent(bad_version, Time(1h)));
  EXPECT_TRUE(sent(Response(1, {0, 0, 0}), Time(1h)));
  EXPECT_TRUE(sent(Response(9, {0, 0, 0}), Time(1h)));
  for (const unsigned rcode : {1U, 4U, 5U, 9U}) EXPECT_FALSE(sent(Response(rcode, {0, 0, 0}), Time(1h))) << rcode;
  EXPECT_FALSE(sent(bad_version, Time(1h)));
  EXPECT_TRUE(sent(Response(2, {0, 0, 0}), Time(1h))) << "SERVFAIL is no fault of the client's";
  EXPECT_TRUE(sent(Response(3, {0, 1, 0}), Time(1h)));
  EXPECT_TRUE(sent(Response(0, {0, 1, 0}), Time(1h)));
  EXPECT_FALSE(limiter.Concerns(Response(0, {1, 0, 0}).data()));
  EXPECT_TRUE(sent(Response(5, {0, 0, 0}), Time(1h + 1s)));
}

TEST(RateLimiter, WhatIsLeftOfAResponse) {
  Zones zones;
  const auto zone = zones.AddZone("z.test");
  zones.RegisterMany(zones.AddService(zone, "web", kA60), 0, 3);
  zones.RegisterMany(zones.AddService(zone, "srv", kSrv20), 0, 0);
  zones.Register(zones.AddService(zone, "port", kSrv20), "i",
                 {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}});
  zones.Ready();
  Asking asking(zones);
  for (const bool edns : {false, true}) {
    for (const char* name : {"web.z.test", "port.z.test", "nowhere.z.test", "z.test", "www.example.net"}) {
      for (const char* type : {"A", "SRV", "NS", "SOA"}) {
        wire::Ask ask{.name = name, .type = type};
        if (edns) ask.edns = wire::Edns{.flags = 0x8000};
        wire::Octets response = asking.Raw(wire::Encode(ask));
        const std::size_t size = CutToTruncated(response.data(), response.size());
        ASSERT_LE(size, response.size());
        response.resize(size);
        const auto message = wire::Message::Decode(response);
        ASSERT_TRUE(message) << name << " " << type;
        EXPECT_TRUE(message->tc());
        EXPECT_EQ(0u, message->rcode);
        EXPECT_EQ(ask.id, message->id);
        EXPECT_EQ(1u, message->questions.size());
        EXPECT_EQ(0u, message->answer.size() + message->authority.size() + message->additional.size());
        EXPECT_EQ(edns, message->edns.has_value());
        if (edns) {
          EXPECT_EQ(0x8000u, message->edns->flags);
        }
      }
    }
  }
  // Whatever the octets: nothing past them is touched.
  for (std::size_t cut = kHeaderOctets; cut < 200; ++cut) {
    wire::Octets response = asking.Raw(wire::Encode({.name = "port.z.test", .type = "SRV", .edns = wire::Edns{}}));
    if (cut >= response.size()) break;
    response.resize(cut);
    response.shrink_to_fit();
    EXPECT_LE(CutToTruncated(response.data(), cut), cut);
  }
}

class Limited : public testing::Test {
 protected:
  Limited() {
    zones_.RegisterMany(zones_.AddService(zones_.AddZone("z.test"), "web", kA60), 0, 1);
    zones_.Ready();
    options_.listen = {"127.0.0.1:0"};
  }
  std::string Start() {
    server_ = std::make_unique<Server>(zones_.view, options_, telemetry::MakeSilentLog(),
                                       ServerSources{.outside = &outside_});
    EXPECT_TRUE(server_->Bind().ok());
    server_->Start();
    return server_->addresses().at(0);
  }
  Zones zones_;
  HeldOutside outside_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

TEST_F(Limited, OverTheRateTheClientIsSentToTcp) {
  options_.rates = {.responses_per_second = 1, .slip = 1};
  const std::string address = Start();
  UdpClient udp(address);
  EXPECT_EQ(kWeb, Text(udp.Ask({"web.z.test"})));
  const auto slipped = udp.Ask({"web.z.test"});
  ASSERT_TRUE(slipped);
  EXPECT_TRUE(slipped->tc());
  EXPECT_EQ(0u, slipped->answer.size());
  EXPECT_EQ(1u, slipped->questions.size());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(kWeb, Text(TcpClient(address).Ask({"web.z.test"}))) << "there is no limit";
  EXPECT_EQ(1u, server_->totals().rate_limited);
}

TEST_F(Limited, OverTheRateNothingComes) {
  options_.rates = {.responses_per_second = 1, .slip = 0};
  const std::string address = Start();
  UdpClient udp(address);
  for (unsigned id = 0; id < 10; ++id) udp.Send(wire::Encode({.name = "web.z.test", .id = id}));
  for (unsigned id = 10; id < 20; ++id) udp.Send(wire::Encode({.name = "web.z.test", .id = id}));
  EXPECT_TRUE(udp.Readable());
  server_->Stop(5s);
  unsigned answers = 0;
  while (udp.Readable(0) && !udp.Receive().empty()) ++answers;
  EXPECT_GE(answers, 1u);
  EXPECT_LT(answers, 20u);
  EXPECT_EQ(server_->totals().queries, answers + server_->totals().rate_limited);
}

TEST_F(Limited, ACookieShowsThatTheAddressIsNotForged) {
  options_.rates = {.responses_per_second = 1, .slip = 1};
  UdpClient udp(Start());
  const std::string client_part("\0\12\0\10abcdefgh", 12);
  const auto first = udp.Ask({.name = "web.z.test", .edns = wire::Edns{.options = client_part}});
  ASSERT_TRUE(first && first->edns);
  ASSERT_EQ(28u, first->edns->options.size());
  EXPECT_FALSE(first->tc());
  EXPECT_TRUE(udp.Ask({.name = "web.z.test", .edns = wire::Edns{.options = client_part}})->tc());
  for (int i = 0; i < 20; ++i) {
    const auto message = udp.Ask({.name = "web.z.test", .edns = wire::Edns{.options = first->edns->options}});
    EXPECT_FALSE(message->tc()) << i;
  }
}

TEST_F(Limited, LateAnswersAreLimitedToo) {
  options_.rates = {.responses_per_second = 1, .slip = 1};
  UdpClient udp(Start());
  const wire::Ask ask{.name = "away.example.net", .flags = 0x0100};
  udp.Send(wire::Encode(ask));
  udp.Send(wire::Encode(ask));
  ASSERT_TRUE(outside_.WaitForFetches(2));
  outside_.Learn("away.example.net", "192.0.2.1");
  outside_.Release("away.example.net");
  EXPECT_FALSE(wire::Message::Decode(udp.Receive())->tc());
  EXPECT_TRUE(wire::Message::Decode(udp.Receive())->tc());
}

TEST_F(Limited, Errors) {
  options_.rates = {.errors_per_second = 1};
  UdpClient udp(Start());
  EXPECT_EQ("REFUSED", Text(udp.Ask({"www.example.net"})));
  udp.Send(wire::Encode({"www.example.net"}));
  EXPECT_EQ(kWeb, Text(udp.Ask({"web.z.test"}))) << "the error before it is not sent";
  EXPECT_EQ(1u, server_->totals().rate_limited);
}

TEST_F(Limited, WrongOptions) {
  for (const RateLimits& rates : {RateLimits{.responses_per_second = 1'000'001}, RateLimits{.slip = 256},
                                  RateLimits{.errors_per_second = 1'000'001}}) {
    ServerOptions options = options_;
    options.rates = rates;
    Server server(zones_.view, options, telemetry::MakeSilentLog());
    const auto bound = server.Bind();
    ASSERT_FALSE(bound.ok());
    EXPECT_EQ(model::Code::kConfig, bound.error().code);
  }
}

TEST(ConnectionLimits, TotalAndEachClient) {
  ConnectionLimits limits(4, 2);
  EXPECT_TRUE(limits.Enter(Ip("10.0.0.1")));
  EXPECT_TRUE(limits.Enter(Ip("10.0.0.1")));
  EXPECT_FALSE(limits.Enter(Ip("10.0.0.1")));
  EXPECT_TRUE(limits.Enter(Ip("10.0.0.2")));
  EXPECT_TRUE(limits.Enter(Ip("::1")));
  EXPECT_FALSE(limits.Enter(Ip("::2")));
  limits.Leave(Ip("10.0.0.1"));
  EXPECT_TRUE(limits.Enter(Ip("10.0.0.1")));
  limits.Leave(Ip("::1"));
  EXPECT_FALSE(limits.Enter(Ip("10.0.0.1")));
  EXPECT_TRUE(limits.Enter(Ip("::2")));
  EXPECT_FALSE(ConnectionLimits(4, 0).Enter(Ip("::1")));
}

}  // namespace
}  // namespace waypost::dns
