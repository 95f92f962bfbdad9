#include <gtest/gtest.h>

#include "waypost/model/instance.h"
#include "waypost/model/namespace.h"
#include "waypost/model/service.h"

namespace waypost::model {
namespace {

TEST(NamesTest, Namespaces) {
  const struct {
    NamespaceType type;
    std::string name;
    bool good;
  } cases[] = {
      {NamespaceType::kHttp, "shared", true},
      {NamespaceType::kHttp, "a/b:c~!", true},
      {NamespaceType::kHttp, std::string(1024, 'x'), true},
      {NamespaceType::kHttp, std::string(1025, 'x'), false},
      {NamespaceType::kHttp, "", false},
      {NamespaceType::kHttp, "a b", false},
      {NamespaceType::kHttp, "arn:aws", false},
      {NamespaceType::kDnsPublic, "kouzie.com", true},
      {NamespaceType::kDnsPublic, "com", false},
      {NamespaceType::kDnsPublic, "kouzie.com.", false},
      {NamespaceType::kDnsPublic, "-a.com", false},
      {NamespaceType::kDnsPublic, "a_b.com", false},
      {NamespaceType::kDnsPublic, std::string(63, 'a') + ".com", true},
      {NamespaceType::kDnsPublic, std::string(64, 'a') + ".com", false},
      {NamespaceType::kDnsPrivate, "corp", true},
      {NamespaceType::kDnsPrivate, "_corp.local", true},
      {NamespaceType::kDnsPrivate, "a..b", false},
      {NamespaceType::kDnsPrivate, ".", false},
  };
  for (const auto& c : cases) EXPECT_EQ(CheckNamespaceName(c.type, c.name).ok(), c.good) << c.name;
}

TEST(NamesTest, Services) {
  const struct {
    std::string name;
    bool good;
  } cases[] = {{"backend", true},
               {"_http._tcp", true},
               {"a", true},
               {"_", false},
               {"a-b_c", true},
               {"-a", false},
               {"a-", false},
               {"a..b", false},
               {"a b", false},
               {".", true},
               {"", false},
               {std::string(63, 'a'), true},
               {std::string(64, 'a'), false},
               {std::string(63, 'a') + "." + std::string(63, 'a'), true},
               {std::string(63, 'a') + "." + std::string(62, 'a') + ".a", false}};
  for (const auto& c : cases) EXPECT_EQ(CheckServiceName(c.name).ok(), c.good) << c.name;
}

TEST(NamesTest, Instances) {
  EXPECT_TRUE(CheckInstanceId("a_/:.@-Z9").ok());
  EXPECT_TRUE(CheckInstanceId(std::string(64, 'a')).ok());
  EXPECT_FALSE(CheckInstanceId(std::string(65, 'a')).ok());
  EXPECT_FALSE(CheckInstanceId("").ok());
  EXPECT_FALSE(CheckInstanceId("a b").ok());
  EXPECT_FALSE(CheckInstanceId("a\"b").ok());
}

TEST(NamesTest, Tags) {
  EXPECT_TRUE(CheckTags({{std::string(128, 'k'), std::string(256, 'v')}}, true).ok());
  EXPECT_FALSE(CheckTags({{std::string(129, 'k'), ""}}, true).ok());
  EXPECT_FALSE(CheckTags({{"k", std::string(257, 'v')}}, true).ok());
  std::string umlauts;
  for (int i = 0; i < 256; ++i) umlauts += "\xc3\xa4";
  EXPECT_TRUE(CheckTags({{"k", umlauts}}, true).ok()) << "256 characters in 512 octets";
  EXPECT_FALSE(CheckTags({{"k", umlauts + "a"}}, true).ok());
  EXPECT_FALSE(CheckTags({{"aws:x", ""}}, true).ok());
  EXPECT_FALSE(CheckTags({{"waypost:answer-limit", "8"}}, false).ok()) << "on a namespace";
  const auto unknown = CheckTags({{"waypost:nonsense", ""}}, true);
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("waypost:nonsense"), std::string::npos);
}

}  // namespace
}  // namespace waypost::model
