#include "cloudmap/api_fixture.h"

namespace waypost::cloudmap {
namespace {

class Namespaces : public ApiFixture {};

TEST_F(Namespaces, Http) {
  const Json created =
      Call("CreateHttpNamespace", {{"Name", "shared"}, {"Description", "words"}, {"CreatorRequestId", "me"}});
  const std::string id = Target(created, "NAMESPACE");
  const Json want = {{"Id", id},
                     {"Arn", "arn:aws:servicediscovery:eu-west-1:123456789012:namespace/" + id},
                     {"ResourceOwner", "123456789012"},
                     {"Name", "shared"},
                     {"Type", "HTTP"},
                     {"Description", "words"},
                     {"ServiceCount", 0},
                     {"Properties", {{"DnsProperties", Json::object()}, {"HttpProperties", {{"HttpName", "shared"}}}}},
                     {"CreateDate", 1'700'000'000.250},
                     {"CreatorRequestId", "me"}};
  EXPECT_EQ(Call("GetNamespace", {{"Id", id}}).at("Namespace"), want);
  EXPECT_EQ(Call("GetNamespace", {{"Id", want["Arn"]}}).at("Namespace"), want);
  Json summary = want;
  summary.erase("CreatorRequestId");
  EXPECT_EQ(Call("ListNamespaces", Json::object()).at("Namespaces"), Json::array({summary}));
}

TEST_F(Namespaces, PrivateDns) {
  const std::string id =
      Target(Call("CreatePrivateDnsNamespace", {{"Name", "corp.internal"}, {"Vpc", "vpc-1"}}), "NAMESPACE");
  const Json got = Call("GetNamespace", {{"Id", id}}).at("Namespace");
  EXPECT_EQ(got.at("Type"), "DNS_PRIVATE");
  EXPECT_EQ(got.at("Properties").at("DnsProperties").at("SOA").at("TTL"), 15);
  EXPECT_EQ(got.at("Properties").at("DnsProperties").at("HostedZoneId").get<std::string>()[0], 'Z');
  EXPECT_EQ(got.at("Properties").at("HttpProperties").at("HttpName"), "corp.internal");
  EXPECT_EQ(got.at("CreatorRequestId").get<std::string>().size(), 36u) << "one is made where none was given";
}

TEST_F(Namespaces, PublicDns) {
  const Json soa = {{"DnsProperties", {{"SOA", {{"TTL", 0}}}}}};
  const std::string id =
      Target(Call("CreatePublicDnsNamespace", {{"Name", "a.example"}, {"Properties", soa}}), "NAMESPACE");
  EXPECT_EQ(Call("GetNamespace", {{"Id", id}}).at("Namespace").at("Properties").at("DnsProperties").at("SOA").at("TTL"),
            0);
  const std::string other = NewPublicNamespace("b.example");
  EXPECT_EQ(
      Call("GetNamespace", {{"Id", other}}).at("Namespace").at("Properties").at("DnsProperties").at("SOA").at("TTL"),
      60);
}

TEST_F(Namespaces, Update) {
  const std::string id = NewPublicNamespace("u.example");
  const auto ttl = [&] {
    return Call("GetNamespace", {{"Id", id}}).at("Namespace").at("Properties").at("DnsProperties").at("SOA").at("TTL");
  };
  const Json soa = {{"DnsProperties", {{"SOA", {{"TTL", 77}}}}}};
  Call("UpdatePublicDnsNamespace", {{"Id", id}, {"Namespace", {{"Description", "d"}, {"Properties", soa}}}});
  EXPECT_EQ(ttl(), 77);
  const Json done = Call("UpdatePublicDnsNamespace", {{"Id", id}, {"Namespace", {{"Description", "e"}}}});
  EXPECT_EQ(Call("GetOperation", done).at("Operation").at("Type"), "UPDATE_NAMESPACE");
  EXPECT_EQ(ttl(), 77) << "what an update does not name stays";
  EXPECT_EQ(Call("GetNamespace", {{"Id", id}}).at("Namespace").at("Description"), "e");
  Call("UpdatePublicDnsNamespace", {{"Id", id}, {"Namespace", {{"Description", ""}}}});
  EXPECT_FALSE(Call("GetNamespace", {{"Id", id}}).at("Namespace").contains("Description"));
  Fail("InvalidInput", "UpdateHttpNamespace", {{"Id", id}, {"Namespace", {{"Description", "x"}}}});
  const std::string http = NewHttpNamespace("h");
  Call("UpdateHttpNamespace", {{"Id", http}, {"Namespace", {{"Description", "x"}}}});
  EXPECT_EQ(Call("GetNamespace", {{"Id", http}}).at("Namespace").at("Description"), "x");
  Fail("InvalidInput", "UpdatePrivateDnsNamespace", {{"Id", http}, {"Namespace", {{"Description", "x"}}}});
}

TEST_F(Namespaces, RetriesFindTheirOperation) {
  const Json request = {{"Name", "again"}, {"CreatorRequestId", "token"}, {"Description", "d"}};
  const Json first = Call("CreateHttpNamespace", request);
  EXPECT_EQ(Call("CreateHttpNamespace", request), first);
  const Json other =
      Fail("NamespaceAlreadyExists", "CreateHttpNamespace", {{"Name", "again"}, {"CreatorRequestId", "token"}});
  EXPECT_EQ(other.at("NamespaceId"), Target(first, "NAMESPACE"));
  EXPECT_EQ(other.at("CreatorRequestId"), "token");
  const Json update = {
      {"Id", Target(first, "NAMESPACE")}, {"UpdaterRequestId", "u"}, {"Namespace", {{"Description", "x"}}}};
  EXPECT_EQ(Call("UpdateHttpNamespace", update), Call("UpdateHttpNamespace", update));
  Json without = update;
  without.erase("UpdaterRequestId");
  EXPECT_NE(Call("UpdateHttpNamespace", without), Call("UpdateHttpNamespace", without));
}

TEST_F(Namespaces, Delete) {
  const std::string id = NewHttpNamespace("n");
  const std::string service = NewService(id, "s");
  EXPECT_EQ(Call("GetNamespace", {{"Id", id}}).at("Namespace").at("ServiceCount"), 1);
  Fail("ResourceInUse", "DeleteNamespace", {{"Id", id}});
  EXPECT_EQ(Call("DeleteService", {{"Id", service}}), Json::object());
  EXPECT_EQ(Target(Call("DeleteNamespace", {{"Id", NamespaceArn(id)}}), "NAMESPACE"), id);
  Fail("NamespaceNotFound", "GetNamespace", {{"Id", id}});
}

TEST_F(Namespaces, UnknownOnes) {
  for (const char* id : {"ns-aaaaaaaaaaaaaaaa", "", "x", "srv-aaaaaaaaaaaaaaaa",
                         "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-aaaaaaaaaaaaaaaa"}) {
    Fail("NamespaceNotFound", "GetNamespace", {{"Id", id}});
    Fail("NamespaceNotFound", "DeleteNamespace", {{"Id", id}});
    Fail("NamespaceNotFound", "UpdateHttpNamespace", {{"Id", id}, {"Namespace", {{"Description", "x"}}}});
  }
}

TEST_F(Namespaces, NamesByTheTypesRules) {
  EXPECT_NE(Fail("InvalidInput", "CreatePublicDnsNamespace", {{"Name", "nodot"}})["Message"].dump().find("'Name'"),
            std::string::npos);
  EXPECT_NE(Fail("InvalidInput", "CreatePrivateDnsNamespace", {{"Name", "a..b"}, {"Vpc", "v"}})["Message"].dump().find(
                "'Name'"),
            std::string::npos);
}

}  // namespace
}  // namespace waypost::cloudmap
