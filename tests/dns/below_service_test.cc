// Names that every service has below it: RFC 2782's, _status, and reverse zones.
#include <gtest/gtest.h>

#include "dns/zones.h"

namespace waypost::dns {
namespace {

const std::string kNegative = "\n> kouzie.com. 15 SOA ns1.kouzie.com. hostmaster.kouzie.com. # 7200 900 1209600 15";

class BelowService : public ::testing::Test {
 protected:
  BelowService() {
    zones_.view.EnableReverse();
    const auto kouzie = zones_.AddZone("kouzie.com");
    const auto backend = zones_.AddService(kouzie, "backend", kA60, {.custom_health = true});
    zones_.Register(backend, "web-1", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}});
    zones_.Register(backend, "web-2", {{"AWS_INSTANCE_IPV4", "10.0.0.2"}, {"AWS_INSTANCE_PORT", "8080"}});
    zones_.Register(backend, "no-port", {{"AWS_INSTANCE_IPV4", "10.0.0.3"}});
    zones_.Register(backend, "down", {{"AWS_INSTANCE_IPV4", "10.0.0.4"}, {"AWS_INSTANCE_PORT", "80"}});
    zones_.SetHealth(backend, "down", model::HealthState::kUnhealthy);
    const auto srv = zones_.AddService(kouzie, "api", kSrv20);
    zones_.Register(srv, "a", {{"AWS_INSTANCE_IPV4", "10.0.1.1"}, {"AWS_INSTANCE_PORT", "1"}});
    zones_.Register(zones_.AddService(kouzie, "plain", kA60), "p", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
    zones_.AddService(kouzie, "empty", kA60);
    const auto corp = zones_.AddZone("corp.internal", model::NamespaceType::kDnsPrivate);
    zones_.Register(zones_.AddService(corp, "db", kBoth), "i",
                    {{"AWS_INSTANCE_IPV4", "10.9.0.1"}, {"AWS_INSTANCE_IPV6", "2001:db8::1"}});
    zones_.Ready();
  }
  std::string Ask(const std::string& name, const std::string& type, const char* client = "127.0.0.1",
                  const AnswerOptions& options = {}) {
    Asking asking(zones_, options);
    asking.asker.client = Ip(client);
    asking.asker.transport = Transport::kTcp;
    return Text(asking.Message({name, type}));
  }
  Zones zones_;
};

TEST_F(BelowService, PortsOfAServiceWithoutSrvRecords) {
  const std::string one = "_http._tcp.backend.kouzie.com. 60 SRV 1 1 80 web-1._tcp.backend.kouzie.com.";
  const std::string two = "_http._tcp.backend.kouzie.com. 60 SRV 1 1 8080 web-2._tcp.backend.kouzie.com.";
  const std::string addresses =
      "\n+ web-1._tcp.backend.kouzie.com. 60 A 10.0.0.1\n+ web-2._tcp.backend.kouzie.com. 60 A 10.0.0.2";
  EXPECT_EQ("NOERROR aa\n" + one + "\n" + two + addresses, Ask("_http._tcp.backend.kouzie.com", "SRV"));
  EXPECT_EQ(
      "NOERROR aa\n_8080._tcp.backend.kouzie.com. 60 SRV 1 1 8080 web-2._tcp.backend.kouzie.com.\n"
      "+ web-2._tcp.backend.kouzie.com. 60 A 10.0.0.2",
      Ask("_8080._tcp.backend.kouzie.com", "SRV"));
  EXPECT_EQ("NOERROR aa\nweb-1._tcp.backend.kouzie.com. 60 A 10.0.0.1", Ask("web-1._tcp.backend.kouzie.com", "A"));
}

TEST_F(BelowService, PortsOfAServiceWithSrvRecordsLeadToItsTargets) {
  EXPECT_EQ("NOERROR aa\n_http._tcp.api.kouzie.com. 20 SRV 1 1 1 a.api.kouzie.com.\n+ a.api.kouzie.com. 20 A 10.0.1.1",
            Ask("_http._tcp.api.kouzie.com", "SRV"));
}

TEST_F(BelowService, NothingThatIsThereIsNxDomain) {
  for (const char* name : {"_tcp.backend.kouzie.com", "_udp.backend.kouzie.com", "_http._tcp.empty.kouzie.com",
                           "_81._tcp.backend.kouzie.com", "_http._tcp.plain.kouzie.com"}) {
    EXPECT_EQ("NOERROR aa" + kNegative, Ask(name, "SRV")) << name;
  }
  EXPECT_EQ("NOERROR aa" + kNegative, Ask("_http._tcp.backend.kouzie.com", "A"));
  for (const char* name : {"_http._tcp.missing.kouzie.com", "http._tcp.backend.kouzie.com", "_._tcp.backend.kouzie.com",
                           "_http._sctp.backend.kouzie.com", "nobody._tcp.backend.kouzie.com"}) {
    EXPECT_EQ("NXDOMAIN aa" + kNegative, Ask(name, "SRV")) << name;
  }
}

TEST_F(BelowService, StatusForThoseWhoMay) {
  EXPECT_EQ(
      "NOERROR aa\n_status.backend.kouzie.com. 0 TXT \"down: not answered, UNHEALTHY\""
      "\n_status.backend.kouzie.com. 0 TXT \"instances=4 healthy=3 answered=3\""
      "\n_status.backend.kouzie.com. 0 TXT \"no-port: answered, HEALTHY\""
      "\n_status.backend.kouzie.com. 0 TXT \"web-1: answered, HEALTHY\""
      "\n_status.backend.kouzie.com. 0 TXT \"web-2: answered, HEALTHY\"",
      Ask("_status.backend.kouzie.com", "TXT"));
  EXPECT_EQ("NXDOMAIN aa" + kNegative, Ask("_status.backend.kouzie.com", "TXT", "192.0.2.1"));
  EXPECT_EQ("NXDOMAIN aa" + kNegative, Ask("_status.backend.kouzie.com", "TXT", "127.0.0.1",
                                           {.status_networks = std::vector<std::string>{"10.0.0.0/8"}}));
  EXPECT_EQ("NOERROR aa" + kNegative, Ask("_status.backend.kouzie.com", "A"));
  EXPECT_EQ("NXDOMAIN aa" + kNegative, Ask("_status.missing.kouzie.com", "TXT"));
}

TEST_F(BelowService, ReverseZones) {
  const AnswerOptions options{.reverse_networks = {"10.0.0.0/8", "2001:db8::/32"}};
  const std::string negative =
      "\n> 10.in-addr.arpa. 60 SOA ns1.10.in-addr.arpa. hostmaster.10.in-addr.arpa. # 7200 900 1209600 60";
  EXPECT_EQ(
      "NOERROR aa\n1.0.0.10.in-addr.arpa. 60 PTR backend.kouzie.com.\n1.0.0.10.in-addr.arpa. 60 PTR plain.kouzie.com.",
      Ask("1.0.0.10.in-addr.arpa", "PTR", "127.0.0.1", options));
  EXPECT_EQ("NXDOMAIN aa" + negative, Ask("99.0.0.10.in-addr.arpa", "PTR", "127.0.0.1", options));
  EXPECT_EQ("NOERROR aa" + negative, Ask("0.10.in-addr.arpa", "PTR", "127.0.0.1", options));
  EXPECT_EQ("NOERROR aa\n1.0.9.10.in-addr.arpa. 30 PTR db.corp.internal.",
            Ask("1.0.9.10.in-addr.arpa", "PTR", "10.1.1.1", options));
  EXPECT_EQ("NXDOMAIN aa" + negative, Ask("1.0.9.10.in-addr.arpa", "PTR", "192.0.2.1", options)) << "private";
  EXPECT_EQ(
      "NOERROR aa\n1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 30 PTR "
      "db.corp.internal.",
      Ask("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "PTR", "10.1.1.1", options));
  EXPECT_EQ("REFUSED", Ask("1.0.0.10.in-addr.arpa", "PTR")) << "only when it is switched on";
  EXPECT_EQ("REFUSED", Ask("1.0.0.11.in-addr.arpa", "PTR", "127.0.0.1", options));
}

}  // namespace
}  // namespace waypost::dns
