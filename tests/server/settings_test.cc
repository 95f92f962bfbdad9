#include "server/settings.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "temporary_directory.h"

namespace waypost::server {
namespace {

class SettingsTest : public ::testing::Test {
 protected:
  std::string File(const std::string& text) {
    const std::string path = directory_ / "waypost.toml";
    std::ofstream(path) << text;
    return path;
  }
  /// Sets an environment variable for this test.
  void Variable(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    variables_.push_back(name);
  }
  void TearDown() override {
    for (const std::string& name : variables_) unsetenv(name.c_str());
  }
  testing::TemporaryDirectory directory_;
  std::vector<std::string> variables_;
};

TEST_F(SettingsTest, FlagsWinOverEnvironmentOverFileOverDefaults) {
  const std::string file = File("region = \"from-file\"\nthreads = 3\nlog-level = \"debug\"\n");
  Variable("WAYPOST_REGION", "from-environment");
  Variable("WAYPOST_THREADS", "4");
  const auto settings = Gather(file, {{"region", {"from-flag"}}, {"http", {}}});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->identity.region, "from-flag");
  EXPECT_EQ(settings->threads, 4u);
  EXPECT_EQ(settings->log_level, "debug");
  EXPECT_EQ(settings->http, std::vector<std::string>{"127.0.0.1:5380"});
}

TEST_F(SettingsTest, ListsReplaceTheDefault) {
  Variable("WAYPOST_DNS", "127.0.0.1:1,[::1]:2");
  const auto settings = Gather(File("http = [\"127.0.0.1:8\", \"127.0.0.1:9\"]\n"), {});
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->http, (std::vector<std::string>{"127.0.0.1:8", "127.0.0.1:9"}));
  EXPECT_EQ(settings->dns, (std::vector<std::string>{"127.0.0.1:1", "[::1]:2"}));
}

TEST_F(SettingsTest, TablesOfTheFile) {
  const auto settings = Gather(File(R"(
[dns]
outside = "nxdomain"
private-networks = ["10.0.0.0/8"]
api-name = "sd.corp.example"
nameservers = ["ns.corp.example"]
[ec2-addresses]
i-1 = "10.0.0.1"
[health]
interval = "250ms"
timeout = "1s"
suspect-hold = "0s"
history-per-instance = 7
in-flight = 10
[[zone]]
name = "z1"
clients = ["10.0.1.0/24", "10.0.2.0/24"]
[[zone]]
name = "z2"
clients = "10.0.3.0/24"
)"),
                               {});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->dns_outside, "nxdomain");
  EXPECT_EQ(settings->private_networks, std::vector<std::string>{"10.0.0.0/8"});
  EXPECT_EQ(settings->api_name, "sd.corp.example");
  EXPECT_EQ(settings->ec2_addresses.at("i-1"), "10.0.0.1");
  EXPECT_EQ(settings->check_interval, std::chrono::milliseconds(250));
  EXPECT_EQ(settings->check_timeout, std::chrono::seconds(1));
  EXPECT_EQ(settings->suspect_hold, std::chrono::seconds(0));
  EXPECT_EQ(settings->history_per_instance, 7u);
  EXPECT_EQ(settings->checks_in_flight, 10u);
  const std::vector<Settings::Zone> zones{{"z1", {"10.0.1.0/24", "10.0.2.0/24"}}, {"z2", {"10.0.3.0/24"}}};
  EXPECT_EQ(settings->client_zones, zones);
}

TEST_F(SettingsTest, ErrorsNameFileAndLine) {
  const struct {
    std::string text;
    std::string want;
  } cases[] = {
      {"threads = 2\nthread = 3\n", ":2: unknown key \"thread\""},
      {"\n\n[dns]\ninside = 1\n", ":4: unknown key \"inside\" in [dns]"},
      {"threads = 0\n", ":1: threads: "},
      {"threads = 65\n", ":1: threads: "},
      {"account = \"12\"\n", ":1: account: "},
      {"log-level = \"loud\"\n", ":1: log-level: \"loud\" is none of"},
      {"http = []\n", ":1: http: "},
      {"http = [1]\n", ":1: http: "},
      {"\nhttp = 5\n", ":2: http: \"5\" is no ADDR:PORT"},
      {"dns = [\"127.0.0.1:53\", \"nonsense\"]\n", ":1: dns: \"nonsense\""},
      {"dns = \"127.0.0.1:65536\"\n", ":1: dns: "},
      {"dns = \"::1:53\"\n", ":1: dns: "},
      {"region = \"a\nb\"\n", ":1"},
      {"[dns]\noutside = \"maybe\"\n", ":2: outside"},
      {"[health]\ninterval = \"50ms\"\n", ":2: interval: a duration from 100ms to 1h"},
      {"[health]\ninterval = 10\n", ":2: interval: "},
      {"[health]\nhistory-per-instance = 0\n", ":2: history-per-instance: a number from 1"},
      {"[health]\nspeed = 1\n", ":2: unknown key \"speed\" in [health]"},
      {"[[zone]]\nname = \"z1\"\n", ":1: a [[zone]] needs a name and clients"},
      {"[[zone]]\nname = \"z1\"\nclient = \"x\"\n", ":3: unknown key \"client\" in [[zone]]"},
      {"[hooks]\nenabled = true\n", ":1: unknown key \"hooks\""},
      {"[forward]\nenabled = \"yes\"\n", ":2: enabled: true or false"},
      {"[forward]\nupstream = \"192.0.2.1\"\n", ":2: unknown key \"upstream\" in [forward]"},
      {"[forward]\nmode = \"random\"\n", ":2: mode: must be failover or parallel"},
      {"[forward]\ncache-size = \"1KiB\"\n", ":2: cache-size: a size is needed"},
      {"[forward]\ncache-size = \"10 pounds\"\n", ":2: cache-size: a size is needed"},
      {"[[forward.domain]]\nname = \"a.example\"\n", ":1: a [[forward.domain]] needs a name and upstreams"},
      {"[[tsig-key]]\nname = \"k\"\nsecret-file = \"none.key\"\n", ":3: secret-file: "},
      {"[[tsig-key]]\nname = \"k\"\n", ":1: a [[tsig-key]] needs a name and a secret-file"},
      {"[[secondary]]\nzones = [\"*\"]\n", ":1: a [[secondary]] needs an address"},
      {"[tls]\ncertificate = \"c.pem\"\n", ":1: [tls] needs a certificate and a key"},
      {"[dns]\nrate-limit = -1\n", ":2: rate-limit: a number from 0"},
      {"[dns]\ncookie-secret-file = \"none\"\n", ":2: cookie-secret-file: "},
  };
  for (const auto& c : cases) {
    const auto settings = Gather(File(c.text), {});
    ASSERT_FALSE(settings.ok()) << c.text;
    EXPECT_EQ(settings.error().code, model::Code::kConfig);
    EXPECT_NE(settings.error().message.find("waypost.toml" + c.want), std::string::npos) << settings.error().message;
  }
}

TEST_F(SettingsTest, TablesAboutDns) {
  std::ofstream(directory_ / "transfer.key") << " c2VjcmV0\n";
  std::ofstream(directory_ / "cookie.hex") << "000102030405060708090a0b0c0d0e0f\n";
  const auto settings = Gather(File(R"(
[dns]
reverse-networks = ["10.0.0.0/8"]
nsid = "ns1"
cookie-secret-file = "cookie.hex"
rate-limit = 20
query-log = "queries.log"
[forward]
enabled = true
clients = ["10.0.0.0/8"]
upstreams = ["192.0.2.53", "192.0.2.54:5353"]
mode = "parallel"
cache-size = "64MiB"
serve-stale = "0s"
[[forward.domain]]
name = "corp.example"
upstreams = ["192.0.2.60"]
[[tsig-key]]
name = "transfer."
algorithm = "hmac-sha256"
secret-file = "transfer.key"
[[secondary]]
address = "127.0.0.1:5401"
zones = ["kouzie.com"]
tsig-key = "transfer."
[transfer]
journal-size = 1048576
journal-age = "30m"
[tls]
certificate = "cert.pem"
key = "/elsewhere/key.pem"
https = ["127.0.0.1:5381"]
dot = ["127.0.0.1:5853"]
doh = true
)"),
                               {});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->dns_table.reverse_networks, std::vector<std::string>{"10.0.0.0/8"});
  EXPECT_EQ(settings->dns_table.nsid, "ns1");
  EXPECT_EQ(settings->dns_table.cookie_secret, std::string("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16));
  EXPECT_EQ(settings->dns_table.rate_limit, 20u);
  EXPECT_EQ(settings->dns_table.query_log, directory_ / "queries.log");
  EXPECT_TRUE(settings->forward.enabled);
  EXPECT_TRUE(settings->forward.parallel);
  EXPECT_EQ(settings->forward.upstreams, (std::vector<std::string>{"192.0.2.53", "192.0.2.54:5353"}));
  EXPECT_EQ(settings->forward.cache_octets, 64u << 20);
  EXPECT_EQ(settings->forward.serve_stale.count(), 0);
  EXPECT_EQ(settings->forward.domains, (std::vector<ForwardDomain>{{"corp.example", {"192.0.2.60"}}}));
  EXPECT_EQ(settings->tsig_keys, (std::vector<TsigKeySettings>{{"transfer.", "hmac-sha256", "c2VjcmV0"}}));
  EXPECT_EQ(settings->secondaries, (std::vector<SecondarySettings>{{"127.0.0.1:5401", {"kouzie.com"}, "transfer."}}));
  EXPECT_EQ(settings->transfers.journal_octets, 1048576u);
  EXPECT_EQ(settings->transfers.journal_age, std::chrono::minutes(30));
  EXPECT_EQ(settings->tls.certificate, directory_ / "cert.pem");
  EXPECT_EQ(settings->tls.key, "/elsewhere/key.pem");
  EXPECT_EQ(settings->tls.dot, std::vector<std::string>{"127.0.0.1:5853"});
  EXPECT_TRUE(settings->tls.doh);
}

TEST_F(SettingsTest, AMissingFileIsAnError) {
  EXPECT_EQ(Gather(directory_ / "none.toml", {}).error().code, model::Code::kConfig);
}

TEST_F(SettingsTest, TheRegistryFollowsTheUsersStateDirectory) {
  Variable("XDG_STATE_HOME", "/somewhere/state");
  EXPECT_EQ(DefaultSettings().data_dir, "/somewhere/state/waypost");
  unsetenv("XDG_STATE_HOME");
  Variable("HOME", "/somebody");
  EXPECT_EQ(DefaultSettings().data_dir, "/somebody/.local/state/waypost");
}

TEST_F(SettingsTest, BadFlagsAreNamed) {
  const auto settings = Gather("", {{"threads", {"many"}}});
  ASSERT_FALSE(settings.ok());
  EXPECT_NE(settings.error().message.find("--threads"), std::string::npos);
}

}  // namespace
}  // namespace waypost::server
