// What a name is answered with, in presentation form.
#include <gtest/gtest.h>

#include "dns/zones.h"

namespace waypost::dns {
namespace {

using model::NamespaceType;

const std::string kNegative = "\n> kouzie.com. 15 SOA ns1.kouzie.com. hostmaster.kouzie.com. # 7200 900 1209600 15";
const std::string kApiSoa =
    "servicediscovery.waypost.internal. 60 SOA servicediscovery.waypost.internal. "
    "hostmaster.servicediscovery.waypost.internal. # 7200 900 1209600 60";

void FillServers(Zones& zones, const model::NamespaceId& kouzie) {
  const auto http = zones.AddService(kouzie, "_http._tcp", kSrv20);
  zones.Register(http, "web-1",
                 {{"AWS_INSTANCE_IPV4", "10.0.1.1"}, {"AWS_INSTANCE_PORT", "8080"}, {"WAYPOST_WEIGHT", "7"}});
  zones.Register(http, "Web.Two", {{"AWS_INSTANCE_IPV6", "2001:db8::2"}, {"AWS_INSTANCE_PORT", "81"}});
  const auto one = zones.AddService(kouzie, "odd", kSrv20, {.custom_health = true});
  zones.Register(one, "a/b", {{"AWS_INSTANCE_IPV4", "10.0.2.1"}, {"AWS_INSTANCE_PORT", "1"}});
  zones.Register(one, "down", {{"AWS_INSTANCE_IPV4", "10.0.2.2"}, {"AWS_INSTANCE_PORT", "1"}});
  zones.SetHealth(one, "down", model::HealthState::kUnhealthy);
  const auto twins = zones.AddService(kouzie, "twins", kSrv20);
  zones.Register(twins, "x", {{"AWS_INSTANCE_IPV4", "10.0.3.1"}, {"AWS_INSTANCE_PORT", "1"}});
  zones.Register(twins, "X", {{"AWS_INSTANCE_IPV4", "10.0.3.2"}, {"AWS_INSTANCE_PORT", "1"}});
}

void FillCnames(Zones& zones, const model::NamespaceId& kouzie) {
  const auto cname = [&](const std::string& name, const std::string& target) {
    zones.Register(zones.AddWeighted(kouzie, name, kCname25), "i", {{"AWS_INSTANCE_CNAME", target}});
  };
  cname("to-backend", "Backend.kouzie.com");
  cname("to-child", "backend.child.kouzie.com");
  cname("to-missing", "missing.kouzie.com");
  cname("to-empty", "empty.kouzie.com");
  cname("to-outside", "www.example.net");
  cname("to-private", "db.corp.internal");
  cname("loop-a", "loop-b.kouzie.com");
  cname("loop-b", "loop-a.kouzie.com");
  cname("self", "self.kouzie.com");
  for (int i = 0; i < 10; ++i) cname("hop" + std::to_string(i), "hop" + std::to_string(i + 1) + ".kouzie.com");
  zones.AddWeighted(kouzie, "no-cname", kCname25);
}

void FillAliases(Zones& zones, const model::NamespaceId& kouzie) {
  const auto alias = [&](const std::string& name, const std::string& target) {
    zones.Register(zones.AddWeighted(kouzie, name, kBoth), "i", {{"AWS_ALIAS_DNS_NAME", target}});
  };
  alias("alias-both", "both.kouzie.com");
  alias("alias-cname", "to-backend.kouzie.com");
  alias("alias-target", "web-1._http._tcp.kouzie.com");
  alias("alias-outside", "lb.example.net");
  alias("alias-missing", "missing.kouzie.com");
  alias("alias-loop", "alias-loop.kouzie.com");
}

void Fill(Zones& zones) {
  const auto kouzie = zones.AddZone("kouzie.com");
  const auto backend = zones.AddService(kouzie, "backend", kA60);
  for (int i = 1; i <= 3; ++i) {
    zones.Register(backend, "b" + std::to_string(i), {{"AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(i)}});
  }
  zones.Register(zones.AddService(kouzie, "both", kBoth), "i",
                 {{"AWS_INSTANCE_IPV4", "10.0.4.1"}, {"AWS_INSTANCE_IPV6", "2001:db8::1"}});
  zones.AddService(kouzie, "empty", kA60);
  zones.AddService(kouzie, "api-only", {});
  zones.AddService(kouzie, "a.deep.name", kA60);
  FillServers(zones, kouzie);
  FillCnames(zones, kouzie);
  FillAliases(zones, kouzie);
  zones.Register(zones.AddService(kouzie, "hidden.child", kA60), "i", {{"AWS_INSTANCE_IPV4", "10.0.8.1"}});
  const auto child = zones.AddZone("child.kouzie.com");
  zones.Register(zones.AddService(child, "backend", kA60), "i", {{"AWS_INSTANCE_IPV4", "10.0.9.1"}});
  const auto corp = zones.AddZone("corp.internal", NamespaceType::kDnsPrivate);
  zones.Register(zones.AddService(corp, "db", kA60), "i", {{"AWS_INSTANCE_IPV4", "10.0.10.1"}});
  for (const auto type : {NamespaceType::kDnsPublic, NamespaceType::kDnsPrivate}) {
    const auto split = zones.AddZone("split.example", type);
    const bool inside = type == NamespaceType::kDnsPrivate;
    zones.Register(zones.AddService(split, "www", kA60), "i",
                   {{"AWS_INSTANCE_IPV4", inside ? "10.0.11.1" : "192.0.2.1"}});
  }
  zones.AddZone("web", NamespaceType::kHttp);
  zones.Ready();
}

struct Case {
  const char* name;
  wire::Ask query;
  std::string want;
};

void Check(const std::vector<Case>& cases, const char* client, const AnswerOptions& options = {}) {
  Zones zones;
  Fill(zones);
  Asking asking(zones, options);
  asking.asker.client = Ip(client);
  for (const Case& c : cases) {
    for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
      asking.asker.transport = transport;
      EXPECT_EQ(c.want, Text(asking.Message(c.query))) << c.name << ": " << c.query.name << " " << c.query.type;
    }
  }
}

TEST(Answers, Addresses) {
  Check(
      {
          {"all of a small set",
           {"backend.kouzie.com"},
           "NOERROR aa\nbackend.kouzie.com. 60 A 10.0.0.1\nbackend.kouzie.com. 60 A 10.0.0.2\nbackend.kouzie.com. 60 A "
           "10.0.0.3"},
          {"case is kept in the owner",
           {"BackEnd.Kouzie.COM"},
           "NOERROR aa\nBackEnd.Kouzie.COM. 60 A 10.0.0.1\nBackEnd.Kouzie.COM. 60 A 10.0.0.2\nBackEnd.Kouzie.COM. 60 A "
           "10.0.0.3"},
          {"each type has its TTL", {"both.kouzie.com"}, "NOERROR aa\nboth.kouzie.com. 30 A 10.0.4.1"},
          {"each type has its TTL", {"both.kouzie.com", "AAAA"}, "NOERROR aa\nboth.kouzie.com. 40 AAAA 2001:db8::1"},
          {"ANY is one set", {"both.kouzie.com", "ANY"}, "NOERROR aa\nboth.kouzie.com. 30 A 10.0.4.1"},
          {"the longest zone", {"backend.child.kouzie.com"}, "NOERROR aa\nbackend.child.kouzie.com. 60 A 10.0.9.1"},
      },
      "192.0.2.7");
}

TEST(Answers, Negative) {
  const std::string child =
      "\n> child.kouzie.com. 15 SOA ns1.child.kouzie.com. hostmaster.child.kouzie.com. # 7200 900 1209600 15";
  Check(
      {
          {"no such name", {"nowhere.kouzie.com"}, "NXDOMAIN aa" + kNegative},
          {"far below", {"a.b.c.nowhere.kouzie.com", "MX"}, "NXDOMAIN aa" + kNegative},
          {"below an A service", {"b1.backend.kouzie.com"}, "NXDOMAIN aa" + kNegative},
          {"type absent", {"backend.kouzie.com", "AAAA"}, "NOERROR aa" + kNegative},
          {"unknown type", {"backend.kouzie.com", "TYPE1000"}, "NOERROR aa" + kNegative},
          {"no instances", {"empty.kouzie.com"}, "NOERROR aa" + kNegative},
          {"no instances, ANY", {"empty.kouzie.com", "ANY"}, "NOERROR aa" + kNegative},
          {"no instances of a CNAME", {"no-cname.kouzie.com"}, "NOERROR aa" + kNegative},
          {"not in DNS", {"api-only.kouzie.com"}, "NXDOMAIN aa" + kNegative},
          {"empty non-terminal", {"_tcp.kouzie.com"}, "NOERROR aa" + kNegative},
          {"empty non-terminals", {"deep.name.kouzie.com", "SRV"}, "NOERROR aa" + kNegative},
          {"empty non-terminals", {"name.kouzie.com"}, "NOERROR aa" + kNegative},
          {"beside an empty non-terminal", {"x._tcp.kouzie.com"}, "NXDOMAIN aa" + kNegative},
          {"occluded by a longer zone", {"hidden.child.kouzie.com"}, "NXDOMAIN aa" + child},
          {"DS at the apex of a zone below another", {"child.kouzie.com", "DS"}, "NOERROR aa" + kNegative},
          {"DS where the parent is not ours", {"kouzie.com", "DS"}, "NOERROR aa" + kNegative},
      },
      "192.0.2.7");
}

TEST(Answers, Apex) {
  Check(
      {
          {"SOA",
           {"kouzie.com", "SOA"},
           "NOERROR aa\nkouzie.com. 15 SOA ns1.kouzie.com. hostmaster.kouzie.com. # 7200 900 1209600 15"},
          {"ANY",
           {"kouzie.com", "ANY"},
           "NOERROR aa\nkouzie.com. 15 SOA ns1.kouzie.com. hostmaster.kouzie.com. # 7200 900 1209600 15"},
          {"NS",
           {"kouzie.com", "NS"},
           "NOERROR aa\nkouzie.com. 3600 NS ns1.kouzie.com.\n+ ns1.kouzie.com. 3600 A 127.0.0.53"},
          {"address", {"kouzie.com"}, "NOERROR aa" + kNegative},
          {"its server", {"ns1.kouzie.com"}, "NOERROR aa\nns1.kouzie.com. 3600 A 127.0.0.53"},
          {"its server's other family", {"ns1.kouzie.com", "AAAA"}, "NOERROR aa" + kNegative},
      },
      "192.0.2.7");
  AnswerOptions options;
  options.nameservers = {"a.dns.example", "b.kouzie.com"};
  Check(
      {
          {"configured NS",
           {"kouzie.com", "NS"},
           "NOERROR aa\nkouzie.com. 3600 NS a.dns.example.\nkouzie.com. 3600 NS b.kouzie.com."},
          {"configured SOA",
           {"kouzie.com", "SOA"},
           "NOERROR aa\nkouzie.com. 15 SOA a.dns.example. hostmaster.kouzie.com. # 7200 900 1209600 15"},
          {"no invented server",
           {"ns1.kouzie.com"},
           "NXDOMAIN aa\n> kouzie.com. 15 SOA a.dns.example. hostmaster.kouzie.com. # 7200 900 1209600 15"},
      },
      "192.0.2.7", options);
}

TEST(Answers, Servers) {
  Check(
      {
          {"weights, targets, addresses",
           {"_http._tcp.kouzie.com", "SRV"},
           "NOERROR aa\n_http._tcp.kouzie.com. 20 SRV 1 1 81 Web.Two._http._tcp.kouzie.com."
           "\n_http._tcp.kouzie.com. 20 SRV 1 7 8080 web-1._http._tcp.kouzie.com."
           "\n+ Web.Two._http._tcp.kouzie.com. 20 AAAA 2001:db8::2\n+ web-1._http._tcp.kouzie.com. 20 A 10.0.1.1"},
          {"a target", {"web-1._http._tcp.kouzie.com"}, "NOERROR aa\nweb-1._http._tcp.kouzie.com. 20 A 10.0.1.1"},
          {"in any case", {"WEB-1._http._tcp.kouzie.com"}, "NOERROR aa\nWEB-1._http._tcp.kouzie.com. 20 A 10.0.1.1"},
          {"ANY", {"web-1._http._tcp.kouzie.com", "ANY"}, "NOERROR aa\nweb-1._http._tcp.kouzie.com. 20 A 10.0.1.1"},
          {"ANY of IPv6 alone",
           {"web.two._http._tcp.kouzie.com", "ANY"},
           "NOERROR aa\nweb.two._http._tcp.kouzie.com. 20 AAAA 2001:db8::2"},
          {"type absent", {"web-1._http._tcp.kouzie.com", "AAAA"}, "NOERROR aa" + kNegative},
          {"of several labels",
           {"web.two._http._tcp.kouzie.com", "AAAA"},
           "NOERROR aa\nweb.two._http._tcp.kouzie.com. 20 AAAA 2001:db8::2"},
          {"empty non-terminal of a target", {"TWO._http._tcp.kouzie.com"}, "NOERROR aa" + kNegative},
          {"no target", {"web._http._tcp.kouzie.com"}, "NXDOMAIN aa" + kNegative},
          {"below a target", {"x.web-1._http._tcp.kouzie.com"}, "NXDOMAIN aa" + kNegative},
          {"an unhealthy target still has its address",
           {"down.odd.kouzie.com"},
           "NOERROR aa\ndown.odd.kouzie.com. 20 A 10.0.2.2"},
          {"ids that differ in case share a name",
           {"x.twins.kouzie.com"},
           "NOERROR aa\nx.twins.kouzie.com. 20 A 10.0.3.1\nx.twins.kouzie.com. 20 A 10.0.3.2"},
          {"an address type at the service", {"_http._tcp.kouzie.com", "A"}, "NOERROR aa" + kNegative},
      },
      "192.0.2.7");
}

TEST(Answers, TargetOfAnIdThatIsNoHostName) {
  Zones zones;
  Fill(zones);
  Asking asking(zones);
  const auto servers = asking.Message({"odd.kouzie.com", "SRV"});
  ASSERT_TRUE(servers);
  ASSERT_EQ(1u, servers->answer.size()) << "the unhealthy one is not answered";
  const std::string target = servers->answer[0].data.substr(servers->answer[0].data.rfind(' ') + 1);
  EXPECT_EQ(0u, target.find("i-"));
  EXPECT_EQ("NOERROR aa\n" + target + " 20 A 10.0.2.1", Text(asking.Message({target, "A"})));
  std::string upper = target;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ("NOERROR aa\n" + upper + " 20 A 10.0.2.1", Text(asking.Message({upper, "A"})));
  std::string other = target;
  other[10] = other[10] == 'a' ? 'b' : 'a';
  EXPECT_EQ("NXDOMAIN aa" + kNegative, Text(asking.Message({other, "A"})));
}

TEST(Answers, Cnames) {
  const std::string backend =
      "\nbackend.kouzie.com. 60 A 10.0.0.1\nbackend.kouzie.com. 60 A 10.0.0.2\nbackend.kouzie.com. 60 A 10.0.0.3";
  const std::string loop =
      "NOERROR aa\nloop-a.kouzie.com. 25 CNAME loop-b.kouzie.com.\nloop-b.kouzie.com. 25 CNAME loop-a.kouzie.com.";
  std::string hops = "NOERROR aa";
  for (int i = 0; i < 8; ++i) {
    hops += "\nhop" + std::to_string(i) + ".kouzie.com. 25 CNAME hop" + std::to_string(i + 1) + ".kouzie.com.";
  }
  Check(
      {
          {"followed",
           {"to-backend.kouzie.com"},
           "NOERROR aa" + backend + "\nto-backend.kouzie.com. 25 CNAME backend.kouzie.com."},
          {"asked for itself",
           {"to-backend.kouzie.com", "CNAME"},
           "NOERROR aa\nto-backend.kouzie.com. 25 CNAME backend.kouzie.com."},
          {"ANY", {"to-backend.kouzie.com", "ANY"}, "NOERROR aa\nto-backend.kouzie.com. 25 CNAME backend.kouzie.com."},
          {"into another zone",
           {"to-child.kouzie.com"},
           "NOERROR aa\nbackend.child.kouzie.com. 60 A 10.0.9.1\nto-child.kouzie.com. 25 CNAME "
           "backend.child.kouzie.com."},
          {"the last name's rcode",
           {"to-missing.kouzie.com"},
           "NXDOMAIN aa\nto-missing.kouzie.com. 25 CNAME missing.kouzie.com." + kNegative},
          {"the last name's NODATA",
           {"to-empty.kouzie.com"},
           "NOERROR aa\nto-empty.kouzie.com. 25 CNAME empty.kouzie.com." + kNegative},
          {"type absent at the target",
           {"to-backend.kouzie.com", "MX"},
           "NOERROR aa\nto-backend.kouzie.com. 25 CNAME backend.kouzie.com." + kNegative},
          {"out of our zones",
           {"to-outside.kouzie.com"},
           "NOERROR aa\nto-outside.kouzie.com. 25 CNAME www.example.net."},
          {"to where the client may not look",
           {"to-private.kouzie.com"},
           "NOERROR aa\nto-private.kouzie.com. 25 CNAME db.corp.internal."},
          {"a loop", {"loop-a.kouzie.com"}, loop},
          {"the shortest loop", {"self.kouzie.com"}, "NOERROR aa\nself.kouzie.com. 25 CNAME self.kouzie.com."},
          {"eight in a row at most", {"hop0.kouzie.com"}, hops},
      },
      "192.0.2.7");
}

TEST(Answers, Aliases) {
  Check(
      {
          {"the target's TTL", {"alias-both.kouzie.com"}, "NOERROR aa\nalias-both.kouzie.com. 30 A 10.0.4.1"},
          {"the target's other type",
           {"alias-both.kouzie.com", "AAAA"},
           "NOERROR aa\nalias-both.kouzie.com. 40 AAAA 2001:db8::1"},
          {"through a CNAME",
           {"alias-cname.kouzie.com"},
           "NOERROR aa\nalias-cname.kouzie.com. 60 A 10.0.0.1\nalias-cname.kouzie.com. 60 A "
           "10.0.0.2\nalias-cname.kouzie.com. 60 A 10.0.0.3"},
          {"the target has no such type", {"alias-cname.kouzie.com", "AAAA"}, "NOERROR aa" + kNegative},
          {"an SRV target", {"alias-target.kouzie.com"}, "NOERROR aa\nalias-target.kouzie.com. 20 A 10.0.1.1"},
          {"a name we do not have", {"alias-missing.kouzie.com"}, "NOERROR aa" + kNegative},
          {"out of our zones", {"alias-outside.kouzie.com"}, "SERVFAIL"},
          {"a loop", {"alias-loop.kouzie.com"}, "SERVFAIL"},
      },
      "192.0.2.7");
}

TEST(Answers, Outside) {
  const std::vector<Case> refused = {
      {"a stranger's name", {"www.example.net"}, "REFUSED"},
      {"the root", {".", "NS"}, "REFUSED"},
      {"above a zone", {"com", "SOA"}, "REFUSED"},
      {"an HTTP namespace", {"web"}, "REFUSED"},
      {"ends like a zone, but no label of it", {"xkouzie.com"}, "REFUSED"},
      {"another class", {.name = "backend.kouzie.com", .klass = 3}, "REFUSED"},
      {"class ANY", {.name = "backend.kouzie.com", .klass = 255}, "REFUSED"},
      {"a transfer", {"kouzie.com", "AXFR"}, "REFUSED"},
      {"an incremental transfer", {"kouzie.com", "IXFR"}, "REFUSED"},
  };
  Check(refused, "127.0.0.1");
  AnswerOptions options;
  options.outside = OutsideRule::kNxDomain;
  Check({{"configured for clients of ours", {"www.example.net"}, "NXDOMAIN aa"}, {"the root", {"."}, "NXDOMAIN aa"}},
        "10.1.2.3", options);
  Check(refused, "192.0.2.7", options);
}

TEST(Answers, PrivateNamespaces) {
  const std::vector<Case> inside = {
      {"a private name", {"db.corp.internal"}, "NOERROR aa\ndb.corp.internal. 60 A 10.0.10.1"},
      {"the private one of two zones", {"www.split.example"}, "NOERROR aa\nwww.split.example. 60 A 10.0.11.1"},
  };
  const std::vector<Case> outside = {
      {"a private name", {"db.corp.internal"}, "REFUSED"},
      {"nothing of it", {"nowhere.corp.internal"}, "REFUSED"},
      {"its apex", {"corp.internal", "SOA"}, "REFUSED"},
      {"the public one of two zones", {"www.split.example"}, "NOERROR aa\nwww.split.example. 60 A 192.0.2.1"},
  };
  for (const char* client :
       {"127.0.0.1", "127.255.255.255", "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.255.255",
        "100.64.0.0", "100.127.255.255", "::1", "fc00::", "fdff::1", "fe80::1"}) {
    Check(inside, client);
  }
  for (const char* client :
       {"126.255.255.255", "128.0.0.1", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.169.0.0",
        "100.63.255.255", "100.128.0.0", "::2", "fbff::", "fe00::", "fec0::", "2001:db8::1"}) {
    Check(outside, client);
  }
  AnswerOptions options;
  options.private_networks = {{"192.0.2.0/25", "2001:db8::1"}};
  Check(inside, "192.0.2.127", options);
  Check(inside, "2001:db8::1", options);
  Check(outside, "192.0.2.128", options);
  Check(outside, "2001:db8::2", options);
  Check(outside, "127.0.0.1", options);
}

TEST(Answers, NamesOfTheApi) {
  const std::string name = "servicediscovery.waypost.internal";
  Check(
      {
          {"the address that was asked", {name}, "NOERROR aa\n" + name + ". 60 A 127.0.0.53"},
          {"its twin", {"data-" + name}, "NOERROR aa\ndata-" + name + ". 60 A 127.0.0.53"},
          {"no IPv6 address was asked", {name, "AAAA"}, "NOERROR aa\n> " + kApiSoa},
          {"SOA", {name, "SOA"}, "NOERROR aa\n" + kApiSoa},
          {"NS", {name, "NS"}, "NOERROR aa\n" + name + ". 3600 NS " + name + ".\n+ " + name + ". 3600 A 127.0.0.53"},
          {"other types", {name, "TXT"}, "NOERROR aa\n> " + kApiSoa},
          {"below", {"x." + name}, "NXDOMAIN aa\n> " + kApiSoa},
          {"the parent is not ours", {"waypost.internal"}, "REFUSED"},
      },
      "192.0.2.7");
  AnswerOptions options;
  options.api_name = "api.kouzie.com";
  options.api_addresses = {"192.0.2.80", "192.0.2.81", "2001:db8::80"};
  Check(
      {
          {"configured name and addresses",
           {"api.kouzie.com"},
           "NOERROR aa\napi.kouzie.com. 60 A 192.0.2.80\napi.kouzie.com. 60 A 192.0.2.81"},
          {"IPv6", {"data-api.kouzie.com", "AAAA"}, "NOERROR aa\ndata-api.kouzie.com. 60 AAAA 2001:db8::80"},
          {"the default name no more", {name}, "REFUSED"},
          {"the zone around it is untouched", {"nowhere.kouzie.com"}, "NXDOMAIN aa" + kNegative},
      },
      "192.0.2.7", options);
  options.api_name = "";
  Check({{"none", {"api.kouzie.com"}, "NXDOMAIN aa" + kNegative}}, "192.0.2.7", options);
}

TEST(Answers, AskedOverIpv6) {
  Zones zones;
  Fill(zones);
  Asking asking(zones);
  asking.asker.local = Ip("2001:db8::53");
  EXPECT_EQ("NOERROR aa\nns1.kouzie.com. 3600 AAAA 2001:db8::53", Text(asking.Message({"ns1.kouzie.com", "AAAA"})));
  EXPECT_EQ("NOERROR aa" + kNegative, Text(asking.Message({"ns1.kouzie.com", "A"})));
  EXPECT_EQ("NOERROR aa\nkouzie.com. 3600 NS ns1.kouzie.com.\n+ ns1.kouzie.com. 3600 AAAA 2001:db8::53",
            Text(asking.Message({"kouzie.com", "NS"})));
}

TEST(Answers, NothingButServfailUntilReady) {
  Zones zones;
  zones.AddZone("kouzie.com");
  Asking asking(zones);
  EXPECT_EQ("SERVFAIL", Text(asking.Message({"kouzie.com", "SOA"})));
  EXPECT_EQ("SERVFAIL", Text(asking.Message({"www.example.net"})));
  zones.Ready();
  EXPECT_EQ("REFUSED", Text(asking.Message({"www.example.net"})));
}

TEST(Answers, SerialAndHealthFollowTheView) {
  Zones zones;
  const auto zone = zones.AddZone("kouzie.com");
  const auto service = zones.AddService(zone, "s", kA60, {.custom_health = true});
  zones.Register(service, "a", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  zones.Register(service, "b", {{"AWS_INSTANCE_IPV4", "10.0.0.2"}});
  zones.Ready();
  Asking asking(zones);
  const auto serial = [&] { return asking.Message({"kouzie.com", "SOA"})->serial(); };
  const auto before = serial();
  const std::string both = "NOERROR aa\ns.kouzie.com. 60 A 10.0.0.1\ns.kouzie.com. 60 A 10.0.0.2";
  EXPECT_EQ(both, Text(asking.Message({"s.kouzie.com"})));
  zones.SetHealth(service, "a", model::HealthState::kUnhealthy);
  EXPECT_EQ("NOERROR aa\ns.kouzie.com. 60 A 10.0.0.2", Text(asking.Message({"s.kouzie.com"})));
  EXPECT_LT(before, serial());
  zones.SetHealth(service, "b", model::HealthState::kUnhealthy);
  EXPECT_EQ(both, Text(asking.Message({"s.kouzie.com"}))) << "none healthy: as if all were";
}

}  // namespace
}  // namespace waypost::dns
