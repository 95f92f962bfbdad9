#include "zone/reader.h"

#include <gtest/gtest.h>

#include "text.h"
#include "zone/lexer.h"

namespace waypost::zone {
namespace {

TEST(Reader, Records) {
  struct Case {
    const char* name;
    const char* text;
    const char* want;
  };
  const Case cases[] = {
      {"TTL and class in either order", "a 5 IN A 192.0.2.1\nb IN 5 A 192.0.2.2\nc CLASS1 5 A 192.0.2.3\n",
       "a.e 5 A c0000201\nb.e 5 A c0000202\nc.e 5 A c0000203\n"},
      {"owner of the record before", "a 5 A 192.0.2.1\n  5 TXT x\n\n\t5 A 192.0.2.2\n",
       "a.e 5 A c0000201 c0000202\na.e 5 TXT 0178\n"},
      {"blank before a parenthesis", "a 5 A 192.0.2.1\n  ( 5\n TXT x )\n", "a.e 5 A c0000201\na.e 5 TXT 0178\n"},
      {"$TTL", "$TTL 1h\na A 192.0.2.1\n$ttl 2h\nb A 192.0.2.1\nc 3 A 192.0.2.1\nd A 192.0.2.1\n",
       "a.e 3600 A c0000201\nb.e 7200 A c0000201\nc.e 3 A c0000201\nd.e 7200 A c0000201\n"},
      {"TTL of the record before", "a 7 A 192.0.2.1\nb A 192.0.2.1\n", "a.e 7 A c0000201\nb.e 7 A c0000201\n"},
      {"TTL with units", "a 1h30m A 192.0.2.1\nb 1W2D A 192.0.2.1\n", "a.e 5400 A c0000201\nb.e 777600 A c0000201\n"},
      {"TTL limits", "a 0 A 192.0.2.1\nb 2147483647 A 192.0.2.1\n", "a.e 0 A c0000201\nb.e 2147483647 A c0000201\n"},
      {"$ORIGIN", "$ORIGIN x.e.\na 5 A 192.0.2.1\n@ 5 A 192.0.2.2\n$ORIGIN y\na 5 A 192.0.2.3\n",
       "x.e 5 A c0000202\na.x.e 5 A c0000201\na.y.x.e 5 A c0000203\n"},
      {"origin out of the zone", "$ORIGIN test.\na 5 A 192.0.2.1\n", "e.zone:4: a.test is out of the zone"},
      {"origin inside RDATA, its case kept", "$ORIGIN X.E.\na 5 CNAME B\n", "a.x.e 5 CNAME 01420158014500\n"},
      {"owner is folded", "A.B 5 A 192.0.2.1\n", "a.b.e 5 A c0000201\n"},
      {"absolute owner", "a.e. 5 A 192.0.2.1\n", "a.e 5 A c0000201\n"},
      {"escapes", "a\\.b 5 TXT \"\\\"\\;\"\n\\$x 5 A 192.0.2.1\n\\065 5 A 192.0.2.1\n",
       "\\$x.e 5 A c0000201\na.e 5 A c0000201\na\\.b.e 5 TXT 02223b\n"},
      {"owners named like types and classes", "in 5 A 192.0.2.1\nA 5 A 192.0.2.1\n5 5 A 192.0.2.1\n",
       "5.e 5 A c0000201\na.e 5 A c0000201\nin.e 5 A c0000201\n"},
      {"RFC 3597", "a CLASS1 5 TYPE1234 \\# 2 ( ab\n cd )\n", "a.e 5 TYPE1234 abcd\n"},
      {"no newline at the end", "a 5 A 192.0.2.1", "a.e 5 A c0000201\n"},
      {"CRLF", "a 5 A 192.0.2.1\r\n  5 TXT x\r\n", "a.e 5 A c0000201\na.e 5 TXT 0178\n"},
  };
  for (const Case& c : cases) {
    const ReadZone read = Load(c.text);
    const std::string text = read.zone != nullptr ? Text(*read.zone) : Text(read.complaints);
    if (read.zone != nullptr) {
      EXPECT_EQ(text, c.want) << c.name << "\n" << Text(read.complaints);
    } else {
      EXPECT_TRUE(text.starts_with(c.want)) << c.name << ": " << text;
    }
  }
}

TEST(Reader, SoaGivesTheFirstTtl) {
  const auto read = ReadZoneText("@ SOA ns.test. a.test. 1 2 3 4 77\n NS ns.test.\n", "e.zone", "e", kSeed);
  ASSERT_NE(read.zone, nullptr) << Text(read.complaints);
  EXPECT_EQ(read.zone->apex_node().Find(6)->ttl, 77u);
  EXPECT_EQ(read.zone->apex_node().Find(2)->ttl, 77u);
}

TEST(Reader, RefusesWithFileAndLine) {
  struct Case {
    std::string text;
    const char* want;  // how the first complaint begins
  };
  const Case cases[] = {
      {"junk junk\n", "e.zone:3: \"junk\" is no record type"},
      {"a 5\n", "e.zone:3: a record type and RDATA are wanted behind its owner"},
      {"a\n", "e.zone:3: a record type and RDATA are wanted"},
      {"a 5 TYPE0 \\# 0\n", "e.zone:3: TYPE0 is no type of data in a zone"},
      {"a 5 AXFR x\n", "e.zone:3: "},
      {"a 5 OPT x\n", "e.zone:3: OPT is no type of data in a zone"},
      {"a 5 CH A 192.0.2.1\n", "e.zone:3: class \"CH\"; only IN is served"},
      {"a 5 CLASS3 A 192.0.2.1\n", "e.zone:3: class \"CLASS3\"; only IN is served"},
      {"a 5 IN IN A 192.0.2.1\n", "e.zone:3: \"IN\" is no record type"},
      {"a 5 6 A 192.0.2.1\n", "e.zone:3: \"6\" is no record type"},
      {"a 1x A 192.0.2.1\n", "e.zone:3: \"1x\" is not a TTL (wanted: seconds, or such as 1h30m; at most 2147483647)"},
      {"a 2147483648 A 192.0.2.1\n", "e.zone:3: \"2147483648\" is not a TTL"},
      {"a..b 5 A 192.0.2.1\n 5 A junk\n", "e.zone:3: the owner \"a..b\" is not a domain name: a label is empty\n"},
      {"b.test. 5 A 192.0.2.1\n", "e.zone:3: b.test is out of the zone: it is not e or a name below it"},
      {"xe. 5 A 192.0.2.1\n", "e.zone:3: xe is out of the zone"},
      {"a 5 A (\n 192.0.2\n)\n", "e.zone:3: A: \"192.0.2\" is not an IPv4 address"},
      {"\n; c\na 5 A 1\n", "e.zone:5: A: \"1\" is not an IPv4 address"},
      {"a 5 TXT \"x\n", "e.zone:3: a \" that is not closed on its line"},
      {"a 5 TXT (\n x\n", "e.zone:3: the ( of this record is never closed"},
      {"$ORIGIN\n", "e.zone:3: $ORIGIN wants one domain name"},
      {"$ORIGIN a..b\n", "e.zone:3: $ORIGIN: \"a..b\" is not a domain name"},
      {"$TTL\n", "e.zone:3: $TTL wants one time"},
      {"$TTL x\n", "e.zone:3: \"x\" is not a TTL"},
      {"$INCLUDE x\n", "e.zone:3: $INCLUDE is not possible here"},
      {"$JUNK x\n", "e.zone:3: \"$JUNK\" is no directive (wanted: $ORIGIN, $TTL, $INCLUDE or $GENERATE"},
      {"$GENERATE 1 a A 192.0.2.$\n", "e.zone:3: $GENERATE: \"1\" is not a range"},
      {"$GENERATE 1-2 a$ A\n", "e.zone:3: $GENERATE wants a range, an owner, a type and RDATA"},
  };
  for (const Case& c : cases) {
    const ReadZone read = Load(c.text);
    EXPECT_EQ(read.zone, nullptr) << c.text;
    const std::string text = Text(read.complaints);
    EXPECT_TRUE(text.starts_with(c.want)) << c.text << " → " << text;
  }
}

TEST(Reader, TheFirstRecordNeedsOwnerAndTtl) {
  EXPECT_EQ(Text(ReadZoneText("  5 A 192.0.2.1\n", "f", "e", kSeed).complaints),
            "f:1: the line begins with a blank, so its owner is that of the record before, but there is none\n");
  EXPECT_EQ(Text(ReadZoneText("a A 192.0.2.1\n", "f", "e", kSeed).complaints),
            "f:1: it has no TTL, and none is to be had from before (wanted: $TTL at the top of the file)\n");
}

TEST(Reader, SaysAllThatIsWrongUpToALimit) {
  EXPECT_EQ(Text(Load("a 5 A x\nb 5 A 192.0.2.1\nc 5 A y\n").complaints),
            "e.zone:3: A: \"x\" is not an IPv4 address\ne.zone:5: A: \"y\" is not an IPv4 address\n");
  std::string many;
  for (int i = 0; i < 21; ++i) many += "a 5 A x\n";
  const auto complaints = Load(many).complaints;
  ASSERT_EQ(complaints.size(), 21u);
  EXPECT_EQ(complaints.back().str(), "e.zone: and 1 more complaints about this zone");
  EXPECT_TRUE(complaints.back().fatal);
  EXPECT_EQ(Load(many.substr(8)).complaints.size(), 20u);
}

TEST(Reader, WarningsDoNotCrowdOutWhatIsFatal) {
  std::string text = "a 5 A 192.0.2.1\n";
  for (int i = 0; i < 30; ++i) text += "a 5 A 192.0.2.1\n";
  const ReadZone warned = Load(text);
  EXPECT_NE(warned.zone, nullptr);
  EXPECT_EQ(warned.complaints.size(), 21u);
  EXPECT_FALSE(warned.complaints.back().fatal);
  const ReadZone refused = Load(text + "b 5 CNAME c\nb 5 CNAME d\n");
  EXPECT_EQ(refused.zone, nullptr);
  EXPECT_NE(Text(refused.complaints).find("\ne.zone:35: a second CNAME"), std::string::npos)
      << Text(refused.complaints);
}

TEST(Reader, GeneratesRecords) {
  EXPECT_EQ(Good("$GENERATE 1-3/2 h$ 5 A 192.0.2.$\n$GENERATE 9-10 ${1,3,d} 5 IN CNAME h\\$${0,2,x}\n"),
            "010.e 5 CNAME 04682430390"
            "16500\n011.e 5 CNAME 04682430610"
            "16500\n"
            "h1.e 5 A c0000201\nh3.e 5 A c0000203\n");
  std::string twice;
  for (std::uint32_t i = 0; i <= kGeneratedMax / 65536; ++i) twice += "$GENERATE 0-65535 a 5 A 192.0.2.1\n";
  const ReadZone read = Load(twice);
  EXPECT_EQ(read.zone, nullptr);
  EXPECT_EQ(Text(read.complaints), "e.zone:18: $GENERATE makes more than 1000000 records\n");
}

TEST(Reader, LimitsTheRdataOfAZone) {
  Limits limits;
  limits.file_octets_max = 1000;
  std::string text = kHead;
  text += "$GENERATE 1-20 h$ 5 TYPE1234 \\# 40 " + std::string(80, '0') + "\n";
  EXPECT_NE(ReadZoneText(text, "e.zone", "e", kSeed, limits).zone, nullptr);
  text += "$GENERATE 21-40 h$ 5 TYPE1234 \\# 40 " + std::string(80, '0') + "\n";
  EXPECT_EQ(Text(ReadZoneText(text, "e.zone", "e", kSeed, limits).complaints),
            "e.zone:4: the zone has more RDATA than 1000 octets\n");
}

}  // namespace
}  // namespace waypost::zone
