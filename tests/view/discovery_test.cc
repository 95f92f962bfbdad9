#include "waypost/view/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "view/builders.h"

namespace waypost::view {
namespace {

using Pairs = std::vector<AttributeFilter>;

class DiscoveryTest : public ::testing::Test {
 protected:
  DiscoveryTest() {
    in_ = world_.AddNamespace("shared", model::NamespaceType::kHttp, 1);
    service_ = world_.AddService(in_, "logs", 2, true);
  }

  std::set<std::string> Ask(const DiscoverQuery& query) {
    Reader reader(world_.view.domain());
    const ReadSection section(reader);
    std::string json;
    const ServiceNode* node = world_.view.FindService("shared", "logs");
    const std::uint32_t count = Discover(node->state(), query, world_.random, scratch_, json);
    std::set<std::string> ids;
    const std::string mark = "{\"InstanceId\":\"";
    for (std::size_t at = json.find(mark); at != std::string::npos; at = json.find(mark, at + 1)) {
      const std::size_t begin = at + mark.size();
      ids.insert(json.substr(begin, json.find('"', begin) - begin));
    }
    EXPECT_EQ(ids.size(), count);
    return ids;
  }

  World world_;
  model::Namespace in_;
  model::Service service_;
  DiscoverScratch scratch_;
};

TEST_F(DiscoveryTest, FiltersByAttributesAndHealth) {
  world_.Register(service_, "a", {{"stage", "beta"}, {"shard", "1"}}, 3);
  world_.Register(service_, "b", {{"stage", "beta"}, {"shard", "2"}}, 4);
  world_.Register(service_, "c", {{"stage", "prod"}, {"shard", "1"}}, 5);
  Edit(world_.view).SetHealth(service_.id, "b", model::HealthState::kUnhealthy, 6);
  const Pairs beta{{"stage", "beta"}};
  const Pairs shard1{{"shard", "1"}};
  const Pairs shard2{{"shard", "2"}};
  const Pairs none{{"shard", "9"}};
  const Pairs impossible{{"stage", "prod"}, {"shard", "2"}};
  const struct {
    std::string name;
    DiscoverQuery query;
    std::set<std::string> want;
  } cases[] = {
      {"default", {}, {"a", "c"}},
      {"all", {.health = HealthFilter::kAll}, {"a", "b", "c"}},
      {"healthy", {.health = HealthFilter::kHealthy}, {"a", "c"}},
      {"unhealthy", {.health = HealthFilter::kUnhealthy}, {"b"}},
      {"required", {.required = beta, .health = HealthFilter::kAll}, {"a", "b"}},
      {"required and healthy", {.required = beta, .health = HealthFilter::kHealthy}, {"a"}},
      {"none matches", {.required = none, .health = HealthFilter::kAll}, {}},
      {"both must match", {.required = impossible, .health = HealthFilter::kAll}, {}},
      {"optional", {.optional = shard1, .health = HealthFilter::kAll}, {"a", "c"}},
      {"optional ignored", {.optional = none, .health = HealthFilter::kAll}, {"a", "b", "c"}},
      {"required and optional", {.required = beta, .optional = shard1, .health = HealthFilter::kAll}, {"a"}},
      {"else all, of those that match", {.required = shard2}, {"b"}},
      {"healthy, none", {.required = shard2, .health = HealthFilter::kHealthy}, {}},
  };
  for (const auto& c : cases) EXPECT_EQ(Ask(c.query), c.want) << c.name;
}

TEST_F(DiscoveryTest, WritesWhatAwsSends) {
  world_.Register(service_, "a", {{"k", "v"}}, 3);
  Reader reader(world_.view.domain());
  const ReadSection section(reader);
  std::string json;
  Discover(world_.view.FindService("shared", "logs")->state(), {}, world_.random, scratch_, json);
  EXPECT_EQ(
      json,
      R"({"InstanceId":"a","Attributes":{"k":"v"},"HealthStatus":"HEALTHY","NamespaceName":"shared","ServiceName":"logs"})");
}

TEST_F(DiscoveryTest, DrawsAShortListEvenlyFromManyChunks) {
  constexpr int kMembers = 300;
  for (int i = 0; i < kMembers; ++i)
    world_.Register(service_, "i" + std::to_string(i), {{"n", std::to_string(i % 2)}}, 3);
  const Pairs even{{"n", "0"}};
  std::map<std::string, int> seen;
  constexpr int kRounds = 6000;
  for (int round = 0; round < kRounds; ++round) {
    const auto ids = Ask({.required = even, .max_results = 5});
    ASSERT_EQ(ids.size(), 5u);
    for (const auto& id : ids) ++seen[id];
  }
  ASSERT_EQ(seen.size(), 150u);
  // Each is expected 200 times; six standard deviations are about 85.
  for (const auto& [id, count] : seen) EXPECT_NEAR(count, kRounds * 5 / 150, 85) << id;
}

TEST_F(DiscoveryTest, HealthIsIgnoredWithoutACheck) {
  const model::Service plain = world_.AddService(in_, "plain", 9);
  world_.Register(plain, "x", {}, 10);
  Reader reader(world_.view.domain());
  const ReadSection section(reader);
  std::string json;
  EXPECT_EQ(Discover(world_.view.FindService("shared", "plain")->state(), {.health = HealthFilter::kUnhealthy},
                     world_.random, scratch_, json),
            1u);
}

}  // namespace
}  // namespace waypost::view
