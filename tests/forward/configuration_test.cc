#include <fstream>

#include "forward/routes.h"
#include "house.h"
#include "temporary_directory.h"

namespace waypost::forward {
namespace {

void Write(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::trunc) << text; }

std::string ErrorOf(const Options& options, const Surroundings& surroundings = {}) {
  const auto made = Forwarder::Create(options, telemetry::MakeSilentLog(), surroundings);
  if (made.ok()) return "none";
  EXPECT_EQ(made.error().code, model::Code::kConfig);
  return made.error().message;
}

TEST(Configuration, SaysWhatIsWrong) {
  struct Case {
    const char* name;
    std::function<void(Options&)> change;
    const char* words;
  };
  const Case cases[] = {
      {"good", [](Options&) {}, "none"},
      {"clients", [](Options& o) { o.clients = {"10.0.0.0/33"}; }, "is not a network"},
      {"nobody to ask", [](Options& o) { o.upstreams = {}; }, "needs upstreams"},
      {"no address", [](Options& o) { o.upstreams = {"dns.example"}; }, "is not a name server"},
      {"port 0", [](Options& o) { o.upstreams = {"192.0.2.1:0"}; }, "is not a name server"},
      {"wildcard", [](Options& o) { o.upstreams = {"0.0.0.0"}; }, "is the address of no server"},
      {"twice",
       [](Options& o) {
         o.upstreams = {"192.0.2.1", "192.0.2.1:53"};
       },
       "there twice"},
      {"system and more",
       [](Options& o) {
         o.upstreams = {"system", "192.0.2.1"};
       },
       "stands alone"},
      {"17", [](Options& o) { o.upstreams.assign(17, "192.0.2.1"); }, "more than 16"},
      {"domain",
       [](Options& o) {
         o.domains = {{"a..b", {"192.0.2.1"}}};
       },
       "forwarded domain"},
      {"domain without upstreams",
       [](Options& o) {
         o.domains = {{"corp.example", {}}};
       },
       "there are none"},
      {"domain twice",
       [](Options& o) {
         o.domains = {{"corp.example", {"192.0.2.1"}}, {"CORP.example.", {"192.0.2.1"}}};
       },
       "forwarded twice"},
      {"no time", [](Options& o) { o.try_timeout = 0ms; }, "timeout of a try"},
      {"try longer than all", [](Options& o) { o.timeout = 1s; }, "timeout of a try"},
      {"no cache", [](Options& o) { o.cache_octets_max = Forwarder::kCacheOctetsMin - 1; }, "1 MiB"},
      {"nothing under way", [](Options& o) { o.in_flight_max = 0; }, "under way"},
      {"too much under way", [](Options& o) { o.in_flight_max = Forwarder::kInFlightMax + 1; }, "under way"},
      {"negative TTL", [](Options& o) { o.negative_ttl_max = 3h + 1s; }, "3 hours"},
      {"itself", [](Options& o) { o.own_addresses = {*dns::Endpoint::Parse("192.0.2.53:53")}; },
       "is this server itself"},
      {"itself in a domain",
       [](Options& o) {
         o.own_addresses = {*dns::Endpoint::Parse("192.0.2.9:53")};
         o.domains = {{"corp.example", {"192.0.2.9"}}};
       },
       "is this server itself"},
      {"itself at a wildcard",
       [](Options& o) {
         o.own_addresses = {*dns::Endpoint::Parse("0.0.0.0:53")};
         o.upstreams = {"127.0.0.1"};
       },
       "is this server itself"},
      {"another port of ours",
       [](Options& o) {
         o.own_addresses = {*dns::Endpoint::Parse("192.0.2.53:5300"), *dns::Endpoint::Parse("[::]:53")};
       },
       "none"},
  };
  for (const Case& c : cases) {
    Options options;
    options.upstreams = {"192.0.2.53"};
    c.change(options);
    EXPECT_NE(ErrorOf(options).find(c.words), std::string::npos) << c.name << ": " << ErrorOf(options);
  }
}

TEST(Configuration, ServersAreWrittenInFourWays) {
  EXPECT_EQ(ParseServer("192.0.2.53").value().str(), "192.0.2.53:53");
  EXPECT_EQ(ParseServer("192.0.2.53:5353").value().str(), "192.0.2.53:5353");
  EXPECT_EQ(ParseServer("2001:db8::53").value().str(), "[2001:db8::53]:53");
  EXPECT_EQ(ParseServer("[2001:db8::53]:5353").value().str(), "[2001:db8::53]:5353");
  EXPECT_FALSE(ParseServer("").ok());
  EXPECT_FALSE(ParseServer("192.0.2.53:").ok());
}

TEST(Configuration, OnlyItsClientsAreServed) {
  Options options = AskOf({"192.0.2.53"});
  options.clients = {"10.0.0.0/8", "fd00::/8"};
  House house(options);
  for (const char* yes : {"10.1.2.3", "fd00::1"}) EXPECT_TRUE(house->Serves(*dns::Address::Parse(yes))) << yes;
  for (const char* no : {"127.0.0.1", "192.0.2.1", "::1"}) EXPECT_FALSE(house->Serves(*dns::Address::Parse(no))) << no;
}

TEST(ResolvConf, NameserverLinesCount) {
  const auto servers = ParseResolvConf(
      "# nameserver 192.0.2.1\nsearch example.com\nnameserver 192.0.2.2\r\n  nameserver 192.0.2.3\nnameserver\t::1 # "
      "x\n"
      "nameserver fe80::1%eth0\nnameserverx 192.0.2.4\nnameserver 192.0.2.2\nnameserver 192.0.2.5");
  std::vector<std::string> texts;
  for (const dns::Endpoint& server : servers) texts.push_back(server.str());
  EXPECT_EQ(texts, (std::vector<std::string>{"192.0.2.2:53", "[::1]:53", "192.0.2.5:53"}));
  EXPECT_TRUE(ParseResolvConf("").empty());
}

TEST(ResolvConf, IsReadAnewWhenItChanges) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory / "resolv.conf";
  Write(path, "nameserver 192.0.2.1\n");
  SystemServers system(path);
  Time now{1000h};
  EXPECT_TRUE(system.Refresh(now));
  EXPECT_EQ(system.servers().at(0).str(), "192.0.2.1:53");
  Write(path, "nameserver 192.0.2.1\nnameserver 192.0.2.2\n");
  EXPECT_FALSE(system.Refresh(now + 999ms)) << "it was looked at just now";
  EXPECT_TRUE(system.Refresh(now + 1s));
  EXPECT_EQ(system.servers().size(), 2);
  EXPECT_FALSE(system.Refresh(now + 5s));
  Write(path, "search example.com\n");
  EXPECT_FALSE(system.Refresh(now + 10s)) << "those from before stay";
  EXPECT_EQ(system.servers().size(), 2);
}

TEST(ResolvConf, OfTheSystemIsFollowed) {
  const testing::TemporaryDirectory directory;
  Surroundings surroundings;
  surroundings.resolv_conf = directory / "resolv.conf";
  Options options = AskOf({"system"});
  options.try_timeout = 20ms;
  options.timeout = 40ms;
  options.own_addresses = {*dns::Endpoint::Parse("127.0.0.77:53")};
  EXPECT_NE(ErrorOf(options, surroundings).find("has no nameserver"), std::string::npos);
  Write(surroundings.resolv_conf, "nameserver 127.0.0.77\n");
  EXPECT_NE(ErrorOf(options, surroundings).find("this server itself"), std::string::npos);
  Write(surroundings.resolv_conf, "nameserver 127.0.0.77\nnameserver 127.0.0.78\n");
  House house(options, surroundings);
  house->Start();
  const auto addresses = [&house] {
    std::vector<std::string> texts;
    for (const UpstreamTotals& totals : house->totals().upstreams) texts.push_back(totals.address);
    return texts;
  };
  EXPECT_EQ(addresses(), std::vector<std::string>{"127.0.0.78:53"});
  Write(surroundings.resolv_conf, "nameserver 127.0.0.79\nnameserver 127.0.0.77\n#\n");
  house.Advance(2s);
  house.Fetch("www.example.");
  EXPECT_EQ(addresses(), std::vector<std::string>{"127.0.0.79:53"});
  Write(surroundings.resolv_conf, "nameserver 127.0.0.77\n");
  house.Advance(10s);
  house.Fetch("www.example.");
  EXPECT_EQ(addresses(), std::vector<std::string>{"127.0.0.79:53"}) << "nobody else is left to ask";
}

}  // namespace
}  // namespace waypost::forward
