#include "cloudmap/api_fixture.h"

namespace waypost::cloudmap {
namespace {

class Services : public ApiFixture {};

Json Records(std::initializer_list<const char*> types, int ttl = 60) {
  Json records = Json::array();
  for (const char* type : types) records.push_back({{"Type", type}, {"TTL", ttl}});
  return {{"DnsRecords", records}};
}

TEST_F(Services, ShowsWhatWasAsked) {
  const std::string in = NewPublicNamespace("s.example");
  const Json created = Call("CreateService", {{"Name", "web"},
                                              {"NamespaceId", NamespaceArn(in)},
                                              {"CreatorRequestId", "me"},
                                              {"Description", "words"},
                                              {"DnsConfig", Records({"A", "AAAA"})},
                                              {"HealthCheckCustomConfig", {{"FailureThreshold", 7}}}})
                           .at("Service");
  const std::string id = created.at("Id");
  Json dns = Records({"A", "AAAA"});
  dns["NamespaceId"] = in;
  dns["RoutingPolicy"] = "MULTIVALUE";
  const Json want = {{"Id", id},
                     {"Arn", "arn:aws:servicediscovery:eu-west-1:123456789012:service/" + id},
                     {"ResourceOwner", "123456789012"},
                     {"Name", "web"},
                     {"NamespaceId", in},
                     {"Description", "words"},
                     {"InstanceCount", 0},
                     {"DnsConfig", dns},
                     {"Type", "DNS_HTTP"},
                     {"HealthCheckCustomConfig", {{"FailureThreshold", 1}}},
                     {"CreateDate", 1'700'000'000.250},
                     {"CreatorRequestId", "me"},
                     {"CreatedByAccount", "123456789012"}};
  EXPECT_EQ(created, want);
  EXPECT_EQ(Call("GetService", {{"Id", id}}).at("Service"), want);
  EXPECT_EQ(Call("GetService", {{"Id", want["Arn"]}}).at("Service"), want);
  Json summary = want;
  summary.erase("CreatorRequestId");
  summary.erase("NamespaceId");
  EXPECT_EQ(Call("ListServices", Json::object()).at("Services"), Json::array({summary}));
}

TEST_F(Services, NamespaceInTheOldPlace) {
  const std::string in = NewPublicNamespace("o.example");
  Json dns = Records({"A"});
  dns["NamespaceId"] = in;
  EXPECT_EQ(Call("CreateService", {{"Name", "a"}, {"DnsConfig", dns}}).at("Service").at("NamespaceId"), in);
  NewService(NamespaceArn(in), "b", {{"DnsConfig", dns}});
  Fail("InvalidInput", "CreateService",
       {{"Name", "c"}, {"NamespaceId", NewPublicNamespace("p.example")}, {"DnsConfig", dns}});
  EXPECT_NE(Fail("InvalidInput", "CreateService", {{"Name", "c"}})["Message"].dump().find("NamespaceId"),
            std::string::npos);
  Fail("NamespaceNotFound", "CreateService", {{"Name", "c"}, {"NamespaceId", "nonsense"}});
}

TEST_F(Services, HealthChecks) {
  const std::string in = NewHttpNamespace("h");
  const auto check = [&](const std::string& name, const Json& config) {
    const std::string id = NewService(in, name, {{"HealthCheckConfig", config}});
    return Call("GetService", {{"Id", id}}).at("Service").at("HealthCheckConfig");
  };
  EXPECT_EQ(check("tcp", {{"Type", "TCP"}}), (Json{{"Type", "TCP"}, {"FailureThreshold", 3}}));
  EXPECT_EQ(check("http", {{"Type", "HTTP"}}),
            (Json{{"Type", "HTTP"}, {"ResourcePath", "/"}, {"FailureThreshold", 3}}));
  EXPECT_EQ(check("https", {{"Type", "HTTPS"}, {"ResourcePath", "/up"}, {"FailureThreshold", 10}}),
            (Json{{"Type", "HTTPS"}, {"ResourcePath", "/up"}, {"FailureThreshold", 10}}));
  Fail("InvalidInput", "CreateService",
       {{"Name", "x"}, {"NamespaceId", in}, {"HealthCheckConfig", {{"Type", "TCP"}, {"ResourcePath", "/"}}}});
}

TEST_F(Services, SameNameAgain) {
  const std::string in = NewHttpNamespace("twice");
  const Json request = {{"Name", "s"}, {"NamespaceId", in}, {"CreatorRequestId", "t"}};
  const Json first = Call("CreateService", request).at("Service");
  EXPECT_EQ(Call("CreateService", request).at("Service").at("Id"), first.at("Id"));
  const Json said = Fail("ServiceAlreadyExists", "CreateService", {{"Name", "s"}, {"NamespaceId", in}});
  EXPECT_EQ(said.at("ServiceId"), first.at("Id"));
  EXPECT_EQ(said.at("ServiceArn"), first.at("Arn"));
  EXPECT_EQ(said.at("CreatorRequestId"), "t");
}

TEST_F(Services, Update) {
  const std::string in = NewPublicNamespace("up.example");
  const std::string id = NewService(
      in, "s", {{"DnsConfig", Records({"A"})}, {"HealthCheckConfig", {{"Type", "HTTP"}}}, {"Description", "old"}});
  const Json done = Call("UpdateService", {{"Id", ServiceArn(id)},
                                           {"Service",
                                            {{"Description", "new"},
                                             {"DnsConfig", Records({"A"}, 7)},
                                             {"HealthCheckConfig", {{"Type", "HTTP"}, {"ResourcePath", "/x"}}}}}});
  EXPECT_EQ(Target(done, "SERVICE"), id);
  const Json got = Call("GetService", {{"Id", id}}).at("Service");
  EXPECT_EQ(got.at("Description"), "new");
  EXPECT_EQ(got.at("DnsConfig").at("DnsRecords"), Records({"A"}, 7).at("DnsRecords"));
  EXPECT_EQ(got.at("HealthCheckConfig").at("ResourcePath"), "/x");
  Fail("InvalidInput", "UpdateService",
       {{"Id", id}, {"Service", {{"DnsConfig", Records({"A"})}, {"HealthCheckConfig", {{"Type", "TCP"}}}}}});
  Fail("ServiceNotFound", "UpdateService", {{"Id", "srv-aaaaaaaaaaaaaaaa"}, {"Service", Json::object()}});
  Fail("ServiceNotFound", "UpdateService", {{"Id", "nonsense"}, {"Service", Json::object()}});
}

TEST_F(Services, Delete) {
  const std::string id = NewService(NewHttpNamespace("d"), "s");
  Register(id, "i", {{"a", "b"}});
  Fail("ResourceInUse", "DeleteService", {{"Id", id}});
  Call("DeregisterInstance", {{"ServiceId", id}, {"InstanceId", "i"}});
  EXPECT_EQ(Call("DeleteService", {{"Id", ServiceArn(id)}}), Json::object());
  Fail("ServiceNotFound", "GetService", {{"Id", id}});
  Fail("ServiceNotFound", "DeleteService", {{"Id", id}});
}

TEST_F(Services, Attributes) {
  const std::string id = NewService(NewHttpNamespace("a"), "s");
  const auto attributes = [&] {
    const Json got = Call("GetServiceAttributes", {{"ServiceId", id}}).at("ServiceAttributes");
    EXPECT_EQ(got.at("ServiceArn"), ServiceArn(id));
    EXPECT_EQ(got.at("ResourceOwner"), "123456789012");
    return got.at("Attributes");
  };
  EXPECT_EQ(attributes(), Json::object());
  Json many = Json::object();
  for (int i = 0; i < 30; ++i) many["k" + std::to_string(i)] = "v";
  EXPECT_EQ(Call("UpdateServiceAttributes", {{"ServiceId", id}, {"Attributes", many}}), Json::object());
  EXPECT_EQ(attributes(), many);
  Fail("ServiceAttributesLimitExceededException", "UpdateServiceAttributes",
       {{"ServiceId", id}, {"Attributes", {{"x", "y"}}}});
  EXPECT_EQ(Call("DeleteServiceAttributes", {{"ServiceId", ServiceArn(id)}, {"Attributes", {"k0", "none"}}}),
            Json::object());
  many.erase("k0");
  EXPECT_EQ(attributes(), many);
  Fail("ServiceNotFound", "GetServiceAttributes", {{"ServiceId", "srv-aaaaaaaaaaaaaaaa"}});
  Fail("ServiceNotFound", "UpdateServiceAttributes",
       {{"ServiceId", "srv-aaaaaaaaaaaaaaaa"}, {"Attributes", {{"x", "y"}}}});
  Fail("ServiceNotFound", "DeleteServiceAttributes", {{"ServiceId", "x"}, {"Attributes", {"x"}}});
}

}  // namespace
}  // namespace waypost::cloudmap
