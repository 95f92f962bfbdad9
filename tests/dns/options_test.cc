// EDNS options: cookies, name server id, keepalive, padding.
#include <gtest/gtest.h>

#include "dns/cookie.h"
#include "dns/zones.h"
#include "waypost/dns/wire.h"

namespace waypost::dns {
namespace {

class FixedClock final : public model::Clock {
 public:
  std::int64_t seconds = 1'559'731'985;
  model::Timestamp Now() const override { return {seconds * 1000}; }
};

std::string Hex(const std::string& digits) {
  std::string octets;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    octets += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return octets;
}

std::string Option(unsigned code, const std::string& value) {
  std::string text;
  for (const unsigned number : {code, static_cast<unsigned>(value.size())}) {
    text += static_cast<char>(number >> 8);
    text += static_cast<char>(number);
  }
  return text + value;
}

class Options : public ::testing::Test {
 protected:
  Options() {
    const auto kouzie = zones_.AddZone("kouzie.com");
    zones_.Register(zones_.AddService(kouzie, "backend", kA60), "b1", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
    zones_.Ready();
  }
  Asking Make(const AnswerOptions& options) {
    return Asking(AnswerSources{
        .view = zones_.view, .policy = AnswerPolicy::Create(options).value(), .keepalive = 100, .clock = &clock_});
  }
  /// The options that come back.
  static std::string Back(Asking& asking, const std::string& options) {
    const auto message = asking.Message({.name = "backend.kouzie.com", .edns = wire::Edns{.options = options}});
    EXPECT_TRUE(message && message->edns);
    EXPECT_EQ(1U, message->answer.size());
    return message && message->edns ? message->edns->options : "?";
  }

  Zones zones_;
  FixedClock clock_;
};

TEST(SipHash, ReferenceVectors) {
  CookieSecret key;
  for (std::uint8_t i = 0; i < 16; ++i) key[i] = i;
  std::vector<std::uint8_t> input;
  // The first and the sixteenth of the algorithm's published vectors, as numbers.
  EXPECT_EQ(0x726fdb47dd0e0e31ULL, SipHash24(key, input));
  for (std::uint8_t i = 0; i < 15; ++i) input.push_back(i);
  EXPECT_EQ(0xa129ca6149be45e5ULL, SipHash24(key, input));
}

// RFC 9018 A.1: secret, client cookie, address and time give this server cookie.
TEST_F(Options, CookieOfTheRfc) {
  Asking asking = Make({.cookie_secret = Hex("e5e973e5a6b2a43f48e7dc849e37bfcf")});
  asking.asker.client = Ip("198.51.100.100");
  clock_.seconds = 1'559'731'985;
  EXPECT_EQ(Option(10, Hex("2464c4abcf10c957010000005cf79f111f8130c3eee29480")),
            Back(asking, Option(10, Hex("2464c4abcf10c957"))));
  EXPECT_FALSE(asking.known_client);
}

TEST_F(Options, CookiesAgeAndAreMadeAnew) {
  Asking asking = Make({.cookie_secret = Hex("e5e973e5a6b2a43f48e7dc849e37bfcf")});
  const std::int64_t made = clock_.seconds;
  const std::string first = Back(asking, Option(10, "abcdefgh"));
  struct Case {
    const char* name;
    std::int64_t later;
    bool known;
    bool same;
  };
  for (const Case& c :
       {Case{"at once", 0, true, true}, Case{"after half an hour", 1800, true, true}, Case{"older", 1801, true, false},
        Case{"after an hour", 3600, true, false}, Case{"too old", 3601, false, false},
        Case{"from a clock that is ahead", -300, true, true}, Case{"too far ahead", -301, false, false}}) {
    clock_.seconds = made + c.later;
    EXPECT_EQ(c.same, Back(asking, first) == first) << c.name;
    EXPECT_EQ(c.known, asking.known_client) << c.name;
  }
  clock_.seconds = made;
  asking.asker.client = Ip("127.0.0.2");
  EXPECT_NE(first, Back(asking, first)) << "another client's";
  EXPECT_FALSE(asking.known_client);
}

TEST_F(Options, ACookieWithoutAQuestion) {
  Asking asking = Make({});
  wire::Octets query = wire::Header(7, 0, {0, 0, 0, 1});
  wire::PutOpt(query, {.options = Option(10, "abcdefgh")});
  const auto message = wire::Message::Decode(asking.Raw(query));
  ASSERT_TRUE(message && message->edns);
  EXPECT_EQ("NOERROR", Text(message));
  EXPECT_EQ(28U, message->edns->options.size());
  wire::Octets bare = wire::Header(7, 0, {0, 0, 0, 1});
  wire::PutOpt(bare, {});
  EXPECT_EQ("FORMERR", Text(wire::Message::Decode(asking.Raw(bare))));
}

TEST_F(Options, CookiesOfWrongLengthsAreFormErr) {
  Asking asking = Make({});
  for (const std::size_t length : {0U, 1U, 7U, 9U, 15U, 41U}) {
    const auto message = asking.Message(
        {.name = "backend.kouzie.com", .edns = wire::Edns{.options = Option(10, std::string(length, 'a'))}});
    EXPECT_EQ("FORMERR", Text(message)) << length;
  }
  EXPECT_EQ(28U, Back(asking, Option(10, std::string(40, 'a'))).size());
}

TEST_F(Options, SwitchedOff) {
  Asking asking = Make({.cookies = false});
  EXPECT_EQ("", Back(asking, Option(10, "abcdefgh") + Option(3, "")));
}

TEST_F(Options, NsidOnlyWhenAsked) {
  Asking asking = Make({.nsid = "ns1.example"});
  EXPECT_EQ(Option(3, "ns1.example"), Back(asking, Option(3, "")));
  EXPECT_EQ("", Back(asking, ""));
}

TEST_F(Options, KeepaliveOnlyOnConnections) {
  Asking asking = Make({});
  for (const auto& [transport, want] :
       {std::pair(Transport::kUdp, std::string()), std::pair(Transport::kTcp, Option(11, std::string("\0\144", 2))),
        std::pair(Transport::kTls, Option(11, std::string("\0\144", 2))),
        std::pair(Transport::kHttps, std::string())}) {
    asking.asker.transport = transport;
    EXPECT_EQ(want, Back(asking, Option(11, "")));
    EXPECT_EQ("", Back(asking, ""));
  }
}

TEST_F(Options, PaddingOnlyWhereItHides) {
  Asking asking = Make({.nsid = "x"});
  const auto size = [&](const std::string& options) {
    return asking.Raw(wire::Encode({.name = "backend.kouzie.com", .edns = wire::Edns{.options = options}})).size();
  };
  for (const auto transport : {Transport::kUdp, Transport::kTcp, Transport::kTls, Transport::kHttps}) {
    asking.asker.transport = transport;
    EXPECT_NE(468U, size(Option(3, "")));
    EXPECT_EQ(IsEncrypted(transport), size(Option(12, "")) == 468U);
    EXPECT_EQ(IsEncrypted(transport), size(Option(12, std::string(9, '\0')) + Option(3, "")) == 468U);
  }
}

}  // namespace
}  // namespace waypost::dns
