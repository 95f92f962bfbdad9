// Messages that wait for names outside our zones, over UDP, TCP and Ask.
#include <gtest/gtest.h>

#include <future>
#include <set>
#include <thread>

#include "dns/client.h"
#include "dns/held_outside.h"
#include "dns/zones.h"
#include "waypost/dns/server.h"
#include "waypost/zone/folder.h"

namespace waypost::dns {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kRecursionDesired = 0x0100;
const std::string kAway = "NOERROR\naway.example.net. 100 A 192.0.2.1";
const std::string kWeb = "NOERROR aa\nweb.z.test. 60 A 10.0.0.0";

class Late : public testing::Test {
 protected:
  Late() {
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
  static wire::Ask Away(unsigned id = 1) { return {.name = "away.example.net", .flags = kRecursionDesired, .id = id}; }
  void ReleaseAway() {
    outside_.Learn("away.example.net", "192.0.2.1");
    outside_.Release("away.example.net");
  }
  /// Asks as a transport of somebody else's does.
  std::future<wire::Octets> AskServer(const wire::Ask& ask) {
    auto promise = std::make_shared<std::promise<wire::Octets>>();
    server_->Ask(wire::Encode(ask), Asker{Ip("127.0.0.1"), Ip("127.0.0.1"), Transport::kHttps},
                 [promise](std::vector<std::uint8_t> response) { promise->set_value(std::move(response)); });
    return promise->get_future();
  }

  Zones zones_;
  HeldOutside outside_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

TEST_F(Late, UdpIsAnsweredWhenTheNameIsKnown) {
  const std::string address = Start();
  UdpClient client(address);
  client.Send(wire::Encode(Away(7)));
  ASSERT_TRUE(outside_.WaitForFetches(1));
  EXPECT_EQ(kWeb, Text(client.Ask({"web.z.test"}))) << "others do not wait";
  ReleaseAway();
  const auto message = wire::Message::Decode(client.Receive());
  EXPECT_EQ(kAway, Text(message));
  EXPECT_EQ(7u, message->id);
  EXPECT_EQ(kAway, Text(client.Ask(Away()))) << "known by now";
  server_->Stop(5s);
  const ServerTotals totals = server_->totals();
  EXPECT_EQ(3u, totals.queries);
  EXPECT_EQ(1u, totals.deferred);
  EXPECT_EQ(3u, totals.rcodes[0]);
  std::uint64_t counted = 0, late = 0;
  for (const std::uint64_t count : totals.latency.counts) counted += count;
  for (const std::uint64_t count : totals.deferred_latency.counts) late += count;
  EXPECT_EQ(2u, counted);
  EXPECT_EQ(1u, late);
  EXPECT_GT(totals.latency.sum_ns, 0u);
  EXPECT_GT(totals.deferred_latency.sum_ns, 0u);
}

TEST_F(Late, UdpIsAnsweredFromTheAddressThatWasAsked) {
  for (const char* any : {"0.0.0.0:0", "[::]:0"}) {
    options_.listen = {any};
    options_.threads = 2;
    server_ = std::make_unique<Server>(zones_.view, options_, telemetry::MakeSilentLog(),
                                       ServerSources{.outside = &outside_});
    if (!server_->Bind().ok()) GTEST_SKIP() << "no IPv6 here";
    server_->Start();
    const std::uint16_t port = Endpoint::Parse(server_->addresses()[0]).value().port;
    const auto hosts = any[0] == '[' ? std::vector{"::1"} : std::vector{"127.0.0.1", "127.0.0.2", "127.1.2.3"};
    for (const char* host : hosts) {
      const std::string name = "x" + std::to_string(outside_.fetches()) + ".example.net";
      // A connected socket takes nothing from any other address.
      UdpClient client(Endpoint{Ip(host), port}.str());
      if (!client.connected()) GTEST_SKIP() << "no IPv6 loopback here";
      const std::size_t fetches = outside_.fetches();
      client.Send(wire::Encode({.name = name, .flags = kRecursionDesired}));
      ASSERT_TRUE(outside_.WaitForFetches(fetches + 1));
      outside_.Learn(name, "192.0.2.3");
      EXPECT_EQ(1u, outside_.Release(name));
      EXPECT_EQ("NOERROR\n" + name + ". 100 A 192.0.2.3", Text(wire::Message::Decode(client.Receive()))) << host;
    }
  }
}

TEST_F(Late, TcpAnswersInAnyOrder) {
  TcpClient client(Start());
  client.Send(TcpClient::Frame(Away(1)));
  client.Send(TcpClient::Frame({.name = "web.z.test", .id = 2}));
  const auto first = client.NextMessage();
  ASSERT_TRUE(first);
  EXPECT_EQ(2u, first->id);
  EXPECT_EQ(kWeb, Text(first));
  ReleaseAway();
  const auto second = client.NextMessage();
  ASSERT_TRUE(second);
  EXPECT_EQ(1u, second->id);
  EXPECT_EQ(kAway, Text(second));
  EXPECT_EQ(kWeb, Text(client.Ask({"web.z.test"})));
}

TEST_F(Late, ClosedHalfIsAnsweredAllTheSame) {
  TcpClient client(Start());
  client.Send(TcpClient::Frame(Away()));
  client.Fin();
  ASSERT_TRUE(outside_.WaitForFetches(1));
  ReleaseAway();
  EXPECT_EQ(kAway, Text(client.NextMessage()));
  EXPECT_TRUE(client.Ended());
}

TEST_F(Late, WhoWaitsIsNotIdle) {
  options_.tcp_idle_timeout = 50ms;
  const std::string address = Start();
  TcpClient waits(address), idle(address);
  waits.Send(TcpClient::Frame(Away()));
  ASSERT_TRUE(outside_.WaitForFetches(1));
  EXPECT_TRUE(idle.Ended());
  TcpClient later(address);
  EXPECT_TRUE(later.Ended()) << "a second time as long";
  ReleaseAway();
  EXPECT_EQ(kAway, Text(waits.NextMessage()));
  EXPECT_TRUE(waits.Ended()) << "idle again";
}

TEST_F(Late, OneConnectionHasOnlySoManyWaiting) {
  TcpClient client(Start());
  constexpr unsigned kQueries = 300;
  wire::Octets all;
  for (unsigned id = 0; id < kQueries; ++id) {
    const wire::Octets framed = TcpClient::Frame(Away(id));
    all.insert(all.end(), framed.begin(), framed.end());
  }
  client.Send(all);
  client.Fin();
  ASSERT_TRUE(outside_.WaitForFetches(128));
  EXPECT_EQ(kWeb, Text(UdpClient(server_->addresses()[0]).Ask({"web.z.test"}))) << "the thread is free";
  EXPECT_EQ(128u, outside_.fetches());
  EXPECT_EQ(128u, outside_.Release("away.example.net"));  // nothing is known: each asks once more
  outside_.Learn("away.example.net", "192.0.2.1");
  EXPECT_EQ(128u, outside_.Release("away.example.net"));
  std::set<unsigned> ids;
  for (unsigned i = 0; i < kQueries; ++i) {
    const auto message = client.NextMessage();
    ASSERT_TRUE(message) << i;
    EXPECT_EQ(kAway, Text(message));
    ids.insert(message->id);
  }
  EXPECT_EQ(kQueries, ids.size());
  EXPECT_TRUE(client.Ended());
}

TEST_F(Late, RoundsAreCounted) {
  UdpClient client(Start());
  client.Send(wire::Encode(Away()));
  for (std::size_t round = 1; round <= 5; ++round) {
    ASSERT_TRUE(outside_.WaitForFetches(round));
    EXPECT_FALSE(client.Readable(0)) << round;
    EXPECT_EQ(1u, outside_.Release("away.example.net"));
  }
  EXPECT_EQ("SERVFAIL", Text(wire::Message::Decode(client.Receive())));
  EXPECT_EQ(5u, outside_.fetches());
}

TEST_F(Late, TooManyAreRefused) {
  options_.deferred_max = 2;
  const std::string address = Start();
  UdpClient client(address);
  client.Send(wire::Encode(Away(1)));
  client.Send(wire::Encode(Away(2)));
  ASSERT_TRUE(outside_.WaitForFetches(2));
  const auto beyond = client.Ask(Away(3));
  EXPECT_EQ("SERVFAIL", Text(beyond));
  EXPECT_EQ(3u, beyond->id);
  TcpClient tcp(address);
  EXPECT_EQ("SERVFAIL", Text(tcp.Ask(Away(4))));
  EXPECT_EQ(2u, server_->totals().deferred_refused);
  EXPECT_EQ("SERVFAIL", Text(wire::Message::Decode(AskServer(Away(5)).get())));
  ReleaseAway();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(kAway, Text(wire::Message::Decode(client.Receive())));
  EXPECT_EQ(kAway, Text(tcp.Ask(Away(6))));
}

TEST_F(Late, ClientsMayBeGone) {
  const std::string address = Start();
  {
    UdpClient udp(address);
    udp.Send(wire::Encode(Away()));
    TcpClient tcp(address);
    tcp.Send(TcpClient::Frame(Away()));
    ASSERT_TRUE(outside_.WaitForFetches(2));
    const linger reset{1, 0};
    setsockopt(tcp.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  EXPECT_EQ(kWeb, Text(TcpClient(address).Ask({"web.z.test"})));
  ReleaseAway();
  EXPECT_EQ(kAway, Text(TcpClient(address).Ask(Away())));
}

TEST_F(Late, StopForgetsWhatDoesNotComeInTime) {
  const std::string address = Start();
  UdpClient udp(address);
  TcpClient tcp(address);
  udp.Send(wire::Encode(Away()));
  tcp.Send(TcpClient::Frame(Away()));
  auto asked = AskServer(Away());
  ASSERT_TRUE(outside_.WaitForFetches(3));
  server_->Stop(50ms);
  EXPECT_TRUE(tcp.Ended());
  EXPECT_EQ(std::future_status::ready, asked.wait_for(0s));
  EXPECT_TRUE(asked.get().empty());
  EXPECT_TRUE(AskServer({"web.z.test"}).get().empty()) << "nobody is there any more";
  server_.reset();
  options_.listen = {address};
  ServerSources sources{.outside = &outside_};
  Server next(zones_.view, options_, telemetry::MakeSilentLog(), sources);
  EXPECT_TRUE(next.Bind().ok()) << "the address is free though the outside still owes three answers";
  EXPECT_EQ(3u, outside_.ReleaseAll()) << "and now it comes, to nobody";
}

TEST_F(Late, StopWaitsForWhatIsUnderWay) {
  const std::string address = Start();
  UdpClient udp(address);
  TcpClient tcp(address);
  udp.Send(wire::Encode(Away()));
  tcp.Send(TcpClient::Frame(Away()));
  auto asked = AskServer(Away());
  ASSERT_TRUE(outside_.WaitForFetches(3));
  TcpClient idle(address);
  EXPECT_EQ(kWeb, Text(idle.Ask({"web.z.test"})));
  std::thread stopping([&] { server_->Stop(60s); });
  EXPECT_TRUE(idle.Ended()) << "it has begun to stop";
  ReleaseAway();
  EXPECT_EQ(kAway, Text(wire::Message::Decode(udp.Receive())));
  EXPECT_EQ(kAway, Text(tcp.NextMessage()));
  EXPECT_EQ(kAway, Text(wire::Message::Decode(asked.get())));
  stopping.join();
  EXPECT_TRUE(tcp.Ended());
}

TEST_F(Late, AskFromAnyThread) {
  options_.threads = 2;
  Start();
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) ASSERT_EQ(kWeb, Text(wire::Message::Decode(AskServer({"web.z.test"}).get())));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ("REFUSED", Text(wire::Message::Decode(AskServer({"z.test", "AXFR"}).get())));
  EXPECT_TRUE(AskServer({.name = "web.z.test", .flags = 0x8000}).get().empty()) << "silence";
  auto late = AskServer(Away());
  ASSERT_TRUE(outside_.WaitForFetches(1));
  ReleaseAway();
  EXPECT_EQ(kAway, Text(wire::Message::Decode(late.get())));
}

std::shared_ptr<const zone::ZoneSet> OneZone(std::uint64_t seed, const std::string& address) {
  const std::string text = "$TTL 300\n@ IN SOA ns hostmaster 1 2 3 4 5\n@ NS ns\nns A " + address + "\n";
  const zone::ReadZone read = zone::ReadZoneText(text, "static.test.zone", "static.test", seed);
  EXPECT_NE(nullptr, read.zone);
  return std::make_shared<zone::ZoneSet>(std::vector{read.zone}, seed);
}

TEST_F(Late, ZonesReachEveryThreadBeforeAndAfterStart) {
  options_.threads = 3;
  ServerSources sources{.outside = &outside_};
  server_ = std::make_unique<Server>(zones_.view, options_, telemetry::MakeSilentLog(), sources);
  const std::uint64_t seed = zones_.view.name_seed();
  server_->SetZones(OneZone(seed, "192.0.2.8"));
  ASSERT_TRUE(server_->Bind().ok());
  server_->SetZones(OneZone(seed, "192.0.2.9"));
  server_->Start();
  const auto ask = [&] { return Text(wire::Message::Decode(AskServer({"ns.static.test"}).get())); };
  for (int i = 0; i < 6; ++i) EXPECT_EQ("NOERROR aa\nns.static.test. 300 A 192.0.2.9", ask());
  // Deferred while it is a name of others, answered when it has become ours.
  server_->SetZones(nullptr);
  for (int i = 0; i < 3; ++i) ask();
  auto late = AskServer({.name = "ns.static.test", .flags = kRecursionDesired});
  ASSERT_TRUE(outside_.WaitForFetches(1));
  server_->SetZones(OneZone(seed, "192.0.2.10"));
  EXPECT_EQ(1u, outside_.ReleaseAll());
  EXPECT_EQ("NOERROR aa\nns.static.test. 300 A 192.0.2.10", Text(wire::Message::Decode(late.get())));
}

TEST_F(Late, ManyThreadsAtOnce) {
  options_.threads = 3;
  const std::string address = Start();
  std::atomic<bool> done{false};
  std::thread releasing([&] {
    while (!done) {
      if (outside_.AnswerAll("192.0.2.7") == 0) std::this_thread::yield();
    }
  });
  std::thread changing([&] {
    while (!done) {
      server_->SetZones(nullptr);
      server_->totals();
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> clients;
  for (unsigned c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] {
      TcpClient tcp(address);
      UdpClient udp(address);
      for (unsigned i = 0; i < 60; ++i) {
        const std::string name = "n" + std::to_string(c) + "-" + std::to_string(i) + ".example.net";
        const std::string want = "NOERROR\n" + name + ". 100 A 192.0.2.7";
        const wire::Ask ask{.name = name, .flags = kRecursionDesired, .id = i};
        if (i % 7 == 0) TcpClient(address).Send(TcpClient::Frame(ask));  // and goes
        if (i % 2 == 0) {
          tcp.Send(TcpClient::Frame(ask));
        } else {
          udp.Send(wire::Encode(ask));
        }
        EXPECT_EQ(want, Text(i % 2 == 0 ? tcp.NextMessage() : wire::Message::Decode(udp.Receive())));
      }
    });
  }
  for (std::thread& client : clients) client.join();
  done = true;
  releasing.join();
  changing.join();
  server_->Stop(5s);
}

}  // namespace
}  // namespace waypost::dns
