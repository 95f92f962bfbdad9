#include "cloudmap/api_fixture.h"

namespace waypost::cloudmap {
namespace {

class Instances : public ApiFixture {};

TEST_F(Instances, RegisterShowReplaceDeregister) {
  const std::string service = NewService(NewHttpNamespace("n"), "s");
  const Json done = Call("RegisterInstance", {{"ServiceId", service},
                                              {"InstanceId", "i-1"},
                                              {"CreatorRequestId", "me"},
                                              {"Attributes", {{"a", "b\"c\\d"}, {"AWS_INSTANCE_IPV4", "10.0.0.1"}}}});
  const Json operation = Call("GetOperation", done).at("Operation");
  EXPECT_EQ(operation.at("Type"), "REGISTER_INSTANCE");
  EXPECT_EQ(operation.at("OwnerAccount"), "123456789012");
  EXPECT_EQ(operation.at("CreateDate"), 1'700'000'000.250);
  EXPECT_EQ(operation.at("UpdateDate"), 1'700'000'000.250);
  EXPECT_EQ(operation.at("Targets").at("SERVICE"), service);
  EXPECT_EQ(operation.at("Targets").at("INSTANCE"), "i-1");
  EXPECT_EQ(Call("GetInstance", {{"ServiceId", service}, {"InstanceId", "i-1"}}),
            (Json{{"ResourceOwner", "123456789012"},
                  {"Instance",
                   {{"Id", "i-1"},
                    {"CreatorRequestId", "me"},
                    {"Attributes", {{"a", "b\"c\\d"}, {"AWS_INSTANCE_IPV4", "10.0.0.1"}}},
                    {"CreatedByAccount", "123456789012"}}}}));
  Register(ServiceArn(service), "i-1", {{"x", "y"}});
  const Json replaced = Call("GetInstance", {{"ServiceId", ServiceArn(service)}, {"InstanceId", "i-1"}}).at("Instance");
  EXPECT_EQ(replaced.at("Attributes"), (Json{{"x", "y"}}));
  EXPECT_FALSE(replaced.contains("CreatorRequestId"));
  EXPECT_EQ(Call("GetService", {{"Id", service}}).at("Service").at("InstanceCount"), 1);
  const Json gone = Call("DeregisterInstance", {{"ServiceId", service}, {"InstanceId", "i-1"}});
  EXPECT_EQ(Call("GetOperation", gone).at("Operation").at("Type"), "DEREGISTER_INSTANCE");
  Fail("InstanceNotFound", "GetInstance", {{"ServiceId", service}, {"InstanceId", "i-1"}});
  Fail("InstanceNotFound", "DeregisterInstance", {{"ServiceId", service}, {"InstanceId", "i-1"}});
}

TEST_F(Instances, RetriesFindTheirOperation) {
  const std::string service = NewService(NewHttpNamespace("n"), "s");
  Json request = {{"ServiceId", service}, {"InstanceId", "i"}, {"CreatorRequestId", "t"}, {"Attributes", {{"a", "1"}}}};
  const Json first = Call("RegisterInstance", request);
  EXPECT_EQ(Call("RegisterInstance", request), first);
  request["Attributes"]["a"] = "2";
  EXPECT_NE(Call("RegisterInstance", request), first) << "the same id with other content is a new request";
  EXPECT_EQ(Call("GetInstance", {{"ServiceId", service}, {"InstanceId", "i"}}).at("Instance").at("Attributes").at("a"),
            "2");
}

TEST_F(Instances, TotalsOfAttributesAtTheLimitAndOnePast) {
  const std::string service = NewService(NewHttpNamespace("n"), "s");
  Json count = {{"AWS_INSTANCE_PORT", "1"}};
  for (int i = 0; i < 30; ++i) count["k" + std::to_string(i)] = "v";
  Register(service, "thirty-of-its-own", count);
  count["one-more"] = "v";
  Json said =
      Fail("InvalidInput", "RegisterInstance", {{"ServiceId", service}, {"InstanceId", "i"}, {"Attributes", count}});
  EXPECT_NE(said.at("Message").dump().find("'Attributes'"), std::string::npos);
  Json size = Json::object();
  for (int i = 0; i < 5; ++i) size["k" + std::to_string(i)] = std::string(998, 'v');
  Register(service, "five-thousand", size);
  size["x"] = "";
  said = Fail("InvalidInput", "RegisterInstance", {{"ServiceId", service}, {"InstanceId", "i"}, {"Attributes", size}});
  EXPECT_NE(said.at("Message").dump().find("'Attributes'"), std::string::npos);
}

TEST_F(Instances, Ec2AddressesComeFromTheMap) {
  const std::string service =
      NewService(NewHttpNamespace("n"), "s", {{"HealthCheckCustomConfig", {{"FailureThreshold", 1}}}});
  Register(service, "i", {{"AWS_EC2_INSTANCE_ID", "i-0abc"}, {"AWS_INIT_HEALTH_STATUS", "UNHEALTHY"}, {"own", "x"}});
  EXPECT_EQ(Call("GetInstance", {{"ServiceId", service}, {"InstanceId", "i"}}).at("Instance").at("Attributes"),
            (Json{{"AWS_EC2_INSTANCE_ID", "i-0abc"}, {"AWS_INSTANCE_IPV4", "10.9.8.7"}, {"own", "x"}}));
  for (const Json& attributes : {Json{{"AWS_EC2_INSTANCE_ID", "i-other"}},
                                 Json{{"AWS_EC2_INSTANCE_ID", "i-0abc"}, {"AWS_INSTANCE_IPV4", "10.0.0.1"}},
                                 Json{{"AWS_EC2_INSTANCE_ID", "i-0abc"}, {"AWS_INSTANCE_PORT", "1"}}}) {
    Fail("InvalidInput", "RegisterInstance", {{"ServiceId", service}, {"InstanceId", "j"}, {"Attributes", attributes}});
  }
}

TEST_F(Instances, CustomHealth) {
  const std::string in = NewHttpNamespace("n");
  const std::string service = NewService(in, "s", {{"HealthCheckCustomConfig", {{"FailureThreshold", 1}}}});
  for (const char* id : {"a", "b", "c"}) Register(service, id, Json::object());
  EXPECT_EQ(Call("UpdateInstanceCustomHealthStatus",
                 {{"ServiceId", ServiceArn(service)}, {"InstanceId", "b"}, {"Status", "UNHEALTHY"}}),
            Json::object());
  EXPECT_EQ(Call("GetInstancesHealthStatus", {{"ServiceId", service}}),
            (Json{{"Status", {{"a", "HEALTHY"}, {"b", "UNHEALTHY"}, {"c", "HEALTHY"}}}}));
  EXPECT_EQ(Call("GetInstancesHealthStatus", {{"ServiceId", service}, {"Instances", {"c", "b", "c"}}}),
            (Json{{"Status", {{"b", "UNHEALTHY"}, {"c", "HEALTHY"}}}}));
  Fail("InstanceNotFound", "GetInstancesHealthStatus", {{"ServiceId", service}, {"Instances", {"a", "z"}}});
  Fail("InstanceNotFound", "UpdateInstanceCustomHealthStatus",
       {{"ServiceId", service}, {"InstanceId", "z"}, {"Status", "HEALTHY"}});
  const std::string plain = NewService(in, "plain");
  Register(plain, "i", Json::object());
  Fail("CustomHealthNotFound", "UpdateInstanceCustomHealthStatus",
       {{"ServiceId", plain}, {"InstanceId", "i"}, {"Status", "HEALTHY"}});
  Fail("InvalidInput", "GetInstancesHealthStatus", {{"ServiceId", plain}});
}

TEST_F(Instances, HealthStatusInPages) {
  const std::string service = NewService(NewHttpNamespace("n"), "s", {{"HealthCheckCustomConfig", Json::object()}});
  for (int i = 0; i < 5; ++i) Register(service, "i" + std::to_string(i), Json::object());
  for (const Json& base :
       {Json{{"ServiceId", service}}, Json{{"ServiceId", service}, {"Instances", {"i4", "i3", "i2", "i1", "i0"}}}}) {
    Json request = base;
    request["MaxResults"] = 2;
    Json seen = Json::object();
    int pages = 0;
    for (bool more = true; more; ++pages) {
      const Json page = Call("GetInstancesHealthStatus", request);
      EXPECT_LE(page.at("Status").size(), 2u);
      seen.update(page.at("Status"));
      more = page.contains("NextToken");
      if (more) request["NextToken"] = page.at("NextToken");
    }
    EXPECT_EQ(pages, 3);
    EXPECT_EQ(seen.size(), 5u);
    Json other = request;
    other["Instances"] = {"i0"};
    Fail("InvalidInput", "GetInstancesHealthStatus", other);
  }
}

TEST_F(Instances, UnknownServices) {
  for (const char* service : {"srv-aaaaaaaaaaaaaaaa", "nonsense"}) {
    const Json both = {{"ServiceId", service}, {"InstanceId", "i"}};
    Fail("ServiceNotFound", "GetInstance", both);
    Fail("ServiceNotFound", "DeregisterInstance", both);
    Fail("ServiceNotFound", "ListInstances", {{"ServiceId", service}});
    Fail("ServiceNotFound", "GetInstancesHealthStatus", {{"ServiceId", service}});
    Fail("ServiceNotFound", "RegisterInstance",
         {{"ServiceId", service}, {"InstanceId", "i"}, {"Attributes", Json::object()}});
    Fail("ServiceNotFound", "UpdateInstanceCustomHealthStatus",
         {{"ServiceId", service}, {"InstanceId", "i"}, {"Status", "HEALTHY"}});
  }
}

}  // namespace
}  // namespace waypost::cloudmap
