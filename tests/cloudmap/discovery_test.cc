#include <set>

#include "cloudmap/api_fixture.h"

namespace waypost::cloudmap {
namespace {

class Discovery : public ApiFixture {
 protected:
  std::set<std::string> Ids(const Json& more) {
    Json request = {{"NamespaceName", "shop"}, {"ServiceName", "web"}};
    request.update(more);
    // The plain reader and the thorough one must say the same; an unknown member forces the latter.
    const Json plain = Call("DiscoverInstances", request);
    request["Unknown"] = true;
    const Json thorough = Call("DiscoverInstances", request);
    EXPECT_EQ(plain.at("InstancesRevision"), thorough.at("InstancesRevision"));
    const std::set<std::string> ids = IdsOf(plain);
    if (!more.contains("MaxResults")) {
      EXPECT_EQ(ids, IdsOf(thorough));
    }
    EXPECT_EQ(plain.at("Instances").size(), thorough.at("Instances").size());
    return ids;
  }
  static std::set<std::string> IdsOf(const Json& answer) {
    std::set<std::string> ids;
    for (const Json& instance : answer.at("Instances")) ids.insert(instance.at("InstanceId"));
    EXPECT_EQ(ids.size(), answer.at("Instances").size()) << "none twice";
    return ids;
  }
};

using Set = std::set<std::string>;

TEST_F(Discovery, ShowsAnInstanceWhole) {
  Register(NewService(NewHttpNamespace("shop"), "web"), "i", {{"a", "b"}});
  const Json answer = Call("DiscoverInstances", {{"NamespaceName", "shop"}, {"ServiceName", "web"}});
  EXPECT_EQ(answer.at("Instances").at(0).at("InstanceId"), "i");
  EXPECT_EQ(answer.at("Instances").at(0).at("NamespaceName"), "shop");
  EXPECT_EQ(answer.at("Instances").at(0).at("ServiceName"), "web");
  EXPECT_EQ(answer.at("Instances").at(0).at("Attributes"), (Json{{"a", "b"}}));
  EXPECT_TRUE(answer.at("Instances").at(0).contains("HealthStatus"));
  EXPECT_EQ(Call("DiscoverInstancesRevision", {{"NamespaceName", "shop"}, {"ServiceName", "web"}}),
            (Json{{"InstancesRevision", answer.at("InstancesRevision")}}));
  EXPECT_EQ(
      Call("DiscoverInstancesRevision", {{"NamespaceName", "shop"}, {"ServiceName", "web"}, {"MaxResults", "ignored"}}),
      (Json{{"InstancesRevision", answer.at("InstancesRevision")}}));
}

TEST_F(Discovery, Parameters) {
  const std::string service = NewService(NewHttpNamespace("shop"), "web");
  Register(service, "1", {{"k", "v"}, {"stage", "a"}});
  Register(service, "2", {{"k", "v"}, {"stage", "b"}});
  Register(service, "3", {{"k", "w\"\\x"}});
  EXPECT_EQ(Ids(Json::object()), (Set{"1", "2", "3"}));
  EXPECT_EQ(Ids({{"QueryParameters", {{"k", "v"}}}}), (Set{"1", "2"}));
  EXPECT_EQ(Ids({{"QueryParameters", {{"k", "v"}, {"stage", "b"}}}}), (Set{"2"}));
  EXPECT_EQ(Ids({{"QueryParameters", {{"k", "none"}}}}), Set());
  EXPECT_EQ(Ids({{"QueryParameters", {{"k", "w\"\\x"}}}}), (Set{"3"})) << "escapes";
  EXPECT_EQ(Ids({{"QueryParameters", {{"k", "v"}}}, {"OptionalParameters", {{"stage", "a"}}}}), (Set{"1"}));
  EXPECT_EQ(Ids({{"QueryParameters", {{"k", "v"}}}, {"OptionalParameters", {{"stage", "z"}}}}), (Set{"1", "2"}));
  EXPECT_EQ(Ids({{"MaxResults", 2}}).size(), 2u);
}

TEST_F(Discovery, Health) {
  const std::string service =
      NewService(NewHttpNamespace("shop"), "web", {{"HealthCheckCustomConfig", {{"FailureThreshold", 1}}}});
  for (const char* id : {"1", "2"}) Register(service, id, Json::object());
  Call("UpdateInstanceCustomHealthStatus", {{"ServiceId", service}, {"InstanceId", "1"}, {"Status", "UNHEALTHY"}});
  EXPECT_EQ(Ids(Json::object()), (Set{"2"}));
  EXPECT_EQ(Ids({{"HealthStatus", "HEALTHY"}}), (Set{"2"}));
  EXPECT_EQ(Ids({{"HealthStatus", "UNHEALTHY"}}), (Set{"1"}));
  EXPECT_EQ(Ids({{"HealthStatus", "ALL"}}), (Set{"1", "2"}));
  Call("UpdateInstanceCustomHealthStatus", {{"ServiceId", service}, {"InstanceId", "2"}, {"Status", "UNHEALTHY"}});
  EXPECT_EQ(Ids({{"HealthStatus", "HEALTHY"}}), Set());
  EXPECT_EQ(Ids({{"HealthStatus", "HEALTHY_OR_ELSE_ALL"}}), (Set{"1", "2"}));
  EXPECT_EQ(Ids(Json::object()), (Set{"1", "2"}));
}

TEST_F(Discovery, WhatIsNotThere) {
  NewService(NewHttpNamespace("shop"), "web");
  for (const char* operation : {"DiscoverInstances", "DiscoverInstancesRevision"}) {
    Fail("NamespaceNotFound", operation, {{"NamespaceName", "none"}, {"ServiceName", "web"}});
    Fail("ServiceNotFound", operation, {{"NamespaceName", "shop"}, {"ServiceName", "none"}});
    Fail("NamespaceNotFound", operation,
         {{"NamespaceName", "shop"}, {"ServiceName", "web"}, {"OwnerAccount", "999999999999"}});
    Call(operation, {{"NamespaceName", "shop"}, {"ServiceName", "web"}, {"OwnerAccount", "123456789012"}});
    Fail("InvalidInput", operation, {{"NamespaceName", "shop"}});
  }
}

}  // namespace
}  // namespace waypost::cloudmap
