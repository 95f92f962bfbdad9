#include <gtest/gtest.h>

#include "text.h"

namespace waypost::zone {
namespace {

TEST(Rules, RefusesWhatIsNoZone) {
  struct Case {
    const char* name;
    std::string text;
    const char* want;
  };
  const std::string soa = "@ 60 SOA ns.test. admin.test. 1 2 3 4 5\n";
  const std::string ns = "@ 60 NS ns.test.\n";
  const Case cases[] = {
      {"nothing", "",
       "e.zone: no SOA record of e (wanted: one, at the zone's apex, which the file's name says)\n"
       "e.zone: no NS record of e (wanted: at least one, at the zone's apex)\n"},
      {"no SOA", ns, "e.zone: no SOA record of e (wanted: one, at the zone's apex, which the file's name says)\n"},
      {"no NS", soa, "e.zone: no NS record of e (wanted: at least one, at the zone's apex)\n"},
      {"two SOAs", soa + ns + "@ 60 SOA ns.test. admin.test. 2 2 3 4 5\n",
       "e.zone:3: a second SOA record of e; a zone has one\n"},
      {"SOA below the apex", soa + ns + "a 60 SOA ns.test. admin.test. 2 2 3 4 5\n",
       "e.zone:3: SOA of a.e, which is not the zone's apex e\n"},
      {"CNAME at the apex", soa + ns + "@ 60 CNAME a.test.\n",
       "e.zone:3: the CNAME record of e must be alone, but there is NS too (e.zone:2)\n"},
      {"CNAME and another", soa + ns + "a 60 A 192.0.2.1\n\na 60 CNAME b.test.\n",
       "e.zone:5: the CNAME record of a.e must be alone, but there is A too (e.zone:3)\n"},
      {"two CNAMEs", soa + ns + "a 60 CNAME b.test.\na 60 CNAME c.test.\n",
       "e.zone:4: a second CNAME record of a.e; a name has one\n"},
      {"two DNAMEs", soa + ns + "a 60 DNAME b.test.\na 60 DNAME c.test.\n",
       "e.zone:4: a second DNAME record of a.e; a name has one\n"},
      {"DNAME and CNAME", soa + ns + "a 60 DNAME b.test.\na 60 CNAME c.test.\n",
       "e.zone:4: the CNAME record of a.e must be alone, but there is DNAME too (e.zone:3)\n"},
      {"DNAME at a cut", soa + ns + "a 60 NS b.test.\na 60 DNAME c.test.\n",
       "e.zone:4: DNAME at the delegation a.e: it belongs into the zone that is delegated (RFC 6672 2.3)\n"},
      {"NS at a wildcard", soa + ns + "*.a 60 NS b.test.\n",
       "e.zone:3: NS at the wildcard *.a.e: write it for each name\n"},
      {"DNAME at a wildcard", soa + ns + "*.a 60 DNAME b.test.\n",
       "e.zone:3: DNAME at the wildcard *.a.e: write it for each name\n"},
  };
  for (const Case& c : cases) {
    const ReadZone read = ReadZoneText(c.text, "e.zone", "e", kSeed);
    EXPECT_EQ(read.zone, nullptr) << c.name;
    EXPECT_EQ(Text(read.complaints), c.want) << c.name;
  }
}

TEST(Rules, Warns) {
  struct Case {
    const char* name;
    const char* text;
    const char* want;  // without `warning: e.zone:`
  };
  const Case cases[] = {
      {"the same twice", "a 5 A 192.0.2.1\na 5 A 192.0.2.1\n",
       "4: the same A record of a.e is there already; this one is dropped\n"},
      {"the same twice, in another case", "a 5 PTR B.test.\na 5 PTR b.TEST.\n",
       "4: the same PTR record of a.e is there already; this one is dropped\n"},
      {"TXT has case", "a 5 TXT B\na 5 TXT b\n", ""},
      {"TTLs", "a 5 A 192.0.2.1\na 3 A 192.0.2.2\na 9 A 192.0.2.3\n",
       "4: the A records of a.e have different TTLs; the lowest, 3, is taken for all (RFC 2181 5.2)\n"},
      {"TTLs of types", "a 5 A 192.0.2.1\na 3 AAAA ::1\n", ""},
      {"below a DNAME", "d 5 DNAME t.test.\nd 5 TXT x\na.d 5 A 192.0.2.1\n",
       "5: the A record of a.d.e lies below the DNAME of d.e and is never answered\n"},
      {"below a cut", "c 5 NS n.c\nn.c 5 A 192.0.2.1\nn.c 5 TXT x\n",
       "5: the TXT record of n.c.e lies below the delegation c.e and is never answered\n"},
      {"at a cut", "c 5 NS n.test.\nc 5 TXT x\nc 5 DS 1 13 2 00\nc 5 A 192.0.2.1\n",
       "4: the TXT record of c.e stands at a delegation and is never answered\n"},
      {"glue is missing", "c 5 NS n.c\nc 5 NS n.test.\n",
       "3: n.c.e, which this NS record names, needs its address here (glue), or nobody can reach it\n"},
      {"glue is there", "c 5 NS n.c\nn.c 5 AAAA ::1\n", ""},
      {"glue at the cut", "c 5 NS c\nc 5 A 192.0.2.1\n", ""},
      {"glue in another delegation", "c 5 NS n.d\nd 5 NS n.test.\n", ""},
      {"no such target", "a 5 MX 1 b\na 5 SRV 1 1 1 c\n@ 60 NS d\n",
       "3: b.e, which this MX record names, does not exist in this zone\n"
       "warning: e.zone:4: c.e, which this SRV record names, does not exist in this zone\n"
       "warning: e.zone:5: d.e, which this NS record names, does not exist in this zone\n"},
      {"a CNAME as target", "a 5 MX 1 b\nb 5 CNAME c.test.\n",
       "3: b.e, which this MX record names, is an alias, a CNAME (RFC 2181 10.3)\n"},
      {"a DNAME above the target", "a 5 MX 1 b.d\nd 5 DNAME t.test.\n",
       "3: b.d.e, which this MX record names, is an alias, by the DNAME of d.e (RFC 2181 10.3)\n"},
      {"no address of the target", "a 5 MX 1 B\nb 5 TXT x\n",
       "3: b.e, which this MX record names, has no address in this zone\n"},
      {"a wildcard as target", "a 5 MX 1 b\n*.e. 5 A 192.0.2.1\n", ""},
      {"no mail, no service", "a 5 MX 0 .\na 5 SRV 0 0 0 .\n", ""},
      {"targets elsewhere", "a 5 MX 1 b.test.\na 5 MX 1 b.c\nc 5 NS n.test.\n", ""},
      {"signatures",
       "a 5 CNAME b.test.\na 5 RRSIG CNAME 13 2 5 20300101000000 20200101000000 7 e. AQID\n"
       "a 5 NSEC b CNAME\na 9 RRSIG NSEC 13 2 9 20300101000000 20200101000000 7 e. AQID\n",
       ""},
  };
  for (const Case& c : cases) {
    const ReadZone read = Load(c.text);
    EXPECT_NE(read.zone, nullptr) << c.name;
    const std::string want = std::string(c.want).empty() ? "" : "warning: e.zone:" + std::string(c.want);
    EXPECT_EQ(Text(read.complaints), want) << c.name;
  }
}

TEST(Rules, KeepsOneOfEachAndTheLowestTtl) {
  EXPECT_EQ(Text(*Load("a 5 A 192.0.2.2\na 3 A 192.0.2.1\na 9 A 192.0.2.2\na 7 TXT x\n").zone),
            "a.e 3 A c0000202 c0000201\na.e 7 TXT 0178\n");
}

TEST(Rules, AnRRsetFitsIntoAMessage) {
  const auto records = [](std::size_t last) {
    std::string text;
    // 12 octets of header, 7 of question, then 12 and 16,000 each.
    for (char c = '0'; c < '4'; ++c) {
      const std::size_t length = c == '3' ? last : 16000;
      text += "a 5 TYPE1234 \\# " + std::to_string(length) + " " + std::string(2 * length, c) + "\n";
    }
    return text;
  };
  const std::size_t rest = 65535 - 12 - (5 + 4) - 4 * 12 - 3 * 16000;
  EXPECT_NE(Load(records(rest)).zone, nullptr);
  EXPECT_EQ(Text(Load(records(rest + 1)).complaints),
            "e.zone:3: the TYPE1234 records of a.e do not fit into a DNS message: 65536 octets, 65535 at most\n");
}

TEST(Rules, SaysWhatASoaSays) {
  const auto read =
      ReadZoneText("@ 60 SOA ns.test. a.test. 4294967295 2 3 4 50\n@ NS ns.test.\n", "d/e.zone", "E", kSeed);
  ASSERT_NE(read.zone, nullptr) << Text(read.complaints);
  EXPECT_EQ(read.zone->serial(), 4294967295u);
  EXPECT_EQ(read.zone->negative_ttl(), 50u);
  EXPECT_EQ(read.zone->file(), "d/e.zone");
  EXPECT_EQ(read.zone->apex(), Wire("e"));
  EXPECT_TRUE(read.zone->valid());
  const auto shorter = ReadZoneText("@ 40 SOA ns.test. a.test. 1 2 3 4 50\n@ NS ns.test.\n", "e.zone", "e", kSeed);
  EXPECT_EQ(shorter.zone->negative_ttl(), 40u);
}

}  // namespace
}  // namespace waypost::zone
