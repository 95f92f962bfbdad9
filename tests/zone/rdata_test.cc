#include "zone/rdata.h"

#include <gtest/gtest.h>

#include "text.h"

namespace waypost::zone {
namespace {

/// RDATA in hex, or `! ` and why there is none; relative names are below `e.`
std::string Read(const std::string& text) {
  const std::string entry = text;
  Lexer lexer(entry);
  Entry words;
  lexer.Next(words);
  const auto type = ReadType(words.tokens.front().text);
  if (!type) return "! no type";
  std::vector<std::uint8_t> rdata;
  const model::Status read = ReadRdata(*type, std::span<const Token>(words.tokens).subspan(1), Wire("e"), rdata);
  if (!read.ok()) return "! " + read.error().message;
  return Hex({reinterpret_cast<const char*>(rdata.data()), rdata.size()});
}

TEST(Rdata, ReadsEachType) {
  struct Case {
    const char* text;
    const char* want;
  };
  const Case cases[] = {
      {"A 192.0.2.1", "c0000201"},
      {"AAAA 2001:db8::1", "20010db8000000000000000000000001"},
      {"NS Ns1", "034e7331016500"},
      {"CNAME @", "016500"},
      {"PTR Host.Example.", "04486f7374074578616d706c6500"},
      {"SOA a b 1 1h 1m 1w 1d",
       "01610165000162016500"
       "00000001"
       "00000e10"
       "0000003c"
       "00093a80"
       "00015180"},
      {"MX 10 .", "000a00"},
      {"MX 10 @.", "000a014000"},
      {"TXT a \"b c\" \"\"",
       "0161"
       "03622063"
       "00"},
      {"TXT \"a\\\"b\\;c\\\\\" x\\032y \\000",
       "06"
       "6122623b635c"
       "03"
       "782079"
       "0100"},
      {"TXT \"ü\"", "02c3bc"},
      {"SPF v=spf1", "06763d73706631"},
      {"SRV 1 2 65535 t", "00010002ffff0174016500"},
      {"NAPTR 1 2 U E2U+sip \"!^.*$!sip:a@b!\" .",
       "0001"
       "0002"
       "0155"
       "074532552b736970"
       "0e215e2e2a24217369703a61406221"
       "00"},
      {"CAA 0 issue ca.test",
       "00"
       "056973737565"
       "63612e74657374"},
      {"CAA 128 issuewild \";\"",
       "80"
       "09697373756577696c64"
       "3b"},
      {"TLSA 3 1 1 ( ab\n CD ef )", "030101abcdef"},
      {"SSHFP 4 2 0123", "04020123"},
      {"DS 12345 13 2 00ff", "30390d0200ff"},
      {"DS 12345 ECDSAP256SHA256 2 00ff", "30390d0200ff"},
      {"DNSKEY 257 3 13 AQID BA==", "0101030d01020304"},
      {"CDS 0 0 0 00", "0000000000"},
      {"RRSIG A 13 2 300 20300101000000 20200101000000 7 e. AQID",
       "00010d020000012c"
       "70dbd880"
       "5e0be100"
       "0007"
       "016500"
       "010203"},
      {"NSEC b A RRSIG TYPE1234",
       "0162016500"
       "0006400000000002041b000000000000000000000000000000000000000000000000000020"},
      {"NSEC3PARAM 1 0 0 -", "0100000000"},
      {"LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m", "000016138b3cf018810cbce0009895b8"},
      {"LOC 52 N 4 E 0",
       "00121613"
       "8b287200"
       "80dbba00"
       "00989680"},
      {"CERT 0 0 0 AQID",
       "0000000000"
       "010203"},
      {"HINFO PC \"Linux 6\"", "025043074c696e75782036"},
      {"RP a b", "01610165000162016500"},
      {"AFSDB 1 a", "00010161016500"},
      {"KX 1 a", "00010161016500"},
      {"DNAME a", "0161016500"},
      {"URI 10 1 \"https://a/\"", "000a000168747470733a2f2f612f"},
      {"SVCB 0 a", "00000161016500"},
      {"HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1",
       "000100"
       "0001000602683202"
       "6833"
       "0003000220fb"
       "00040004c0000201"},
      {"HTTPS 1 . port=\"443\" alpn=\"h2\"",
       "000100"
       "00010003026832"
       "0003000201bb"},
      {"APL 1:192.168.32.0/21 !1:192.168.38.0/28",
       "00011503c0a820"
       "00011c83c0a826"},
      {"CERT PKIX 1 RSASHA256 AQID",
       "000100010801"
       "0203"},
      {"OPENPGPKEY AQID", "010203"},
      {"SMIMEA 3 0 0 aa", "030000aa"},
      {"CSYNC 66 3 A NS",
       "0000004200030001"
       "60"},
      {"ZONEMD 1 1 1 aabb", "000000010101aabb"},
      {"IPSECKEY 10 1 2 192.0.2.38 AQID", "0a0102c0000226010203"},
      {"IPSECKEY 10 0 2 .", "0a0002"},
      {"IPSECKEY 10 3 2 gw AQ ID",
       "0a0302"
       "0267770165"
       "00"
       "010203"},
      {"HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdx rvs.test.",
       "10020006"
       "200100107b1a74df365639cc39f1d578"
       "03010001b771"
       "03727673047465737400"},
      {"EUI48 00-00-5e-00-53-2a", "00005e00532a"},
      {"NID 10 0014:4fff:ff20:ee64", "000a00144fffff20ee64"},
      {"TYPE1234 \\# 3 ab cdef", "abcdef"},
      {"TYPE1234 \\# 0", ""},
      {"TYPE1 \\# 4 c0000201", "c0000201"},
      {"TYPE1 192.0.2.1", "c0000201"},
      {"mx \\# 4 000a 0100", "! these octets are not what a record of this type has"},
      {"MX \\# 5 000a 014100", "000a014100"},
      {"WKS \\# 6 c0000201 06 80", "c00002010680"},
  };
  for (const Case& c : cases) EXPECT_EQ(Read(c.text), c.want) << c.text;
}

TEST(Rdata, RefusesWhatItDoesNotMean) {
  struct Case {
    std::string text;
    const char* want;
  };
  const std::string long_text(256, 'x');
  const Case cases[] = {
      {"A 192.0.2", "\"192.0.2\" is not an IPv4 address"},
      {"A 192.0.2.256", "\"192.0.2.256\" is not an IPv4 address"},
      {"A", "its RDATA has 0 of 1 fields"},
      {"A 192.0.2.1 x", "too much behind its RDATA: \"x\" (wanted: 1 field)"},
      {"AAAA 192.0.2.1", "\"192.0.2.1\" is not an IPv6 address"},
      {"NS a..b", "\"a..b\" is not a domain name: a label is empty"},
      {"MX a", "field 1: \"a\" is not a number from 0 to 65535"},
      {"MX 10", "its RDATA has 1 of 2 fields"},
      {"MX 65536 a", "field 1: \"65536\" is not a number from 0 to 65535"},
      {"MX -1 a", "field 1: \"-1\" is not a number from 0 to 65535"},
      {"MX 10 a b", "too much behind its RDATA: \"b\" (wanted: 2 fields)"},
      {"SOA a b 1 2 3 4", "its RDATA has 6 of 7 fields"},
      {"SOA a b 4294967296 2 3 4 5", "field 3: \"4294967296\" is not a number from 0 to 4294967295"},
      {"SOA a b 1 2x 3 4 5", "field 4: \"2x\" is not a time such as 3600 or 1h30m, up to 2147483647 seconds"},
      {"TXT", "its RDATA has 0 of 1 fields"},
      {"TXT a\\300", "\"a\\300\" has a bad escape (wanted: \\DDD up to \\255, or \\X)"},
      {"TXT " + long_text, "octets; a string has 255 at most: write several, each in its own quotes"},
      {"TLSA 3 1 256 ab", "field 3: \"256\" is not a number from 0 to 255"},
      {"TLSA 3 1 1 abc", "field 4: hex with an odd number of digits"},
      {"TLSA 3 1 1 xy", "field 4: \"xy\" is not hex"},
      {"TLSA 3 1 1", "its RDATA has 3 of 4 fields"},
      {"DS 1 256 2 ab", "field 2: \"256\" is not a number from 0 to 255"},
      {"DS 1 NOSUCH 2 ab", "field 2: \"NOSUCH\" is not a number or name of an algorithm"},
      {"DNSKEY 1 3 13 !", "field 4: \"!\" is not base64"},
      {"NSEC b junk", "field 2: \"junk\" is not a record type"},
      {"RRSIG junk 13 2 1 1 1 1 e. AQID", "field 1: \"junk\" is not a record type"},
      {"CERT -0 1 8 AQID", "field 1: \"-0\" is not a number or name of an algorithm"},
      {"DS 1 +1 2 ab", "field 2: \"+1\" is not a number or name of an algorithm"},
      {"LOC 91 N 4 E 0m", "\"91\" is not a location"},
      {"LOC 52 60 N 4 E 0m", "is not a location"},
      {"LOC 52 N 181 E 0m", "is not a location"},
      {"LOC 52 N 4 E 42849673m", "is not a location"},
      {"LOC 52 N 4 E", "is not a location"},
      {"LOC 52 N 4 E 0m 1e9m", "is not a location"},
      {"LOC here", "\"here\" is not a location"},
      {"HTTPS 1 . port=70000", "field 3: \"port=70000\" is not a port from 0 to 65535"},
      {"HTTPS 1 . alpn=h2 alpn=h3", "field 3: a service parameter is given twice"},
      {"HTTPS 1 . junk", "field 3: \"junk\" is not a list such as alpn=h2,h3 port=443"},
      {"CAA 0 issue", "its RDATA has 2 of 3 fields"},
      {"CAA 256 issue x", "field 1: \"256\" is not a number from 0 to 255"},
      {"CERT 70000 1 8 AQID", "field 1: \"70000\" is not a number from 0 to 65535"},
      {"IPSECKEY 10 1 2 gw AQID", "\"gw\" is not an IPv4 address"},
      {"IPSECKEY 10 0 2 gw", "\"gw\" is not . (this kind has none)"},
      {"IPSECKEY 10 4 2 gw", "4 is no kind of gateway"},
      {"IPSECKEY 10 1 2", "wanted: precedence, kind of gateway, algorithm, gateway, key"},
      {"HIP 2 200 AwEAAbdx", "\"2 200 AwEAAbdx\" is not an algorithm, a tag in hex and a key in base64"},
      {"APL x", "\"x\" is not an address prefix"},
      {"WKS 192.0.2.1 TCP smtp", "field 2: this type is known in the form \\# LENGTH HEX only"},
      {"NSAP 0x47.0005", "this type is known in the form \\# LENGTH HEX only"},
      {"TYPE1234 abc", "this type is known in the form \\# LENGTH HEX only"},
      {"TYPE1234 \\#", "behind \\# the length of the RDATA is wanted"},
      {"TYPE1234 \\# x", "\"x\" is not a length from 0 to 65535"},
      {"TYPE1234 \\# 65536 ab", "\"65536\" is not a length from 0 to 65535"},
      {"TYPE1234 \\# 2 ab", "\\# says 2 octets, but 1 follow"},
      {"TYPE1234 \\# 1 a", "hex with an odd number of digits"},
      {"A \\# 3 c00002", "these octets are not what a record of this type has"},
      {"A \\# 5 c000020101", "these octets are not what a record of this type has"},
      {"NS \\# 2 c000", "these octets are not what a record of this type has"},
      {"MX \\# 2 000a", "these octets are not what a record of this type has"},
      {"NS \\# 0", "these octets are not what a record of this type has"},
  };
  for (const Case& c : cases) {
    const std::string read = Read(c.text);
    EXPECT_TRUE(read.starts_with("! ") && read.find(c.want) != std::string::npos) << c.text << " → " << read;
  }
}

TEST(Rdata, StringsOf255Octets) {
  const std::string longest(255, 'x');
  EXPECT_EQ(Read("TXT \"" + longest + "\""), "ff" + Hex(longest));
  std::string many = "TXT";
  for (int i = 0; i < 255; ++i) many += " \"" + longest + "\"";
  EXPECT_EQ(Read(many + " \"" + std::string(254, 'y') + "\"").size(), 2u * 65535);
  EXPECT_EQ(Read(many + " \"" + longest + "\""), "! its RDATA is longer than 65535 octets");
}

TEST(Rdata, LengthsDoNotWrap) {
  const std::string too_long = "is too long";
  const auto is_too_long = [&](const std::string& text) { return Read(text).find(too_long) != std::string::npos; };
  EXPECT_EQ(Read("OPENPGPKEY " + std::string(87376, 'A')).size(), 2u * 65532);
  EXPECT_TRUE(is_too_long("OPENPGPKEY " + std::string(87380, 'A')));
  EXPECT_EQ(Read("DNSKEY 257 3 13 " + std::string(87376, 'A')), "! its RDATA is longer than 65535 octets");
  EXPECT_EQ(Read("NSEC3PARAM 1 0 0 " + std::string(510, 'a')), "01000000ff" + std::string(510, 'a'));
  EXPECT_TRUE(is_too_long("NSEC3PARAM 1 0 0 " + std::string(512, 'a')));
  EXPECT_TRUE(is_too_long("NSEC3 1 0 0 - " + std::string(409, 'a') + " A"));
  std::string protocols = "HTTPS 1 . alpn=aa";
  while (protocols.size() + 3 <= 8192 + 10) protocols += ",aa";
  EXPECT_EQ(Read(protocols).size(), 2 * (2 + 1 + 4 + protocols.size() - 14));
  EXPECT_TRUE(is_too_long(protocols + ",aa"));
}

TEST(Rdata, TypesHaveNamesAndNumbers) {
  EXPECT_EQ(ReadType("type65"), 65);
  EXPECT_EQ(ReadType("https"), 65);
  EXPECT_EQ(ReadType("TYPE65535"), 65535);
  for (const char* text : {"TYPE65536", "TYPE", "TYPE-1", "TYPE1x", "junk", "", "A ", "TYPE0000000000000001"}) {
    EXPECT_FALSE(ReadType(text)) << text;
  }
  EXPECT_EQ(TypeName(15), "MX");
  EXPECT_EQ(TypeName(1234), "TYPE1234");
  for (const int type : {0, 41, 128, 249, 250, 251, 252, 255}) {
    EXPECT_FALSE(IsDataType(static_cast<std::uint16_t>(type))) << type;
  }
  for (const int type : {1, 127, 256, 257, 65535}) {
    EXPECT_TRUE(IsDataType(static_cast<std::uint16_t>(type))) << type;
  }
}

}  // namespace
}  // namespace waypost::zone
