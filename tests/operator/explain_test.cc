#include "waypost/operator/explain.h"

#include <gmock/gmock.h>

#include "operator/health_world.h"

namespace waypost::oper {
namespace {

using model::HealthState;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ExplainTest : public HealthWorld {
 protected:
  /// A service whose instances are checked, with further tags.
  model::ServiceId Service(const std::string& name, const model::Tags& tags = {},
                           model::RecordType type = model::RecordType::kA) {
    model::Service value = NewService(name, type);
    value.health_check = model::HealthCheck{};
    value.tags = tags;
    return world_.Create(std::move(value));
  }
  static const Json& Of(const Json& answer, const std::string& id) {
    for (const Json& instance : answer.at("instances")) {
      if (instance.at("InstanceId") == id) return instance;
    }
    static const Json none = Json::object();
    ADD_FAILURE() << id << " is not in " << answer;
    return none;
  }
  static std::vector<std::string> Why(const Json& instance) { return instance.at("reasons"); }
  static std::vector<std::string> Answered(const Json& answer) {
    std::vector<std::string> ids;
    for (const Json& instance : answer.at("instances")) {
      if (instance.at("answered").get<bool>()) ids.push_back(instance.at("InstanceId"));
    }
    return ids;
  }
};

TEST_F(ExplainTest, SaysOfEachInstanceWhetherAndWhyNot) {
  world_.clock.now = {1'795'572'000'000};
  const auto service = Service("backend");
  for (const char* id : {"d", "a", "c", "b"}) Register(service, id);
  Checked(service, "b", HealthState::kUnhealthy, "connect to 10.0.0.4:8080: connection refused, 3rd failure");
  Checked(service, "a", HealthState::kHealthy, "first check");
  Post("/v1/health/pins", {{"service", service.str()}, {"instance", "c"}, {"state", "drained"}, {"for", "23s"}});
  const Json answer = Get("/v1/explain?name=Backend.kouzie.com.");
  EXPECT_EQ(answer["name"], "backend.kouzie.com");
  EXPECT_EQ(answer["service"], service.str());
  EXPECT_EQ(answer["summary"], "2 of 4 instances are answered; not: 1 drained, 1 unhealthy");
  EXPECT_EQ(answer["fail_open"], false);
  EXPECT_EQ(answer["protecting"], false);
  EXPECT_EQ(answer["held"], false);
  EXPECT_EQ(answer["suspect"], false);
  EXPECT_EQ(answer["instances"][0], Json({{"InstanceId", "a"},
                                          {"answered", true},
                                          {"reasons", {"healthy"}},
                                          {"dns", true},
                                          {"discovery", true},
                                          {"health", "HEALTHY"},
                                          {"zone", ""}}));
  EXPECT_EQ(
      answer["instances"][1],
      Json({{"InstanceId", "b"},
            {"answered", false},
            {"reasons",
             {"unhealthy since 2026-11-25T02:00:00.000Z because connect to 10.0.0.4:8080: connection refused, 3rd "
              "failure"}},
            {"dns", false},
            {"discovery", false},
            {"health", "UNHEALTHY"},
            {"zone", ""}}));
  EXPECT_THAT(Why(Of(answer, "c")), ElementsAre("drained until 2026-11-25T02:00:23.000Z, 23s left"));
  EXPECT_THAT(Why(Of(answer, "d")), ElementsAre("health not known yet, counts as healthy"));
  EXPECT_EQ(Get("/v1/explain?name=" + service.str()), answer);
}

TEST_F(ExplainTest, WhenNoneIsHealthyAllAreAnswered) {
  const auto service = Service("backend");
  Register(service, "a");
  Checked(service, "a", HealthState::kUnhealthy, "no");
  const Json answer = Get("/v1/explain?name=backend.kouzie.com");
  EXPECT_EQ(answer["fail_open"], true);
  EXPECT_THAT(answer["summary"].get<std::string>(), HasSubstr("none is healthy"));
  EXPECT_THAT(Answered(answer), ElementsAre("a"));
  EXPECT_THAT(Why(Of(answer, "a")), Contains("answered although unhealthy: no instance is healthy"));
}

TEST_F(ExplainTest, AttributesAskAsDiscoveryDoes) {
  const auto service = Service("backend");
  Register(service, "a", {{"shard", "a"}, {"WAYPOST_PRIORITY", "10"}});
  Register(service, "b", {{"shard", "b"}});
  Register(service, "c");
  const Json answer = Get("/v1/explain?name=backend.kouzie.com&attr=shard=a");
  EXPECT_THAT(Answered(answer), ElementsAre("a"));
  EXPECT_EQ(Of(answer, "a")["dns"], false);
  EXPECT_THAT(Why(Of(answer, "a")), Contains("lower tier: WAYPOST_PRIORITY 10, the answer has 0"));
  EXPECT_THAT(Why(Of(answer, "b")), Contains("filtered: attribute shard is \"b\", not \"a\""));
  EXPECT_THAT(Why(Of(answer, "c")), Contains("filtered: has no attribute shard"));
  EXPECT_EQ(answer["summary"], "1 of 3 instances are answered; not: 2 without the attributes");
  // The only one that matches is found even when it is unhealthy.
  Checked(service, "a", HealthState::kUnhealthy, "no");
  const Json fallen = Get("/v1/explain?name=backend.kouzie.com&attr=shard=a");
  EXPECT_THAT(Answered(fallen), ElementsAre("a"));
  EXPECT_THAT(Why(Of(fallen, "a")),
              Contains("answered although unhealthy: no instance with these attributes is healthy"));
}

TEST_F(ExplainTest, ZonesOfClientsAndShifts) {
  const auto service = Service("backend", {{"waypost:zone-affinity", "prefer"}});
  Register(service, "a", {{"AVAILABILITY_ZONE", "eu-west-1a"}});
  Register(service, "b", {{"AVAILABILITY_ZONE", "eu-west-1b"}});
  EXPECT_THAT(Answered(Get("/v1/explain?name=backend.kouzie.com&client=10.9.0.1")), ElementsAre("a", "b"));
  const Json near = Get("/v1/explain?name=backend.kouzie.com&client=10.1.0.1");
  EXPECT_THAT(Answered(near), ElementsAre("a"));
  EXPECT_THAT(Why(Of(near, "b")), Contains("in zone eu-west-1b, the client's zone eu-west-1a answers"));
  EXPECT_EQ(Of(near, "b")["discovery"], true);
  EXPECT_EQ(Of(near, "b")["zone"], "eu-west-1b");
  Post("/v1/shifts", {{"zone", "eu-west-1a"}, {"for", "10m"}});
  const Json shifted = Get("/v1/explain?name=backend.kouzie.com");
  EXPECT_THAT(Answered(shifted), ElementsAre("b"));
  EXPECT_THAT(Why(Of(shifted, "a")), Contains(HasSubstr("zone eu-west-1a is shifted away until ")));
  EXPECT_EQ(shifted["summary"], "1 of 2 instances are answered; not: 1 in a zone that is shifted away");
}

TEST_F(ExplainTest, PrivateNamespacesAreNotForAll) {
  const auto inside = world_.Namespace("corp.example", model::NamespaceType::kDnsPrivate);
  const auto service = world_.Create(world_.NewDnsService(inside, "db"));
  Register(service, "a");
  EXPECT_THAT(Answered(Get("/v1/explain?name=db.corp.example&client=10.9.0.1")), ElementsAre("a"));
  EXPECT_THAT(Answered(Get("/v1/explain?name=db.corp.example")), ElementsAre("a"));
  const Json outside = Get("/v1/explain?name=db.corp.example&client=203.0.113.1");
  EXPECT_THAT(Answered(outside), ElementsAre());
  EXPECT_THAT(Why(Of(outside, "a")), ElementsAre("private namespace: 203.0.113.1 would get REFUSED",
                                                 "not checked: the service has no health check"));
  EXPECT_EQ(Of(outside, "a")["discovery"], true);
  EXPECT_EQ(outside["summary"], "0 of 1 instance is answered; the namespace is private: 203.0.113.1 would get REFUSED");
}

TEST_F(ExplainTest, AnSrvTargetIsOneInstance) {
  const auto service = Service("ldap", {}, model::RecordType::kSrv);
  Register(service, "host-1");
  Register(service, "rack/2");
  Register(service, "a.b");
  const Json one = Get("/v1/explain?name=Host-1.ldap.kouzie.com.");
  ASSERT_EQ(one["instances"].size(), 1u);
  EXPECT_EQ(one["instances"][0]["InstanceId"], "host-1");
  EXPECT_EQ(one["name"], "Host-1.ldap.kouzie.com");
  EXPECT_THAT(one["summary"].get<std::string>(), HasSubstr("3 of 3 instances are answered"));
  EXPECT_EQ(described_, "host-1");
  EXPECT_EQ(Get("/v1/explain?name=a.b.ldap.kouzie.com")["instances"][0]["InstanceId"], "a.b");
  const auto label = view::TargetLabel("rack/2");
  const Json by_label = Get("/v1/explain?name=" + std::string(label.data(), label.size()) + ".ldap.kouzie.com");
  ASSERT_EQ(by_label["instances"].size(), 1u);
  EXPECT_EQ(by_label["instances"][0]["InstanceId"], "rack/2");
  EXPECT_EQ(CodeOf(Get("/v1/explain?name=other.ldap.kouzie.com", 404)), "InstanceNotFound");
}

TEST_F(ExplainTest, WithoutSrvRecordsThereAreNoTargets) {
  Register(Service("backend"), "web-1");
  const Json refused = Get("/v1/explain?name=web-1.backend.kouzie.com", 404);
  EXPECT_EQ(CodeOf(refused), "InstanceNotFound");
  EXPECT_THAT(HealthWorld::Why(refused), HasSubstr("no SRV records"));
}

TEST_F(ExplainTest, ApiOnlyServices) {
  model::Service value = world_.NewService(world_.Namespace("shop", model::NamespaceType::kHttp), "cart");
  value.custom_health = true;
  const auto service = world_.Create(std::move(value));
  Register(service, "a", {{"WAYPOST_PRIORITY", "5"}});
  Register(service, "b");
  Do(registry::UpdateCustomHealth{service, "b", HealthState::kUnhealthy});
  const Json answer = Get("/v1/explain?name=cart.shop");
  EXPECT_EQ(answer["name"], "cart.shop");
  EXPECT_THAT(Answered(answer), ElementsAre("a"));
  EXPECT_EQ(Of(answer, "a")["dns"], false);
  EXPECT_THAT(Why(Of(answer, "b")), ElementsAre(HasSubstr(": reported by UpdateInstanceCustomHealthStatus")));
}

TEST_F(ExplainTest, TheCheckersWordCounts) {
  const auto service = Service("backend");
  Register(service, "a");
  Register(service, "b");
  checks_.plan.emplace();
  checks_.suspect = true;
  checks_.suspect_left = std::chrono::seconds(42);
  checks_.instances.push_back({.instance_id = "b", .last_cause = "connect: unreachable", .held = true});
  const Json answer = Get("/v1/explain?name=backend.kouzie.com");
  EXPECT_EQ(answer["suspect"], true);
  EXPECT_THAT(Why(Of(answer, "b")),
              Contains("held: the checker is suspect for another 42s, it would be unhealthy: connect: unreachable"));
  EXPECT_EQ(Of(answer, "a")["reasons"].size(), 1u);
  EXPECT_EQ(described_, "");
}

TEST_F(ExplainTest, TheLastGoodSetIsHeld) {
  world_.clock.now = {1'795'572'000'000};
  const auto service = Service("backend", {{"waypost:hold-last", "30s"}});
  Register(service, "a");
  Checked(service, "a", HealthState::kHealthy, "good");
  ASSERT_TRUE(world_.Deregister(service, "a").ok());
  const Json answer = Get("/v1/explain?name=backend.kouzie.com");
  EXPECT_EQ(answer["held"], true);
  EXPECT_THAT(Answered(answer), ElementsAre("a"));
  EXPECT_THAT(Why(Of(answer, "a")),
              Contains("held: left, answered until 2026-11-25T02:00:30.000Z (waypost:hold-last)"));
}

TEST_F(ExplainTest, ListsOnlySoMany) {
  const auto service = world_.Create(NewService("backend"));
  view::Edit edit(world_.view());
  for (std::size_t i = 0; i <= Explain::kListedMax; ++i) {
    model::Instance instance;
    instance.service_id = service;
    instance.id = "i" + std::to_string(i);
    instance.attributes = {{"AWS_INSTANCE_IPV4", "10.0.0.1"}};
    edit.PutInstance(instance, std::nullopt, 1'000 + i);
  }
  const Json answer = Get("/v1/explain?name=backend.kouzie.com");
  EXPECT_EQ(answer["instances"].size(), Explain::kListedMax);
  EXPECT_EQ(answer["summary"],
            "1,001 of 1,001 instances are answered; each DNS answer has 8 of them; only 1,000 of 1,001 are listed");
  EXPECT_THAT(Why(answer["instances"][0]), Contains("beyond the limit: 8 of 1001 are drawn anew for each answer"));
}

TEST_F(ExplainTest, EmptyServicesAndUnknownNames) {
  world_.Create(NewService("empty"));
  const Json answer = Get("/v1/explain?name=empty.kouzie.com");
  EXPECT_EQ(answer["summary"], "the service has no instances");
  EXPECT_EQ(answer["instances"], Json::array());
  EXPECT_EQ(CodeOf(Get("/v1/explain?name=other.kouzie.com", 404)), "ServiceNotFound");
  const std::pair<const char*, const char*> cases[] = {{"", "name is missing"},
                                                       {"name=.", "name is missing"},
                                                       {"name=a.b&client=nearby", "IP address"},
                                                       {"name=a.b&attr=shard", "key=value"},
                                                       {"name=a.b&attr==x", "key=value"},
                                                       {"name=a.b&zone=x", "unknown parameter zone"},
                                                       {"name=%zz", "hexadecimal"}};
  for (const auto& [query, words] : cases) {
    EXPECT_THAT(HealthWorld::Why(Get("/v1/explain?" + std::string(query), 400)), HasSubstr(words)) << query;
  }
}

}  // namespace
}  // namespace waypost::oper
