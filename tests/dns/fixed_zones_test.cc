// Static zones: alone, and beside, above, below and at the apex of namespaces.
#include <gtest/gtest.h>

#include "dns/zones.h"
#include "waypost/zone/folder.h"

namespace waypost::dns {
namespace {

constexpr const char* kExample = R"($TTL 300
@ IN SOA ns1 hostmaster 7 7200 900 1209600 60
@ NS ns1
@ NS ns.elsewhere.net.
ns1 A 192.0.2.1
@ MX 10 Mail
@ TXT "hello"
Mail A 192.0.2.25
     AAAA 2001:db8::25
www CNAME web
web A 192.0.2.80
far CNAME www.example.net.
over CNAME backend.kouzie.com.
circle-a CNAME circle-b
circle-b CNAME circle-a
old DNAME new
x.new A 192.0.2.90
*.wild A 192.0.2.100
*.wild TXT "any"
there.wild MX 5 there.wild
host.deep.wild A 192.0.2.101
_http._tcp SRV 0 5 80 web
_kouzie._tcp SRV 0 5 80 backend.kouzie.com.
sub NS ns.sub
sub NS ns.elsewhere.net.
sub DS 1 13 2 aa00000000000000000000000000000000000000000000000000000000000000
ns.sub A 192.0.2.53
hidden.sub A 192.0.2.54
big TXT "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"
big TXT "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002"
big TXT "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003"
big TXT "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000004"
big TXT "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005"
)";

constexpr const char* kKouzie = R"($TTL 600
@ IN SOA ns.example. admin.example. 100 1 2 3 4
@ NS ns.example.
@ MX 10 mail.example.
printer A 192.0.2.200
*.rooms A 192.0.2.201
)";

const std::string kNegative = "\n> example. 60 SOA ns1.example. hostmaster.example. # 7200 900 1209600 60";

class FixedZones : public ::testing::Test {
 protected:
  FixedZones() {
    const auto kouzie = zones_.AddZone("kouzie.com");
    const auto backend = zones_.AddService(kouzie, "backend", kA60);
    zones_.Register(backend, "b1", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}});
    zones_.Register(zones_.AddWeighted(kouzie, "to-static", kCname25), "i", {{"AWS_INSTANCE_CNAME", "WWW.example"}});
    zones_.Register(zones_.AddWeighted(kouzie, "alias", kA60), "i", {{"AWS_ALIAS_DNS_NAME", "www.example"}});
    zones_.Register(zones_.AddService(kouzie, "a.rooms", kA60), "i", {{"AWS_INSTANCE_IPV4", "10.0.0.3"}});
    const auto below = zones_.AddZone("below.example");
    zones_.Register(zones_.AddService(below, "www", kA60), "i", {{"AWS_INSTANCE_IPV4", "10.0.0.2"}});
    zones_.Ready();
    asking_.emplace(AnswerSources{.view = zones_.view, .policy = AnswerPolicy::Create({}).value()});
    Serve({{"example", kExample}});
  }

  void Serve(const std::vector<std::pair<std::string, std::string>>& files) {
    std::vector<std::shared_ptr<const zone::Zone>> zones;
    view::ForeignZones foreign;
    for (const auto& [apex, text] : files) {
      zone::ReadZone read = zone::ReadZoneText(text, apex + ".zone", apex, zones_.view.name_seed());
      for (const auto& complaint : read.complaints) EXPECT_FALSE(complaint.fatal) << complaint.str();
      if (read.zone == nullptr) continue;
      foreign.apexes.emplace_back(read.zone->apex());
      zones.push_back(read.zone);
    }
    view::Edit(zones_.view).SetForeignZones(std::move(foreign));
    asking_->answerer().SetZones(std::make_shared<zone::ZoneSet>(std::move(zones), zones_.view.name_seed()));
  }

  std::string Ask(const std::string& name, const std::string& type = "A", Transport transport = Transport::kUdp) {
    asking_->asker.transport = transport;
    return Text(asking_->Message({name, type}));
  }
  void Check(const std::vector<std::array<std::string, 3>>& cases) {
    for (const auto& [name, type, want] : cases) EXPECT_EQ(want, Ask(name, type)) << name << " " << type;
  }

  Zones zones_;
  std::optional<Asking> asking_;
};

TEST_F(FixedZones, RecordsAndTheirAbsence) {
  const std::string soa = "example. 300 SOA ns1.example. hostmaster.example. # 7200 900 1209600 60";
  Check({
      {"example", "SOA", "NOERROR aa\n" + soa},
      {"example", "NS",
       "NOERROR aa\nexample. 300 NS ns.elsewhere.net.\nexample. 300 NS ns1.example.\n+ ns1.example. 300 A 192.0.2.1"},
      {"example", "MX",
       "NOERROR aa\nexample. 300 MX 10 Mail.example.\n+ Mail.example. 300 A 192.0.2.25"
       "\n+ Mail.example. 300 AAAA 2001:db8::25"},
      {"example", "TXT", "NOERROR aa\nexample. 300 TXT \"hello\""},
      {"example", "A", "NOERROR aa" + kNegative},
      {"missing.example", "A", "NXDOMAIN aa" + kNegative},
      {"_tcp.example", "SRV", "NOERROR aa" + kNegative},
      {"deep.wild.example", "A", "NOERROR aa" + kNegative},
      {"web.example", "TYPE1000", "NOERROR aa" + kNegative},
      {"_http._tcp.example", "SRV",
       "NOERROR aa\n_http._tcp.example. 300 SRV 0 5 80 web.example.\n"
       "+ web.example. 300 A 192.0.2.80"},
      {"_kouzie._tcp.example", "SRV",
       "NOERROR aa\n_kouzie._tcp.example. 300 SRV 0 5 80 backend.kouzie.com.\n"
       "+ backend.kouzie.com. 60 A 10.0.0.1"},
      {"outside.net", "A", "REFUSED"},
  });
}

TEST_F(FixedZones, CnamesLeadThroughAllOurZones) {
  const std::string www = "www.example. 300 CNAME web.example.";
  Check({
      {"www.example", "A", "NOERROR aa\nweb.example. 300 A 192.0.2.80\n" + www},
      {"www.example", "CNAME", "NOERROR aa\n" + www},
      {"www.example", "ANY", "NOERROR aa\n" + www},
      {"www.example", "MX", "NOERROR aa\n" + www + kNegative},
      {"far.example", "A", "NOERROR aa\nfar.example. 300 CNAME www.example.net."},
      {"over.example", "A",
       "NOERROR aa\nbackend.kouzie.com. 60 A 10.0.0.1\nover.example. 300 CNAME backend.kouzie.com."},
      {"circle-a.example", "A",
       "NOERROR aa\ncircle-a.example. 300 CNAME circle-b.example.\ncircle-b.example. 300 CNAME circle-a.example."},
      {"to-static.kouzie.com", "A",
       "NOERROR aa\nto-static.kouzie.com. 25 CNAME www.example.\nweb.example. 300 A 192.0.2.80\n" + www},
      {"alias.kouzie.com", "A", "NOERROR aa\nalias.kouzie.com. 300 A 192.0.2.80"},
  });
}

TEST_F(FixedZones, Dnames) {
  const std::string dname = "old.example. 300 DNAME new.example.";
  Check({
      {"x.old.example", "A",
       "NOERROR aa\n" + dname + "\nx.new.example. 300 A 192.0.2.90\nx.old.example. 300 CNAME x.new.example."},
      {"y.old.example", "A", "NXDOMAIN aa\n" + dname + "\ny.old.example. 300 CNAME y.new.example." + kNegative},
      {"old.example", "DNAME", "NOERROR aa\n" + dname},
      {"old.example", "A", "NOERROR aa" + kNegative},
  });
  Serve({{"example",
          "@ 300 IN SOA a b 1 2 3 4 5\n@ NS ns.example.net.\nshort DNAME "
          "l0ng0000000000000000000000000000000000000000000000000000000.example.\n"}});
  std::string name = "short.example";
  while (name.size() < 230) name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa." + name;
  EXPECT_TRUE(Ask(name).starts_with("RCODE6 aa\nshort.example. 300 DNAME l0ng")) << Ask(name);
}

TEST_F(FixedZones, Wildcards) {
  Check({
      {"a.wild.example", "A", "NOERROR aa\na.wild.example. 300 A 192.0.2.100"},
      {"a.b.c.wild.example", "TXT", "NOERROR aa\na.b.c.wild.example. 300 TXT \"any\""},
      {"a.wild.example", "MX", "NOERROR aa" + kNegative},
      {"*.wild.example", "A", "NOERROR aa\n*.wild.example. 300 A 192.0.2.100"},
      {"there.wild.example", "A", "NOERROR aa" + kNegative},
      {"x.there.wild.example", "A", "NXDOMAIN aa" + kNegative},
      {"x.deep.wild.example", "A", "NXDOMAIN aa" + kNegative},
      {"wild.example", "A", "NOERROR aa" + kNegative},
  });
}

TEST_F(FixedZones, Delegations) {
  const std::string referral =
      "NOERROR\n> sub.example. 300 NS ns.elsewhere.net.\n> sub.example. 300 NS ns.sub.example.\n"
      "+ ns.sub.example. 300 A 192.0.2.53";
  Check({
      {"sub.example", "A", referral},
      {"sub.example", "NS", referral},
      {"x.y.sub.example", "A", referral},
      {"hidden.sub.example", "A", referral},
      {"ns.sub.example", "A", referral},
  });
  EXPECT_TRUE(Ask("sub.example", "DS").starts_with("NOERROR aa\nsub.example. 300 DS")) << Ask("sub.example", "DS");
}

TEST_F(FixedZones, ChainsIntoCutsAndDnames) {
  Serve({{"example", std::string(kExample) + "tocut CNAME x.sub\ntodname CNAME x.old\nagain CNAME a.twice\n"
                                             "twice DNAME thrice\na.thrice CNAME b.twice\nb.thrice A 192.0.2.7\n"},
         {"other", "@ 300 IN SOA a b 1 2 3 4 5\n@ NS ns.example.net.\ntosub CNAME sub.example.\n"},
         {"sub.example", "@ 300 IN SOA a b 1 2 3 4 5\n@ NS ns.example.net.\n"}});
  Check({
      {"todname.example", "A",
       "NOERROR aa\nold.example. 300 DNAME new.example.\ntodname.example. 300 CNAME x.old.example.\n"
       "x.new.example. 300 A 192.0.2.90\nx.old.example. 300 CNAME x.new.example."},
      {"again.example", "A",
       "NOERROR aa\na.thrice.example. 300 CNAME b.twice.example.\na.twice.example. 300 CNAME a.thrice.example.\n"
       "again.example. 300 CNAME a.twice.example.\nb.thrice.example. 300 A 192.0.2.7\n"
       "b.twice.example. 300 CNAME b.thrice.example.\ntwice.example. 300 DNAME thrice.example."},
  });
  EXPECT_TRUE(Ask("tosub.other", "DS").starts_with("NOERROR aa\nsub.example. 300 DS")) << Ask("tosub.other", "DS");
  Serve({{"example", std::string(kExample) + "tocut CNAME x.sub\n"}});
  EXPECT_EQ(
      "NOERROR aa\ntocut.example. 300 CNAME x.sub.example.\n> sub.example. 300 NS ns.elsewhere.net.\n"
      "> sub.example. 300 NS ns.sub.example.\n+ ns.sub.example. 300 A 192.0.2.53",
      Ask("tocut.example"));
}

TEST_F(FixedZones, GlueOfManyServers) {
  std::string text = "@ 300 IN SOA a b 1 2 3 4 5\n@ NS ns.example.net.\n";
  for (int i = 0; i < 20; ++i) {
    const std::string name = "n" + std::to_string(i) + ".m";
    text += "m NS " + name + "\n" + name + " A 192.0.2." + std::to_string(i) + "\n";
  }
  Serve({{"example", text}});
  asking_->asker.transport = Transport::kTcp;
  const auto message = asking_->Message({"m.example"});
  EXPECT_FALSE(message->tc());
  EXPECT_EQ(20U, message->authority.size());
  EXPECT_EQ(20U, message->additional.size());
}

TEST_F(FixedZones, TruncatedAnswersHoldWholeRecords) {
  const auto message = asking_->Message({"big.example", "TXT"});
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->tc());
  EXPECT_EQ(4U, message->answer.size());
  asking_->asker.transport = Transport::kTcp;
  EXPECT_EQ(5U, asking_->Message({"big.example", "TXT"})->answer.size());
}

TEST_F(FixedZones, ANamespaceBelowRulesItsNames) {
  Check({
      {"www.below.example", "A", "NOERROR aa\nwww.below.example. 60 A 10.0.0.2"},
      {"missing.below.example", "A",
       "NXDOMAIN aa\n> below.example. 15 SOA ns1.below.example. hostmaster.below.example. # 7200 900 1209600 15"},
      {"below.example", "DS", "NOERROR aa" + kNegative},
  });
}

TEST_F(FixedZones, ANamespaceAndAZoneOfOneApexAreOneZone) {
  const std::string negative = "\n> kouzie.com. 15 SOA ns.example. admin.example. # 1 2 3 15";
  const std::uint32_t before = asking_->Message({"kouzie.com", "SOA"})->serial();
  EXPECT_EQ("NXDOMAIN aa\n> kouzie.com. 15 SOA ns1.kouzie.com. hostmaster.kouzie.com. # 7200 900 1209600 15",
            Ask("printer.kouzie.com"));
  Serve({{"kouzie.com", kKouzie}});
  Check({
      {"backend.kouzie.com", "A", "NOERROR aa\nbackend.kouzie.com. 60 A 10.0.0.1"},
      {"backend.kouzie.com", "AAAA", "NOERROR aa" + negative},
      {"printer.kouzie.com", "A", "NOERROR aa\nprinter.kouzie.com. 600 A 192.0.2.200"},
      {"kouzie.com", "NS", "NOERROR aa\nkouzie.com. 600 NS ns.example."},
      {"kouzie.com", "MX", "NOERROR aa\nkouzie.com. 600 MX 10 mail.example."},
      {"kouzie.com", "SOA", "NOERROR aa\nkouzie.com. 15 SOA ns.example. admin.example. # 1 2 3 15"},
      {"missing.kouzie.com", "A", "NXDOMAIN aa" + negative},
      {"b.rooms.kouzie.com", "A", "NOERROR aa\nb.rooms.kouzie.com. 600 A 192.0.2.201"},
      {"a.rooms.kouzie.com", "A", "NOERROR aa\na.rooms.kouzie.com. 60 A 10.0.0.3"},
      {"x.a.rooms.kouzie.com", "A", "NXDOMAIN aa" + negative},
      {"_http._tcp.backend.kouzie.com", "SRV",
       "NOERROR aa\n_http._tcp.backend.kouzie.com. 60 SRV 1 1 80 b1._tcp.backend.kouzie.com.\n"
       "+ b1._tcp.backend.kouzie.com. 60 A 10.0.0.1"},
  });
  EXPECT_EQ(before + 100, asking_->Message({"kouzie.com", "SOA"})->serial());
}

TEST_F(FixedZones, ALongerStaticZoneWinsOverTheNamespace) {
  EXPECT_EQ("NOERROR aa\nbackend.kouzie.com. 60 A 10.0.0.1", Ask("backend.kouzie.com"));
  Serve({{"backend.kouzie.com", "@ 300 IN SOA a b 1 2 3 4 5\n@ NS ns.example.net.\n@ A 192.0.2.7\n"}});
  EXPECT_EQ("NOERROR aa\nbackend.kouzie.com. 300 A 192.0.2.7", Ask("backend.kouzie.com"));
  Serve({});
  EXPECT_EQ("NOERROR aa\nbackend.kouzie.com. 60 A 10.0.0.1", Ask("backend.kouzie.com"));
}

}  // namespace
}  // namespace waypost::dns
