// TCP's manners: framing, pipelining, limits (RFC 7766).
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "dns/client.h"
#include "dns/zones.h"
#include "waypost/dns/server.h"

namespace waypost::dns {
namespace {

using namespace std::chrono_literals;

class Tcp : public testing::Test {
 protected:
  Tcp() {
    const auto zone = zones_.AddZone("z.test");
    zones_.RegisterMany(zones_.AddService(zone, "web", kA60), 0, 1);
    zones_.RegisterMany(zones_.AddService(zone, "many", kA60, {.tags = {{"waypost:answer-limit", "all"}}}), 1, 4000);
    zones_.Ready();
    options_.listen = {"127.0.0.1:0"};
  }
  std::string Start() {
    server_ = std::make_unique<Server>(zones_.view, options_, telemetry::MakeSilentLog());
    EXPECT_TRUE(server_->Bind().ok());
    server_->Start();
    return server_->addresses().at(0);
  }
  static bool Served(TcpClient& client) {
    return Text(client.Ask({"web.z.test"})) == "NOERROR aa\nweb.z.test. 60 A 10.0.0.0";
  }

  Zones zones_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

TEST_F(Tcp, AnySegmentation) {
  const std::string address = Start();
  wire::Octets both = TcpClient::Frame({.name = "web.z.test", .id = 7});
  const wire::Octets second = TcpClient::Frame({.name = "web.z.test", .id = 8});
  both.insert(both.end(), second.begin(), second.end());
  for (std::size_t step = 1; step <= both.size(); ++step) {
    TcpClient client(address);
    for (std::size_t at = 0; at < both.size(); at += step) {
      client.Send({both.begin() + static_cast<std::ptrdiff_t>(at),
                   both.begin() + static_cast<std::ptrdiff_t>(std::min(at + step, both.size()))});
    }
    for (const unsigned id : {7U, 8U}) {
      const auto message = client.NextMessage();
      ASSERT_TRUE(message) << step;
      EXPECT_EQ(id, message->id) << step;
    }
  }
}

TEST_F(Tcp, ManyQueriesInOneWriteAndFin) {
  TcpClient client(Start());
  wire::Octets all;
  for (unsigned id = 0; id < 2000; ++id) {
    const wire::Octets framed = TcpClient::Frame({.name = id % 3 == 0 ? "nowhere.z.test" : "web.z.test", .id = id});
    all.insert(all.end(), framed.begin(), framed.end());
  }
  client.Send(all);
  client.Fin();
  std::set<unsigned> ids;
  for (int i = 0; i < 2000; ++i) {
    const auto message = client.NextMessage();
    ASSERT_TRUE(message) << i;
    ids.insert(message->id);
  }
  EXPECT_EQ(2000u, ids.size());
  EXPECT_TRUE(client.Ended()) << "and then the server closes too";
}

TEST_F(Tcp, LargeAnswersToAClientThatReadsLate) {
  TcpClient client(Start());
  constexpr unsigned kQueries = 60;  // 64 kB each: more than any socket buffer
  for (unsigned id = 0; id < kQueries; ++id) client.Send(TcpClient::Frame({.name = "many.z.test", .id = id}));
  TcpClient other(server_->addresses()[0]);
  EXPECT_TRUE(Served(other)) << "a client that does not read holds up nobody";
  for (unsigned id = 0; id < kQueries; ++id) {
    const auto message = client.NextMessage();
    ASSERT_TRUE(message);
    EXPECT_EQ(id, message->id);
    EXPECT_EQ(4000u, message->answer.size());
  }
}

TEST_F(Tcp, HalfSentMessagesHoldUpNobody) {
  const std::string address = Start();
  std::vector<TcpClient> halves;
  const wire::Octets query = TcpClient::Frame({"web.z.test"});
  for (std::size_t i = 1; i < query.size(); ++i) {
    halves.emplace_back(address);
    halves.back().Send({query.begin(), query.begin() + static_cast<std::ptrdiff_t>(i)});
  }
  TcpClient client(address);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Served(client));
  for (std::size_t i = 1; i < query.size(); ++i) {
    halves[i - 1].Send({query.begin() + static_cast<std::ptrdiff_t>(i), query.end()});
    EXPECT_TRUE(halves[i - 1].NextMessage()) << i;
  }
}

TEST_F(Tcp, OddMessages) {
  TcpClient client(Start());
  client.Send({0, 0});                                                     // nothing at all
  client.Send(TcpClient::Frame(wire::Octets(11, 'x')));                    // less than a header
  client.Send(TcpClient::Frame({.name = "web.z.test", .flags = 0x8000}));  // a response
  client.Send(TcpClient::Frame(wire::Header(9, 0, {1, 0, 0, 0})));
  const auto broken = client.NextMessage();
  ASSERT_TRUE(broken);
  EXPECT_EQ(9u, broken->id) << "the others are silence";
  EXPECT_EQ("FORMERR", Text(broken));
  wire::Octets longest = wire::Encode({"web.z.test"});
  longest[11] = 1;  // one record, of all the octets that a message can have
  const std::size_t rest = 65535 - longest.size() - 11;
  for (const std::uint8_t octet : {0, 3, 232, 0, 1, 0, 0, 0, 0}) longest.push_back(octet);
  wire::Put16(longest, static_cast<unsigned>(rest));
  longest.resize(65535);
  client.Send(TcpClient::Frame(longest));
  EXPECT_EQ("NOERROR aa\nweb.z.test. 60 A 10.0.0.0", Text(client.NextMessage()));
  EXPECT_TRUE(Served(client));
}

TEST_F(Tcp, IdleConnectionsEnd) {
  options_.tcp_idle_timeout = 100ms;
  const std::string address = Start();
  TcpClient silent(address), served(address);
  EXPECT_TRUE(Served(served));
  EXPECT_TRUE(silent.Ended());
  EXPECT_TRUE(served.Ended());
}

TEST_F(Tcp, AHalfSentQueryEndsTheConnectionSoonerThanIdleness) {
  options_.tcp_idle_timeout = 60s;
  options_.tcp_query_timeout = 100ms;
  TcpClient client(Start());
  EXPECT_TRUE(Served(client));
  client.Send({0});
  EXPECT_TRUE(client.Ended());
}

TEST_F(Tcp, DribbledOctetsDoNotProlongAQuery) {
  options_.tcp_query_timeout = 100ms;
  TcpClient client(Start());
  client.Send({255, 255});
  const auto begun = std::chrono::steady_clock::now();
  // One octet every 10 ms: without the deadline this would go on for minutes.
  while (!client.Readable(10) && std::chrono::steady_clock::now() - begun < 10s) client.Send({0});
  EXPECT_TRUE(client.Ended());
}

TEST_F(Tcp, ConnectionCap) {
  options_.tcp_connections_max = 3;
  options_.threads = 2;  // the cap is of both together
  const std::string address = Start();
  std::vector<TcpClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(address);
    EXPECT_TRUE(Served(clients.back())) << i;
  }
  TcpClient beyond(address);
  EXPECT_TRUE(beyond.Ended());
  EXPECT_EQ(1u, server_->totals().tcp_refused);
  for (TcpClient& client : clients) EXPECT_TRUE(Served(client));
  clients.pop_back();
  // The server learns of the free place by itself.
  const auto until = std::chrono::steady_clock::now() + 10s;
  bool served = false;
  while (!served && std::chrono::steady_clock::now() < until) {
    TcpClient next(address);
    served = Served(next);
  }
  EXPECT_TRUE(served);
}

TEST_F(Tcp, ConnectionsOfOneClient) {
  options_.tcp_per_client_max = 2;
  options_.threads = 2;
  const std::string address = Start();
  std::vector<TcpClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back(address);
    EXPECT_TRUE(Served(clients.back())) << i;
  }
  TcpClient beyond(address);
  EXPECT_TRUE(beyond.Ended());
  EXPECT_EQ(1u, server_->totals().tcp_refused);
  TcpClient other(address, "127.0.0.2");
  EXPECT_TRUE(Served(other));
}

TEST_F(Tcp, StopSendsWhatIsUnderWay) {
  TcpClient client(Start());
  client.Send(TcpClient::Frame({"many.z.test"}));
  ASSERT_TRUE(client.Readable());
  server_->Stop(5s);
  const auto message = client.NextMessage();
  ASSERT_TRUE(message);
  EXPECT_EQ(4000u, message->answer.size());
  EXPECT_TRUE(client.Ended());
}

TEST_F(Tcp, StopDoesNotWaitForeverForAClientThatDoesNotRead) {
  TcpClient client(Start());
  for (int i = 0; i < 400; ++i)
    client.Send(TcpClient::Frame({"many.z.test"}));  // 25 MB of answers: no buffer takes them
  const auto begun = std::chrono::steady_clock::now();
  while (server_->totals().queries < 60 && std::chrono::steady_clock::now() - begun < 5s) std::this_thread::yield();
  server_->Stop(200ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 8s) << "less than the idle timeout";
}

}  // namespace
}  // namespace waypost::dns
