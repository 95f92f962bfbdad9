#include "waypost/model/named_query.h"

#include <gtest/gtest.h>

#include "waypost/model/random.h"

namespace waypost::model {
namespace {

NamedQuery Some() {
  Random random(1);
  NamedQuery query;
  query.name = "beta.backend";
  query.service_id = ServiceId::Draw(random);
  query.filters = {{"stage", "beta"}};
  return query;
}

TEST(NamedQueryTest, NamesAreAsServicesNames) {
  const struct {
    std::string name;
    bool good;
  } cases[] = {
      {"beta", true},
      {"beta.backend", true},
      {"_http._tcp", true},
      {"B-1", true},
      {"", false},
      {".", false},
      {"beta.", false},
      {"a..b", false},
      {"beta backend", false},
      {"-a", false},
      {std::string(128, 'x'), false},
  };
  for (const auto& test : cases) {
    NamedQuery query = Some();
    query.name = test.name;
    EXPECT_EQ(CheckNamedQuery(query).ok(), test.good) << test.name;
  }
}

TEST(NamedQueryTest, FiltersAreOneToTen) {
  NamedQuery query = Some();
  query.filters = {};
  EXPECT_FALSE(CheckNamedQuery(query).ok());
  for (std::size_t i = 0; i < kMaxQueryFilters; ++i) query.filters.Set("k" + std::to_string(i), "v");
  EXPECT_TRUE(CheckNamedQuery(query).ok());
  query.filters.Set("one-more", "v");
  EXPECT_FALSE(CheckNamedQuery(query).ok());
}

TEST(NamedQueryTest, FiltersAreWhatAnInstanceMayHave) {
  const struct {
    std::string key;
    std::string value;
    bool good;
  } cases[] = {
      {"stage", "", true},
      {"stage", "a b\tc", true},
      {std::string(255, 'k'), std::string(1024, 'v'), true},
      {"", "v", false},
      {"a b", "v", false},
      {std::string(256, 'k'), "v", false},
      {"k", std::string(1025, 'v'), false},
      {"k", "\n", false},
      {"k", "\xc3\xa9", false},
  };
  for (const auto& test : cases) {
    NamedQuery query = Some();
    query.filters = {{test.key, test.value}};
    EXPECT_EQ(CheckNamedQuery(query).ok(), test.good) << test.key.substr(0, 20) << "=" << test.value.substr(0, 20);
  }
}

TEST(NamedQueryTest, TheFallbackIsAnotherService) {
  Random random(2);
  NamedQuery query = Some();
  query.fallback = ServiceId::Draw(random);
  EXPECT_TRUE(CheckNamedQuery(query).ok());
  query.fallback = query.service_id;
  EXPECT_FALSE(CheckNamedQuery(query).ok());
}

TEST(NamedQueryTest, TheOwnerNameMustFit) {
  NamedQuery query = Some();
  query.name = std::string(63, 'a') + "." + std::string(63, 'b');
  Namespace in;
  in.type = NamespaceType::kDnsPublic;
  in.name = std::string(63, 'c') + "." + std::string(61, 'd');
  EXPECT_TRUE(CheckNamedQueryIn(query, in).ok());
  in.name += "d";
  EXPECT_FALSE(CheckNamedQueryIn(query, in).ok());
  in.type = NamespaceType::kHttp;
  EXPECT_TRUE(CheckNamedQueryIn(query, in).ok()) << "no owner name there";
}

}  // namespace
}  // namespace waypost::model
