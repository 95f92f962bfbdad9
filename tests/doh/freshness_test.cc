#include "doh/freshness.h"

#include <gtest/gtest.h>

#include "doh/message.h"

namespace waypost::doh {
namespace {

constexpr std::uint16_t kNoError = 0;
constexpr std::uint16_t kServFail = 2;
constexpr std::uint16_t kNxDomain = 3;
constexpr std::uint16_t kRefused = 5;

struct Case {
  const char* name;
  Message message;
  std::optional<std::uint32_t> want;
};

TEST(Freshness, OfEachKindOfResponse) {
  const std::vector<Case> cases = {
      {"one record", Message().Answer({.ttl = 60}), 60},
      {"the smallest", Message().Answer({.ttl = 60}).Answer({.ttl = 15}).Answer({.ttl = 300}), 15},
      {"zero", Message().Answer({.ttl = 0}), 0},
      {"the top bit set is zero", Message().Answer({.ttl = 0x80000000}), 0},
      {"the largest", Message().Answer({.ttl = 0x7fffffff}), 0x7fffffff},
      {"nothing at all", Message(), std::nullopt},
      {"no data", Message().Authority({.type = 6, .ttl = 900, .minimum = 60}), 60},
      {"no data, SOA's own TTL is smaller", Message().Authority({.type = 6, .ttl = 30, .minimum = 60}), 30},
      {"no such name", Message(kNxDomain).Authority({.type = 6, .ttl = 900, .minimum = 60}), 60},
      {"no such name behind a CNAME",
       Message(kNxDomain).Answer({.type = 5, .ttl = 300}).Authority({.type = 6, .ttl = 900, .minimum = 60}), 60},
      {"no such name behind a short CNAME",
       Message(kNxDomain).Answer({.type = 5, .ttl = 7}).Authority({.type = 6, .ttl = 900, .minimum = 60}), 7},
      {"no such name, no SOA", Message(kNxDomain), std::nullopt},
      {"a referral", Message().Authority({.type = 2, .ttl = 900}), std::nullopt},
      {"name servers do not count", Message().Answer({.ttl = 60}).Authority({.type = 2, .ttl = 5}), 60},
      {"additional records do not count", Message().Answer({.ttl = 60}).Additional({.ttl = 1}), 60},
      {"SERVFAIL", Message(kServFail).Answer({.ttl = 60}), std::nullopt},
      {"REFUSED", Message(kRefused), std::nullopt},
      {"cut", Message(kNoError, 0x0200).Answer({.ttl = 60}), std::nullopt},
      {"SOA that is too short", Message().Authority({.type = 6, .ttl = 900}), std::nullopt},
  };
  for (const Case& one : cases) EXPECT_EQ(Freshness(one.message.octets()), one.want) << one.name;
}

TEST(Freshness, OfEachCut) {
  const Message message = Message().Answer({.ttl = 60}).Authority({.type = 6, .ttl = 900, .minimum = 30});
  const std::vector<std::uint8_t> whole = message.octets();
  ASSERT_EQ(Freshness(whole), 30U);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    const std::vector<std::uint8_t> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
    EXPECT_EQ(Freshness(part), std::nullopt) << cut;
  }
}

TEST(Freshness, NamesAreStrict) {
  const auto with_name = [](const std::string& name) { return Message().Answer({.name = name, .ttl = 60}).octets(); };
  EXPECT_EQ(Freshness(with_name(std::string(1, '\0'))), 60U);
  EXPECT_EQ(Freshness(with_name(std::string("\1a\xc0\x0c", 4))), 60U);
  EXPECT_EQ(Freshness(with_name(std::string("\x40", 1) + std::string(64, 'a') + '\0')), std::nullopt);
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += std::string("\1a", 2);
  EXPECT_EQ(Freshness(with_name(longest + '\0')), 60U);
  EXPECT_EQ(Freshness(with_name(longest + std::string("\1a", 2) + '\0')), std::nullopt);
}

}  // namespace
}  // namespace waypost::doh
