// Transaction signatures against vectors that dnspython's dns.tsig made, and the rules of RFC 8945 5.
#include "waypost/dns/tsig.h"

#include <gtest/gtest.h>

#include <cctype>

#include "dns/wire_message.h"
#include "waypost/dns/protocol.h"

namespace waypost::dns {
namespace {

using wire::Octets;

constexpr std::uint64_t kTime = 1'700'000'000;
// Key `transfer.`, its secret the octets 0…31.
constexpr const char* kSecret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const std::string kQuestion = "00000001000000000000066b6f757a696503636f6d0000fc0001";
const std::string kSigned = "00000001000000000001066b6f757a696503636f6d0000fc0001";
const std::string kRecord = "087472616e736665720000fa00ff00000000003d0b686d61632d73686132353600";
const std::string kQuery = "1234" + kSigned + kRecord +
                           "00006553f100012c00207196a7ecd37682486850fa65e5987aa1e952153905e96abaaf0b43b0c59c8535"
                           "123400000000";
const std::string kFirst = "12348400" + kSigned.substr(4) + kRecord +
                           "00006553f105012c0020458fc402e24c9f3ea61efdaeedb07799b79269c367ff75ca099d7c8d541fee5f"
                           "123400000000";
const std::string kSecond = "12348400" + kSigned.substr(4) + kRecord +
                            "00006553f106012c00204b9d734ed949635e60cb18e3c76f32f38b5ded0cba9f41c644cd26d52e981a8b"
                            "123400000000";
const std::string kThird = "12348400" + kSigned.substr(4) + kRecord +
                           "00006553f107012c0020660b613324e51aee8a930b4bdccd4809504fa463d5187603c4a133b98aceb3b8"
                           "123400000000";
const std::string kBadTime = "12348400" + kSigned.substr(4) +
                             "087472616e736665720000fa00ff0000000000430b686d61632d73686132353600"
                             "00006553f100012c002015fe083ee793b6c4a1a19a61a1ff5ccecf9d7099cf41f7cdd889f817039ed963"
                             "12340012000600006553f4e8";
constexpr std::size_t kTsigAt = 28;
constexpr std::size_t kMacAt = kTsigAt + 10 + 10 + 13 + 10;

Octets FromHex(const std::string& hex) {
  Octets octets;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    octets.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return octets;
}

std::string ToHex(std::span<const std::uint8_t> octets) {
  std::string hex;
  for (const std::uint8_t octet : octets) {
    hex += "0123456789abcdef"[octet >> 4];
    hex += "0123456789abcdef"[octet & 15];
  }
  return hex;
}

class Tsig : public testing::Test {
 protected:
  static Keyring Keys() {
    const TsigKeyOptions keys[] = {{.name = "Transfer.", .secret = std::string(kSecret) + "\n"},
                                   {.name = "other", .secret = "c2VjcmV0"}};
    return Keyring::Create(keys).value();
  }
  TsigVerdict Check(const Octets& query, std::uint64_t now = kTime) {
    return exchange_.Check(keys_, query.data(), query.size(), kTsigAt, now);
  }
  /// The response with the question alone, signed.
  std::string Signed(std::uint64_t now) {
    Octets response = FromHex("12348400" + kQuestion.substr(4));
    const std::size_t size = response.size();
    response.resize(size + TsigExchange::kRoomMax);
    const std::size_t whole = exchange_.Sign(response.data(), size, now);
    return ToHex({response.data(), whole});
  }

  const Keyring keys_ = Keys();
  TsigExchange exchange_;
};

TEST_F(Tsig, AChainOfMessagesIsSignedAsDnspythonDoes) {
  ASSERT_EQ(TsigVerdict::kGood, Check(FromHex(kQuery)));
  EXPECT_EQ(std::string("\010transfer\0", 10), exchange_.key_name());
  EXPECT_EQ(kFirst, Signed(kTime + 5));
  EXPECT_EQ(kSecond, Signed(kTime + 6));
  EXPECT_EQ(kThird, Signed(kTime + 7));
}

TEST_F(Tsig, AQueryOfOursIsSigned) {
  Octets notify = FromHex("432124000001000000000000066b6f757a696503636f6d0000060001");
  const std::size_t size = notify.size();
  notify.resize(size + TsigExchange::kRoomMax);
  notify.resize(SignQuery(*keys_.Find(std::string("\010transfer\0", 10)), notify.data(), size, kTime));
  EXPECT_EQ("432124000001000000000001066b6f757a696503636f6d0000060001" + kRecord +
                "00006553f100012c00209642e203e65732e3355faeb443c53c162eb86e7d143547be81eeba54d39d8b6f432100000000",
            ToHex(notify));
}

TEST_F(Tsig, TheIdMayHaveChangedOnTheWay) {
  Octets query = FromHex(kQuery);
  query[0] = query[1] = 0x99;
  EXPECT_EQ(TsigVerdict::kGood, Check(query));
}

TEST_F(Tsig, KeyNamesHaveNoCase) {
  Octets query = FromHex(kQuery);
  query[kTsigAt + 1] = 'T';
  EXPECT_EQ(TsigVerdict::kGood, Check(query));
}

TEST_F(Tsig, TheClocksMayBeFudgeApart) {
  const Octets query = FromHex(kQuery);
  EXPECT_EQ(TsigVerdict::kGood, Check(query, kTime + 300));
  EXPECT_EQ(TsigVerdict::kGood, Check(query, kTime - 300));
  EXPECT_EQ(TsigVerdict::kBadTime, Check(query, kTime - 301));
  EXPECT_EQ(TsigVerdict::kBadTime, Check(query, kTime + 301));
}

TEST_F(Tsig, ABadTimeIsAnsweredWithASignatureAndOurTime) {
  ASSERT_EQ(TsigVerdict::kBadTime, Check(FromHex(kQuery), kTime + 1000));
  EXPECT_FALSE(exchange_.key_name().empty());
  EXPECT_EQ(kBadTime, Signed(kTime + 1000));
}

TEST_F(Tsig, EveryOctetIsCovered) {
  const Octets query = FromHex(kQuery);
  ASSERT_EQ(TsigVerdict::kGood, Check(query));
  for (std::size_t at = 2; at < query.size(); ++at) {
    Octets bent = query;
    bent[at] ^= 0x40;
    if (std::isalpha(query[at]) != 0 && at >= kTsigAt) bent[at] ^= 0x41;  // not only the case of names
    EXPECT_NE(TsigVerdict::kGood, Check(bent)) << "octet " << at;
  }
}

TEST_F(Tsig, ABadSignatureIsAnsweredWithoutOne) {
  Octets query = FromHex(kQuery);
  query[kMacAt] ^= 1;
  ASSERT_EQ(TsigVerdict::kBadSig, Check(query));
  EXPECT_TRUE(exchange_.key_name().empty());
  const std::string head = "12348400" + kSigned.substr(4);
  EXPECT_EQ(
      head + "087472616e736665720000fa00ff00000000001d0b686d61632d73686132353600" + "00006553f100012c0000123400100000",
      Signed(kTime));
}

TEST_F(Tsig, AnUnknownKeyIsAnsweredByItsName) {
  Octets query = FromHex(kQuery);
  query[kTsigAt + 1] = 'x';
  ASSERT_EQ(TsigVerdict::kBadKey, Check(query));
  EXPECT_NE(std::string::npos, Signed(kTime).find("0878" + kRecord.substr(4, 14)));
  EXPECT_EQ("123400110000", Signed(kTime).substr(Signed(kTime).size() - 12));
}

TEST_F(Tsig, AnUnknownAlgorithmIsABadKey) {
  Octets query = FromHex(kQuery);
  query[kTsigAt + 10 + 10 + 11] = '7';
  EXPECT_EQ(TsigVerdict::kBadKey, Check(query));
}

TEST_F(Tsig, MacsThatWereCutShortAreRefused) {
  struct Case {
    std::size_t size;
    TsigVerdict want;
  };
  for (const Case& c : {Case{0, TsigVerdict::kFormErr}, Case{15, TsigVerdict::kFormErr}, Case{16, TsigVerdict::kBadSig},
                        Case{31, TsigVerdict::kBadSig}, Case{33, TsigVerdict::kFormErr}}) {
    Octets query = FromHex(kQuery);
    const auto mac = query.begin() + static_cast<std::ptrdiff_t>(kMacAt);
    if (c.size <= 32) {
      query.erase(mac + static_cast<std::ptrdiff_t>(c.size), mac + 32);
    } else {
      query.insert(mac, 0);
    }
    query[kMacAt - 1] = static_cast<std::uint8_t>(c.size);
    query[kTsigAt + 19] = static_cast<std::uint8_t>(0x3d - 32 + c.size);
    EXPECT_EQ(c.want, Check(query)) << c.size << " octets";
  }
}

TEST_F(Tsig, MalformedRecordsAreFormErrAndGetNoSignature) {
  const Octets query = FromHex(kQuery);
  for (std::size_t size = kTsigAt; size < query.size(); ++size) {
    const Octets cut(query.begin(), query.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(TsigVerdict::kFormErr, exchange_.Check(keys_, cut.data(), cut.size(), kTsigAt, kTime)) << size;
  }
  Octets longer = query;
  longer.push_back(0);
  EXPECT_EQ(TsigVerdict::kFormErr, Check(longer));
  struct Case {
    const char* what;
    std::size_t at;
  };
  for (const Case& c : {Case{"class", 12}, Case{"TTL", 17}, Case{"length", 19}}) {
    Octets bent = query;
    bent[kTsigAt + c.at] ^= 1;
    EXPECT_EQ(TsigVerdict::kFormErr, Check(bent)) << c.what;
  }
  EXPECT_EQ("12348400" + kQuestion.substr(4), Signed(kTime));
}

TEST_F(Tsig, TheNameMayBeAPointer) {
  // Signed by a key named as the question is.
  const TsigKeyOptions options[] = {{.name = "kouzie.com", .secret = kSecret}};
  const Keyring keys = Keyring::Create(options).value();
  Octets query = FromHex("1234" + kQuestion);
  const std::size_t size = query.size();
  query.resize(size + TsigExchange::kRoomMax);
  query.resize(SignQuery(*keys.Find(std::string("\006kouzie\003com\0", 12)), query.data(), size, kTime));
  Octets packed(query.begin(), query.begin() + static_cast<std::ptrdiff_t>(size));
  packed.insert(packed.end(), {0xc0, 12});
  packed.insert(packed.end(), query.begin() + static_cast<std::ptrdiff_t>(size) + 12, query.end());
  EXPECT_EQ(TsigVerdict::kGood, exchange_.Check(keys, packed.data(), packed.size(), size, kTime));
  packed[size + 1] = static_cast<std::uint8_t>(size);  // to itself
  EXPECT_EQ(TsigVerdict::kFormErr, exchange_.Check(keys, packed.data(), packed.size(), size, kTime));
}

TEST(Keyring, WhatIsNoKeyIsRefusedWithoutSayingTheSecret) {
  struct Case {
    const char* what;
    std::vector<TsigKeyOptions> keys;
  };
  const Case cases[] = {{"name", {{.name = "a..b", .secret = "c2VjcmV0"}}},
                        {"root", {{.name = ".", .secret = "c2VjcmV0"}}},
                        {"algorithm", {{.name = "a", .algorithm = "hmac-md5", .secret = "c2VjcmV0"}}},
                        {"empty", {{.name = "a", .secret = " \n"}}},
                        {"length", {{.name = "a", .secret = "c2VjcmV0c"}}},
                        {"padding", {{.name = "a", .secret = "c2Vj=mV0"}}},
                        {"characters", {{.name = "a", .secret = "c2Vj!mV0"}}},
                        {"twice", {{.name = "a", .secret = "c2VjcmV0"}, {.name = "A.", .secret = "c2VjcmV0"}}}};
  for (const Case& c : cases) {
    const auto ring = Keyring::Create(c.keys);
    ASSERT_FALSE(ring.ok()) << c.what;
    EXPECT_EQ(model::Code::kConfig, ring.error().code);
    EXPECT_EQ(std::string::npos, ring.error().message.find("c2V")) << ring.error().message;
  }
}

TEST(Keyring, PaddingIsTakenOff) {
  for (const auto& [text, octets] :
       std::map<std::string, std::string>{{"YQ==", "a"}, {"YWI=", "ab"}, {"YWJj", "abc"}, {" YWJjZA==\r\n", "abcd"}}) {
    const TsigKeyOptions keys[] = {{.name = "k", .algorithm = "HMAC-SHA256.", .secret = text}};
    const auto ring = Keyring::Create(keys);
    ASSERT_TRUE(ring.ok()) << text;
    EXPECT_EQ(octets, ring->Find(std::string("\001k\0", 3))->secret);
  }
}

}  // namespace
}  // namespace waypost::dns
