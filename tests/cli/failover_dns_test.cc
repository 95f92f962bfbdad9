#include "cli/failover_dns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace waypost::cli {
namespace {

using Bytes = std::vector<std::uint8_t>;
using testing::HasSubstr;

const DnsQuestion kQuestion{0x1234, "web.Shop.example", DnsType::kA};

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes Octets(const char* text) { return Bytes(text, text + std::char_traits<char>::length(text)); }

Bytes Header(std::uint16_t flags, std::uint8_t questions, std::uint8_t answers, std::uint8_t additionals = 0) {
  return {0x12,
          0x34,
          static_cast<std::uint8_t>(flags >> 8),
          static_cast<std::uint8_t>(flags),
          0,
          questions,
          0,
          answers,
          0,
          0,
          0,
          additionals};
}

/// web.shop.example at offset 12; shop.example at 16.
Bytes Name() { return Bytes{3} + Octets("web") + Bytes{4} + Octets("shop") + Bytes{7} + Octets("example") + Bytes{0}; }

Bytes Question(std::uint8_t type = 1) { return Name() + Bytes{0, type, 0, 1}; }

Bytes Record(const Bytes& owner, std::uint8_t type, const Bytes& data, std::uint8_t ttl = 60) {
  return owner + Bytes{0, type, 0, 1, 0, 0, 0, ttl, 0, static_cast<std::uint8_t>(data.size())} + data;
}

const Bytes kOwner{0xc0, 12};

std::string Problem(const Bytes& message, const DnsQuestion& question = kQuestion) {
  const auto answer = ReadAnswer(message, question);
  return answer.ok() ? "" : answer.error().message;
}

TEST(FailoverDns, WritesAQueryWithEdns) {
  const auto query = WriteQuery(kQuestion);
  ASSERT_TRUE(query.ok());
  const Bytes name = Bytes{3} + Octets("web") + Bytes{4} + Octets("Shop") + Bytes{7} + Octets("example") + Bytes{0};
  const Bytes header{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1};
  const Bytes type_and_class{0, 1, 0, 1};
  const Bytes opt{0, 0, 41, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(header + name + type_and_class + opt, *query);
}

TEST(FailoverDns, AsksOnlyForNamesThatCanBe) {
  const auto allowed = [](const std::string& name) { return WriteQuery({1, name, DnsType::kA}).ok(); };
  const std::string label(63, 'a');
  EXPECT_TRUE(allowed("a.b."));
  EXPECT_TRUE(allowed(label + ".b"));
  EXPECT_FALSE(allowed(label + "a.b"));
  EXPECT_FALSE(allowed("a..b"));
  EXPECT_FALSE(allowed(".a"));
  EXPECT_FALSE(allowed(""));
  // 3 × 64 + 62 + 1 = 255 octets, and one more.
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_TRUE(allowed(longest));
  EXPECT_FALSE(allowed(longest + "a"));
}

TEST(FailoverDns, ReadsAddresses) {
  const auto answer = ReadAnswer(
      Header(0x8580, 1, 2) + Question() + Record(kOwner, 1, {10, 0, 0, 7}) + Record(kOwner, 1, {10, 0, 0, 8}, 5),
      kQuestion);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(kDnsNoError, answer->rcode);
  EXPECT_FALSE(answer->truncated);
  ASSERT_EQ(2U, answer->answers.size());
  EXPECT_EQ("web.shop.example", answer->answers[0].name);
  EXPECT_EQ("10.0.0.7", answer->answers[0].data);
  EXPECT_EQ(60U, answer->answers[0].ttl_s);
  EXPECT_EQ("10.0.0.8", answer->answers[1].data);
  EXPECT_EQ(5U, answer->answers[1].ttl_s);
}

TEST(FailoverDns, ReadsSrvWithItsTargets) {
  const DnsQuestion question{0x1234, "web.shop.example", DnsType::kSrv};
  const Bytes target = Bytes{3} + Octets("I-1") + kOwner;
  const Bytes srv = Bytes{0, 1, 0, 1, 0x1f, 0x90} + target;
  Bytes six(16, 0);
  six[0] = 0x20;
  six[1] = 1;
  six[15] = 2;
  const auto answer =
      ReadAnswer(Header(0x8400, 1, 1, 3) + Question(33) + Record(kOwner, 33, srv) + Record(target, 1, {10, 0, 0, 7}) +
                     Record(target, 28, six) + Bytes{0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0},
                 question);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  ASSERT_EQ(1U, answer->answers.size());
  EXPECT_EQ("i-1.web.shop.example", answer->answers[0].data);
  EXPECT_EQ(8080, answer->answers[0].port);
  ASSERT_EQ(2U, answer->additionals.size()) << "OPT is no record of ours";
  EXPECT_EQ("i-1.web.shop.example", answer->additionals[0].name);
  EXPECT_EQ("2001::2", answer->additionals[1].data);
}

TEST(FailoverDns, ReadsNegativeAndCutAnswers) {
  const auto negative = ReadAnswer(Header(0x8403, 1, 0) + Question(), kQuestion);
  ASSERT_TRUE(negative.ok());
  EXPECT_EQ(kDnsNxDomain, negative->rcode);
  const auto cut = ReadAnswer(Header(0x8600, 1, 0) + Question(), kQuestion);
  ASSERT_TRUE(cut.ok());
  EXPECT_TRUE(cut->truncated);
  const auto refused = ReadAnswer(Header(0x8005, 0, 0), kQuestion);
  ASSERT_TRUE(refused.ok()) << "an error may come without the question";
  EXPECT_EQ(5, refused->rcode);
}

TEST(FailoverDns, EscapesWhatIsNoHostName) {
  const DnsQuestion question{0x1234, "web.shop.example", DnsType::kCname};
  const auto answer = ReadAnswer(
      Header(0x8400, 1, 1) + Question(5) + Record(kOwner, 5, Bytes{3, 'A', '.', 7} + Bytes{0xc0, 16}), question);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ("a\\046\\007.shop.example", answer->answers[0].data);
}

TEST(FailoverDns, ATtlWithTheHighestBitIsNone) {
  Bytes record = Record(kOwner, 1, {10, 0, 0, 7});
  record[6] = 0x80;
  const auto answer = ReadAnswer(Header(0x8400, 1, 1) + Question() + record, kQuestion);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(0U, answer->answers[0].ttl_s);
}

TEST(FailoverDns, RefusesWhatIsNoAnswerToTheQuestion) {
  const Bytes good = Header(0x8400, 1, 1) + Question() + Record(kOwner, 1, {10, 0, 0, 7});
  ASSERT_EQ("", Problem(good));
  Bytes other_id = good;
  other_id[1] ^= 1;
  Bytes query = good;
  query[2] &= 0x7f;
  Bytes update = good;
  update[2] |= 0x28;
  struct Case {
    const char* name;
    Bytes message;
    const char* want;
  };
  const Bytes a = Record(kOwner, 1, {10, 0, 0, 7});
  const Case cases[] = {
      {"empty", {}, "shorter than a header"},
      {"another id", other_id, "id"},
      {"a query", query, "no response"},
      {"another opcode", update, "no response"},
      {"no question", Header(0x8400, 0, 0), "0 questions"},
      {"two questions", Header(0x8400, 2, 0) + Question() + Question(), "2 questions"},
      {"another type", Header(0x8400, 1, 0) + Question(28), "another question"},
      {"another name", Header(0x8400, 1, 0) + Bytes{3} + Octets("web") + Bytes{0, 0, 1, 0, 1}, "another question"},
      {"octets behind", good + Bytes{0}, "behind its end"},
      {"a record too few", Header(0x8400, 1, 2) + Question() + a, "cut short"},
      {"A of 3 octets", Header(0x8400, 1, 1) + Question() + Record(kOwner, 1, {10, 0, 0}), "not of its type"},
      {"A of 5 octets", Header(0x8400, 1, 1) + Question() + Record(kOwner, 1, {10, 0, 0, 7, 9}), "not of its type"},
      {"AAAA of 4 octets", Header(0x8400, 1, 1) + Question() + Record(kOwner, 28, {10, 0, 0, 7}), "not of its type"},
      {"SRV without target", Header(0x8400, 1, 1) + Question() + Record(kOwner, 33, {0, 1, 0, 1, 0, 80}),
       "not of its type"},
      {"target and more", Header(0x8400, 1, 1) + Question() + Record(kOwner, 5, {0xc0, 12, 0}), "not of its type"},
      {"pointer to itself", Header(0x8400, 1, 1) + Question() + Record({0xc0, 34}, 1, {10, 0, 0, 7}), "cut short"},
      {"pointer forwards", Header(0x8400, 1, 1) + Question() + Record({0xc0, 36}, 1, {10, 0, 0, 7}), "cut short"},
      {"pointer into the header", Header(0x8400, 1, 1) + Question() + Record({0xc0, 2}, 1, {10, 0, 0, 7}), "cut short"},
      {"label type 01", Header(0x8400, 1, 1) + Question() + Record({0x41, 0}, 1, {10, 0, 0, 7}), "cut short"},
  };
  for (const Case& each : cases) {
    EXPECT_THAT(Problem(each.message), HasSubstr(each.want)) << each.name;
  }
  Bytes many = good;
  many[6] = 0xff;
  EXPECT_THAT(Problem(many), HasSubstr("too many records"));
}

TEST(FailoverDns, NamesEndAt255Octets) {
  const Bytes label = Bytes{63} + Bytes(63, 'a');
  const auto with_owner = [&](std::uint8_t last) {
    return Header(0x8400, 1, 1) + Question() +
           Record(label + label + label + Bytes{last} + Bytes(last, 'a') + Bytes{0}, 1, {10, 0, 0, 7});
  };
  EXPECT_EQ("", Problem(with_owner(61)));
  EXPECT_NE("", Problem(with_owner(62)));
}

/// Whatever the octets are, reading ends, and stays inside (the sanitizers watch).
TEST(FailoverDns, SurvivesCutsAndChangedOctets) {
  const DnsQuestion question{0x1234, "web.shop.example", DnsType::kSrv};
  const Bytes target = Bytes{3} + Octets("i-1") + kOwner;
  const Bytes good = Header(0x8400, 1, 1, 1) + Question(33) +
                     Record(kOwner, 33, Bytes{0, 1, 0, 1, 0x1f, 0x90} + target) + Record(target, 1, {10, 0, 0, 7});
  ASSERT_EQ("", Problem(good, question));
  for (std::size_t size = 0; size < good.size(); ++size) {
    // A copy of exactly this size, so that a read beyond is seen.
    EXPECT_NE("", Problem(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)), question)) << size;
  }
  std::size_t refused = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      Bytes changed = good;
      changed[at] = static_cast<std::uint8_t>(value);
      refused += Problem(changed, question).empty() ? 0 : 1;
    }
  }
  EXPECT_GT(refused, 1000U);
}

}  // namespace
}  // namespace waypost::cli
