// The server with real sockets: addresses, UDP, threads, start and stop.
#include "waypost/dns/server.h"

#include <gmock/gmock.h>
#include <sys/syscall.h>

#include <fstream>
#include <thread>

#include "dns/client.h"
#include "dns/zones.h"

namespace waypost::dns {
namespace {

using model::Code;
using testing::HasSubstr;
using namespace std::chrono_literals;

ServerOptions On(const std::string& address, unsigned threads = 1) {
  ServerOptions options;
  options.listen = {address};
  options.threads = threads;
  return options;
}

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    zone_ = zones_.AddZone("z.test");
    web_ = zones_.AddService(zone_, "web", kA60, {.custom_health = true});
    zones_.RegisterMany(web_, 0, 2);
    zones_.RegisterMany(zones_.AddService(zone_, "many", kA60, {.tags = {{"waypost:answer-limit", "all"}}}), 1, 200);
    zones_.Ready();
  }
  std::unique_ptr<Server> Make(ServerOptions options) {
    return std::make_unique<Server>(zones_.view, std::move(options), telemetry::MakeSilentLog());
  }
  std::string Started(Server& server) {
    const auto bound = server.Bind();
    EXPECT_TRUE(bound.ok()) << bound.error().message;
    server.Start();
    return server.addresses().at(0);
  }
  model::Error BindError(ServerOptions options) {
    auto bound = Make(std::move(options))->Bind();
    EXPECT_FALSE(bound.ok());
    return bound.ok() ? model::Error{} : bound.error();
  }

  Zones zones_;
  model::NamespaceId zone_;
  model::ServiceId web_;
};

const std::string kWeb = "NOERROR aa\nweb.z.test. 60 A 10.0.0.0\nweb.z.test. 60 A 10.0.0.1";

TEST_F(ServerTest, UdpAndTcpOnOnePortByEveryThread) {
  for (const unsigned threads : {1U, 3U}) {
    auto server = Make(On("127.0.0.1:0", threads));
    const std::string address = Started(*server);
    // New sockets are spread over the threads by the kernel.
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(kWeb, Text(UdpClient(address).Ask({"web.z.test"})));
      EXPECT_EQ(kWeb, Text(TcpClient(address).Ask({"web.z.test"})));
    }
    server->Stop(5s);
    EXPECT_EQ(40u, server->totals().queries);
    EXPECT_EQ(40u, server->totals().rcodes[0]);
    EXPECT_EQ(20u, server->totals().tcp_accepted);
  }
}

TEST_F(ServerTest, SameAnswersOnBothTransports) {
  auto server = Make(On("127.0.0.1:0"));
  const std::string address = Started(*server);
  UdpClient udp(address);
  TcpClient tcp(address);
  const struct {
    wire::Ask ask;
    std::string want;
  } cases[] = {
      {{"web.z.test"}, kWeb},
      {{"z.test", "SOA"}, "NOERROR aa\nz.test. 15 SOA ns1.z.test. hostmaster.z.test. # 7200 900 1209600 15"},
      {{"z.test", "NS"}, "NOERROR aa\nz.test. 3600 NS ns1.z.test.\n+ ns1.z.test. 3600 A 127.0.0.1"},
      {{"web.z.test", "TYPE1000"}, "NOERROR aa\n> z.test. 15 SOA ns1.z.test. hostmaster.z.test. # 7200 900 1209600 15"},
      {{"nowhere.z.test"}, "NXDOMAIN aa\n> z.test. 15 SOA ns1.z.test. hostmaster.z.test. # 7200 900 1209600 15"},
      {{"www.example.net"}, "REFUSED"},
      {{"z.test", "AXFR"}, "REFUSED"},
      {{"web.z.test", "TYPE0"}, "FORMERR"},
      {{.name = "web.z.test", .edns = wire::Edns{.version = 1}}, "RCODE16"},
      {{.name = "web.z.test", .edns = wire::Edns{.flags = 0x8000}}, kWeb},
      {{.name = "web.z.test", .flags = 15U << 11}, "NOTIMP"},
      {{.name = "web.z.test", .flags = 4U << 11}, "NOTIMP"},
      {{.name = "web.z.test", .flags = 5U << 11}, "NOTIMP"},
      {{.name = "web.z.test", .klass = 3}, "REFUSED"},
      {{"servicediscovery.waypost.internal"}, "NOERROR aa\nservicediscovery.waypost.internal. 60 A 127.0.0.1"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.want, Text(udp.Ask(c.ask))) << c.ask.name << " " << c.ask.type;
    EXPECT_EQ(c.want, Text(tcp.Ask(c.ask))) << c.ask.name << " " << c.ask.type;
  }
  EXPECT_TRUE(udp.Ask({"many.z.test"})->tc());
  const auto whole = tcp.Ask({"many.z.test"});
  EXPECT_FALSE(whole->tc());
  EXPECT_EQ(200u, whole->answer.size());
}

TEST_F(ServerTest, UdpSilenceDoesNotEndTheService) {
  auto server = Make(On("127.0.0.1:0"));
  const std::string address = Started(*server);
  UdpClient udp(address);
  udp.Send(wire::Octets(11, 'x'));
  udp.Send(wire::Encode({.name = "web.z.test", .flags = 0x8000}));
  for (int i = 0; i < 50; ++i) {
    UdpClient gone(address);  // its answer comes back as an ICMP message
    gone.Send(wire::Encode({"web.z.test"}));
  }
  udp.Send(wire::Octets(9000, 'x'));
  const auto message = udp.Ask({.name = "web.z.test", .id = 7});
  // The first datagram that is answered at all is the long one, cut short by our buffer, or it is silence.
  ASSERT_TRUE(message);
  EXPECT_EQ(kWeb, Text(message->id == 7 ? message : wire::Message::Decode(udp.Receive())));
  server->Stop(5s);
  EXPECT_GE(server->totals().dropped, 2u);
}

TEST_F(ServerTest, AnswersFromTheAddressThatWasAsked) {
  auto server = Make(On("0.0.0.0:0", 2));
  const Endpoint any = Endpoint::Parse(Started(*server)).value();
  for (const char* host : {"127.0.0.1", "127.0.0.2", "127.1.2.3"}) {
    // A connected socket takes nothing from any other address.
    const std::string address = Endpoint{Ip(host), any.port}.str();
    const std::string want = std::string("NOERROR aa\nns1.z.test. 3600 A ") + host;
    EXPECT_EQ(want, Text(UdpClient(address).Ask({"ns1.z.test"})));
    EXPECT_EQ(want, Text(TcpClient(address).Ask({"ns1.z.test"})));
  }
}

TEST_F(ServerTest, Ipv6) {
  auto server = Make(On("[::]:0"));
  if (const auto bound = server->Bind(); !bound.ok()) GTEST_SKIP() << "no IPv6 here: " << bound.error().message;
  server->Start();
  const std::string address = Endpoint{Ip("::1"), Endpoint::Parse(server->addresses()[0]).value().port}.str();
  if (!TcpClient(address).connected()) GTEST_SKIP() << "no IPv6 loopback here";
  EXPECT_EQ("NOERROR aa\nns1.z.test. 3600 AAAA ::1", Text(UdpClient(address).Ask({"ns1.z.test", "AAAA"})));
  EXPECT_EQ("NOERROR aa\nns1.z.test. 3600 AAAA ::1", Text(TcpClient(address).Ask({"ns1.z.test", "AAAA"})));
}

TEST_F(ServerTest, SeveralAddresses) {
  ServerOptions options = On("127.0.0.1:0", 2);
  options.listen.push_back("127.0.0.2:0");
  auto server = Make(options);
  Started(*server);
  ASSERT_EQ(2u, server->addresses().size());
  for (const std::string& address : server->addresses()) EXPECT_EQ(kWeb, Text(UdpClient(address).Ask({"web.z.test"})));
}

TEST_F(ServerTest, AddressInUse) {
  for (const unsigned threads : {1U, 2U}) {
    auto first = Make(On("127.0.0.1:0", threads));
    const std::string address = Started(*first);
    const model::Error error = BindError(On(address, threads));
    EXPECT_EQ(Code::kInUse, error.code);
    EXPECT_THAT(error.message, HasSubstr(address));
    EXPECT_EQ(std::string::npos, error.message.find('\n'));
    first->Stop(5s);
    first.reset();
    auto again = Make(On(address, threads));
    EXPECT_TRUE(again->Bind().ok()) << "free again";
  }
}

TEST_F(ServerTest, WrongConfiguration) {
  const auto config_error = [&](const ServerOptions& options, const char* part) {
    const model::Error error = BindError(options);
    EXPECT_EQ(Code::kConfig, error.code) << error.message;
    EXPECT_THAT(error.message, HasSubstr(part));
  };
  for (const char* bad : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:5x", ":53",
                          "localhost:53", "::1:53", "[127.0.0.1]:53"}) {
    config_error(On(bad), "ADDRESS:PORT");
  }
  config_error(On("192.0.2.1:5300"), "not an address of this machine");
  config_error(On("127.0.0.1:0", 0), "threads");
  config_error(On("127.0.0.1:0", 257), "threads");
  ServerOptions options = On("127.0.0.1:0");
  options.answers.api_name = "a..b";
  config_error(options, "a..b");
  options = On("127.0.0.1:0");
  options.answers.private_networks = {{"10.0.0.0/33"}};
  config_error(options, "10.0.0.0/33");
  options = On("127.0.0.1:0");
  options.answers.nameservers = {"x" + std::string(64, 'y')};
  config_error(options, "name server");
  options = On("127.0.0.1:0");
  options.answers.api_addresses = {"1.2.3"};
  config_error(options, "1.2.3");
}

TEST_F(ServerTest, NoPermission) {
  std::ifstream setting("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  int first_free = 1024;
  setting >> first_free;
  if (first_free <= 1) GTEST_SKIP() << "every port is free for all here";
  model::Error error;
  std::thread([&] {
    // The bare system call changes this thread alone, which then ends.
    if (geteuid() == 0) syscall(SYS_setresuid, 65534, 65534, 65534);
    error = BindError(On("127.0.0.1:1"));
  }).join();
  EXPECT_EQ(Code::kPermission, error.code);
  for (const char* part : {"127.0.0.1:1", "setcap", "systemd", "sysctl"}) EXPECT_THAT(error.message, HasSubstr(part));
}

TEST_F(ServerTest, StopTwiceAndWithoutStart) {
  auto server = Make(On("127.0.0.1:0"));
  server->Stop(1s);
  ASSERT_TRUE(server->Bind().ok());
  server->Stop(1s);
  auto started = Make(On("127.0.0.1:0", 2));
  Started(*started);
  started->Stop(5s);
  started->Stop(5s);
}

TEST_F(ServerTest, StopCutsIdleConnectionsAtOnce) {
  auto server = Make(On("127.0.0.1:0"));
  const std::string address = Started(*server);
  TcpClient idle(address), half(address);
  EXPECT_EQ(kWeb, Text(idle.Ask({"web.z.test"})));
  half.Send({0});
  EXPECT_EQ(kWeb, Text(UdpClient(address).Ask({"web.z.test"})));
  const auto begun = std::chrono::steady_clock::now();
  server->Stop(60s);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 30s);
  EXPECT_TRUE(idle.Ended());
  EXPECT_TRUE(half.Ended());
}

TEST_F(ServerTest, AnswersWhileTheViewChanges) {
  auto server = Make(On("127.0.0.1:0", 2));
  const std::string address = Started(*server);
  std::atomic<bool> done{false};
  std::thread editor([&] {
    for (unsigned i = 0; !done; ++i) {
      zones_.SetHealth(web_, "i0", i % 2 == 0 ? model::HealthState::kUnhealthy : model::HealthState::kHealthy);
      const auto service = zones_.AddService(zone_, "s" + std::to_string(i), kA60);
      zones_.Register(service, "x", {{"AWS_INSTANCE_IPV4", "10.9.9.9"}});
      view::Edit(zones_.view).EraseInstance(service, "x", 1'000'000 + i);
      view::Edit(zones_.view).EraseService(service, 1'000'000 + i);
    }
  });
  const std::string one = "NOERROR aa\nweb.z.test. 60 A 10.0.0.1";
  UdpClient udp(address);
  TcpClient tcp(address);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = Text(i % 2 == 0 ? udp.Ask({"web.z.test"}) : tcp.Ask({"web.z.test"}));
    ASSERT_TRUE(text == one || text == kWeb) << text;
  }
  done = true;
  editor.join();
}

}  // namespace
}  // namespace waypost::dns
