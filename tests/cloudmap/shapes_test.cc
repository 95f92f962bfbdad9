#include "cloudmap/shapes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "cloudmap/operation.h"

namespace waypost::cloudmap {
namespace {

using Json = nlohmann::json;

/// For each operation a body with all of its members.
const std::map<std::string, Json>& Bodies() {
  static const Json dns =
      R"({"NamespaceId":"ns-a","RoutingPolicy":"WEIGHTED","DnsRecords":[{"Type":"A","TTL":1}]})"_json;
  static const Json check = R"({"Type":"HTTP","ResourcePath":"/","FailureThreshold":3})"_json;
  static const Json tags = R"([{"Key":"k","Value":"v"}])"_json;
  static const Json properties = R"({"DnsProperties":{"SOA":{"TTL":1}}})"_json;
  static const Json update = {
      {"Id", "ns-a"}, {"UpdaterRequestId", "r"}, {"Namespace", {{"Description", "d"}, {"Properties", properties}}}};
  static const Json filter =
      R"({"NextToken":"t","MaxResults":1,"Filters":[{"Name":"","Values":["v"],"Condition":"EQ"}]})"_json;
  static const auto filtered = [](const char* name) {
    Json body = filter;
    body["Filters"][0]["Name"] = name;
    return body;
  };
  static const std::map<std::string, Json> bodies = {
      {"CreateHttpNamespace", {{"Name", "n"}, {"CreatorRequestId", "r"}, {"Description", "d"}, {"Tags", tags}}},
      {"CreatePrivateDnsNamespace",
       {{"Name", "n"},
        {"CreatorRequestId", "r"},
        {"Description", "d"},
        {"Vpc", "v"},
        {"Tags", tags},
        {"Properties", properties}}},
      {"CreatePublicDnsNamespace",
       {{"Name", "n.e"}, {"CreatorRequestId", "r"}, {"Description", "d"}, {"Tags", tags}, {"Properties", properties}}},
      {"CreateService",
       {{"Name", "s"},
        {"NamespaceId", "ns-a"},
        {"CreatorRequestId", "r"},
        {"Description", "d"},
        {"DnsConfig", dns},
        {"HealthCheckConfig", check},
        {"HealthCheckCustomConfig", {{"FailureThreshold", 1}}},
        {"Tags", tags},
        {"Type", "HTTP"}}},
      {"DeleteNamespace", {{"Id", "i"}}},
      {"DeleteService", {{"Id", "i"}}},
      {"DeleteServiceAttributes", {{"ServiceId", "s"}, {"Attributes", {"a"}}}},
      {"DeregisterInstance", {{"ServiceId", "s"}, {"InstanceId", "i"}}},
      {"DiscoverInstances",
       {{"NamespaceName", "n"},
        {"ServiceName", "s"},
        {"MaxResults", 1},
        {"QueryParameters", {{"a", "b"}}},
        {"OptionalParameters", {{"a", "b"}}},
        {"HealthStatus", "ALL"},
        {"OwnerAccount", "000000000000"}}},
      {"DiscoverInstancesRevision", {{"NamespaceName", "n"}, {"ServiceName", "s"}, {"OwnerAccount", "000000000000"}}},
      {"GetInstance", {{"ServiceId", "s"}, {"InstanceId", "i"}}},
      {"GetInstancesHealthStatus", {{"ServiceId", "s"}, {"Instances", {"i"}}, {"MaxResults", 1}, {"NextToken", "t"}}},
      {"GetNamespace", {{"Id", "i"}}},
      {"GetOperation", {{"OperationId", "o"}, {"OwnerAccount", "000000000000"}}},
      {"GetService", {{"Id", "i"}}},
      {"GetServiceAttributes", {{"ServiceId", "s"}}},
      {"ListInstances", {{"ServiceId", "s"}, {"NextToken", "t"}, {"MaxResults", 1}}},
      {"ListNamespaces", filtered("TYPE")},
      {"ListOperations", filtered("STATUS")},
      {"ListServices", filtered("NAMESPACE_ID")},
      {"ListTagsForResource", {{"ResourceARN", "a"}}},
      {"RegisterInstance",
       {{"ServiceId", "s"}, {"InstanceId", "i"}, {"CreatorRequestId", "r"}, {"Attributes", {{"a", "b"}}}}},
      {"TagResource", {{"ResourceARN", "a"}, {"Tags", tags}}},
      {"UntagResource", {{"ResourceARN", "a"}, {"TagKeys", {"k"}}}},
      {"UpdateHttpNamespace", {{"Id", "ns-a"}, {"UpdaterRequestId", "r"}, {"Namespace", {{"Description", "d"}}}}},
      {"UpdateInstanceCustomHealthStatus", {{"ServiceId", "s"}, {"InstanceId", "i"}, {"Status", "HEALTHY"}}},
      {"UpdatePrivateDnsNamespace", update},
      {"UpdatePublicDnsNamespace", update},
      {"UpdateService",
       {{"Id", "s"},
        {"Service",
         {{"Description", "d"}, {"DnsConfig", {{"DnsRecords", dns["DnsRecords"]}}}, {"HealthCheckConfig", check}}}}},
      {"UpdateServiceAttributes", {{"ServiceId", "s"}, {"Attributes", {{"a", "b"}}}}},
  };
  return bodies;
}

/// Nothing, or the error's code with its text.
std::pair<std::optional<model::Code>, std::string> Outcome(const std::string& operation, const Json& body) {
  const auto input = ReadInput(*FindOperation(operation), body.dump());
  if (input.ok()) return {};
  return {input.error().code, input.error().message};
}

Json Changed(const std::string& operation, const char* pointer, const Json& value) {
  Json body = Bodies().at(operation);
  body[Json::json_pointer(pointer)] = value;
  return body;
}

Json Texts(std::size_t count) {
  Json list = Json::array();
  for (std::size_t i = 0; i < count; ++i) list.push_back("t" + std::to_string(i));
  return list;
}
Json Pairs(std::size_t count) {
  Json map = Json::object();
  for (std::size_t i = 0; i < count; ++i) map["t" + std::to_string(i)] = "v";
  return map;
}
Json TagList(std::size_t count) {
  Json list = Json::array();
  for (std::size_t i = 0; i < count; ++i) list.push_back({{"Key", "t" + std::to_string(i)}, {"Value", ""}});
  return list;
}
std::string Long(std::size_t length) { return std::string(length, 'x'); }

TEST(Shapes, EveryOperationHasABodyHereAndTakesIt) {
  EXPECT_EQ(Operations().size(), 30u);
  for (const Operation& operation : Operations()) {
    ASSERT_TRUE(Bodies().contains(std::string(operation.name))) << operation.name;
    EXPECT_EQ(Outcome(std::string(operation.name), Bodies().at(std::string(operation.name))).second, "")
        << operation.name;
  }
}

TEST(Shapes, UnknownNamesAreNoOperations) {
  for (const char* name : {"", "getnamespace", "GetNamespaces", "Zzz", "A"}) EXPECT_EQ(FindOperation(name), nullptr);
}

/// Whether the API reference marks the member as required.
bool IsRequired(const std::string& operation, const std::string& pointer) {
  static const std::map<std::string, std::set<std::string>> of_operation = {
      {"CreateHttpNamespace", {"/Name"}},
      {"CreatePrivateDnsNamespace", {"/Name", "/Vpc"}},
      {"CreatePublicDnsNamespace", {"/Name"}},
      {"CreateService", {"/Name"}},
      {"DeleteNamespace", {"/Id"}},
      {"DeleteService", {"/Id"}},
      {"DeleteServiceAttributes", {"/ServiceId", "/Attributes"}},
      {"DeregisterInstance", {"/ServiceId", "/InstanceId"}},
      {"DiscoverInstances", {"/NamespaceName", "/ServiceName"}},
      {"DiscoverInstancesRevision", {"/NamespaceName", "/ServiceName"}},
      {"GetInstance", {"/ServiceId", "/InstanceId"}},
      {"GetInstancesHealthStatus", {"/ServiceId"}},
      {"GetNamespace", {"/Id"}},
      {"GetOperation", {"/OperationId"}},
      {"GetService", {"/Id"}},
      {"GetServiceAttributes", {"/ServiceId"}},
      {"ListInstances", {"/ServiceId"}},
      {"ListTagsForResource", {"/ResourceARN"}},
      {"RegisterInstance", {"/ServiceId", "/InstanceId", "/Attributes"}},
      {"TagResource", {"/ResourceARN", "/Tags"}},
      {"UntagResource", {"/ResourceARN", "/TagKeys"}},
      {"UpdateHttpNamespace", {"/Id", "/Namespace", "/Namespace/Description"}},
      {"UpdateInstanceCustomHealthStatus", {"/ServiceId", "/InstanceId", "/Status"}},
      {"UpdatePrivateDnsNamespace", {"/Id", "/Namespace"}},
      {"UpdatePublicDnsNamespace", {"/Id", "/Namespace"}},
      {"UpdateService", {"/Id", "/Service"}},
      {"UpdateServiceAttributes", {"/ServiceId", "/Attributes"}}};
  static const char* const of_structures[] = {"/Tags/0/Key",        "/Tags/0/Value",     "/Properties/DnsProperties",
                                              "/DnsProperties/SOA", "/SOA/TTL",          "/DnsConfig/DnsRecords",
                                              "/DnsRecords/0/Type", "/DnsRecords/0/TTL", "/HealthCheckConfig/Type",
                                              "/Filters/0/Name",    "/Filters/0/Values"};
  const auto own = of_operation.find(operation);
  if (own != of_operation.end() && own->second.contains(pointer)) return true;
  return std::any_of(std::begin(of_structures), std::end(of_structures),
                     [&](const char* each) { return pointer.ends_with(each); });
}

TEST(Shapes, RequiredMembersAndOnlyThoseMustBeThere) {
  for (const auto& [operation, body] : Bodies()) {
    std::set<std::string> pointers;
    const Json flat = body.flatten();
    for (const auto& [leaf, value] : flat.items()) {
      for (Json::json_pointer at(leaf); !at.empty(); at.pop_back()) pointers.insert(at.to_string());
    }
    for (const std::string& pointer : pointers) {
      const Json::json_pointer at(pointer);
      // Items of lists and maps are no members.
      if (body.at(at.parent_pointer()).is_array() || pointer.starts_with("/Attributes/")) continue;
      Json without = body;
      without[at.parent_pointer()].erase(at.back());
      const auto [code, text] = Outcome(operation, without);
      if (IsRequired(operation, pointer)) {
        EXPECT_EQ(code, model::Code::kInvalidInput) << operation << pointer;
        EXPECT_NE(text.find(at.back() + "' failed to satisfy constraint: Member must not be null"), std::string::npos)
            << text;
      } else {
        EXPECT_EQ(text, "") << operation << pointer;
      }
      Json null = body;
      null[at] = nullptr;
      EXPECT_EQ(Outcome(operation, null).second, text) << operation << pointer << ": null is as if absent";
    }
  }
}

struct Limit {
  const char* operation;
  const char* pointer;
  Json at;  ///< null: none to try
  Json past;
};

TEST(Shapes, LimitsAtAndOnePast) {
  const Limit limits[] = {
      {"CreateHttpNamespace", "/Name", Long(1024), Long(1025)},
      {"CreateHttpNamespace", "/Name", "!~", ""},
      {"CreateHttpNamespace", "/Name", "arn", "arn:x"},
      {"CreateHttpNamespace", "/Name", nullptr, "a b"},
      {"CreateHttpNamespace", "/CreatorRequestId", Long(64), Long(65)},
      {"CreateHttpNamespace", "/Description", Long(1024), Long(1025)},
      {"CreateHttpNamespace", "/Tags", TagList(200), TagList(201)},
      {"CreateHttpNamespace", "/Tags/0/Key", Long(128), Long(129)},
      {"CreateHttpNamespace", "/Tags/0/Key", "k", ""},
      {"CreateHttpNamespace", "/Tags/0/Value", Long(256), Long(257)},
      {"CreatePrivateDnsNamespace", "/Name", Long(253), Long(254)},
      {"CreatePrivateDnsNamespace", "/Vpc", Long(64), Long(65)},
      {"CreatePrivateDnsNamespace", "/CreatorRequestId", Long(64), Long(65)},
      {"CreatePrivateDnsNamespace", "/Description", Long(1024), Long(1025)},
      {"CreatePrivateDnsNamespace", "/Tags", TagList(200), TagList(201)},
      {"CreatePrivateDnsNamespace", "/Properties/DnsProperties/SOA/TTL", 2147483647, 2147483648},
      {"CreatePrivateDnsNamespace", "/Properties/DnsProperties/SOA/TTL", 0, -1},
      {"CreatePublicDnsNamespace", "/Name", Long(63) + ".x", Long(64) + ".x"},
      {"CreatePublicDnsNamespace", "/Name", "a-b.c", "ab"},
      {"CreatePublicDnsNamespace", "/Name", nullptr, "a_b.c"},
      {"CreatePublicDnsNamespace", "/CreatorRequestId", Long(64), Long(65)},
      {"CreatePublicDnsNamespace", "/Tags", TagList(200), TagList(201)},
      {"CreateService", "/Name", Long(63) + "." + Long(63), Long(63) + "." + Long(62) + ".x"},
      {"CreateService", "/Name", "_a.b", "_"},
      {"CreateService", "/Name", ".", ""},
      {"CreateService", "/NamespaceId", Long(255), Long(256)},
      {"CreateService", "/CreatorRequestId", Long(64), Long(65)},
      {"CreateService", "/Description", Long(1024), Long(1025)},
      {"CreateService", "/DnsConfig/NamespaceId", Long(64), Long(65)},
      {"CreateService", "/DnsConfig/RoutingPolicy", "MULTIVALUE", "RANDOM"},
      {"CreateService", "/DnsConfig/DnsRecords/0/Type", "CNAME", "MX"},
      {"CreateService", "/DnsConfig/DnsRecords/0/TTL", 2147483647, 2147483648},
      {"CreateService", "/DnsConfig/DnsRecords/0/TTL", 0, -1},
      {"CreateService", "/HealthCheckConfig/Type", "HTTPS", "UDP"},
      {"CreateService", "/HealthCheckConfig/ResourcePath", Long(255), Long(256)},
      {"CreateService", "/HealthCheckConfig/FailureThreshold", 10, 11},
      {"CreateService", "/HealthCheckConfig/FailureThreshold", 1, 0},
      {"CreateService", "/HealthCheckCustomConfig/FailureThreshold", 10, 11},
      {"CreateService", "/HealthCheckCustomConfig/FailureThreshold", 1, 0},
      {"CreateService", "/Tags", TagList(200), TagList(201)},
      {"CreateService", "/Type", nullptr, "DNS"},
      {"DeleteNamespace", "/Id", Long(255), Long(256)},
      {"DeleteService", "/Id", Long(255), Long(256)},
      {"DeleteServiceAttributes", "/ServiceId", Long(255), Long(256)},
      {"DeleteServiceAttributes", "/Attributes", Texts(30), Texts(31)},
      {"DeleteServiceAttributes", "/Attributes", Texts(1), Texts(0)},
      {"DeleteServiceAttributes", "/Attributes/0", Long(255), Long(256)},
      {"DeregisterInstance", "/ServiceId", Long(255), Long(256)},
      {"DeregisterInstance", "/InstanceId", Long(64), Long(65)},
      {"DiscoverInstances", "/NamespaceName", Long(1024), Long(1025)},
      {"DiscoverInstances", "/NamespaceName", "arn:x", ""},
      {"DiscoverInstances", "/ServiceName", Long(63), Long(64)},
      {"DiscoverInstances", "/MaxResults", 1000, 1001},
      {"DiscoverInstances", "/MaxResults", 1, 0},
      {"DiscoverInstances", "/QueryParameters", Json{{Long(255), "v"}}, Json{{Long(256), "v"}}},
      {"DiscoverInstances", "/QueryParameters", Json{{"k", Long(1024)}}, Json{{"k", Long(1025)}}},
      {"DiscoverInstances", "/QueryParameters", Json{{"k", "a \tb"}}, Json{{"k", " a"}}},
      {"DiscoverInstances", "/QueryParameters", Json{{"k", ""}}, Json{{"", "v"}}},
      {"DiscoverInstances", "/OptionalParameters", Json{{Long(255), "v"}}, Json{{Long(256), "v"}}},
      {"DiscoverInstances", "/OptionalParameters", Json{{"k", Long(1024)}}, Json{{"k k", "v"}}},
      {"DiscoverInstances", "/HealthStatus", "HEALTHY_OR_ELSE_ALL", "UNKNOWN"},
      {"DiscoverInstances", "/OwnerAccount", Long(12), Long(13)},
      {"DiscoverInstances", "/OwnerAccount", nullptr, Long(11)},
      {"DiscoverInstancesRevision", "/NamespaceName", Long(1024), Long(1025)},
      {"DiscoverInstancesRevision", "/ServiceName", Long(63), Long(64)},
      {"DiscoverInstancesRevision", "/OwnerAccount", Long(12), Long(13)},
      {"GetInstance", "/ServiceId", Long(255), Long(256)},
      {"GetInstance", "/InstanceId", Long(64), Long(65)},
      {"GetInstancesHealthStatus", "/ServiceId", Long(255), Long(256)},
      {"GetInstancesHealthStatus", "/Instances", Texts(1), Texts(0)},
      {"GetInstancesHealthStatus", "/Instances/0", Long(64), Long(65)},
      {"GetInstancesHealthStatus", "/MaxResults", 100, 101},
      {"GetInstancesHealthStatus", "/MaxResults", 1, 0},
      {"GetInstancesHealthStatus", "/NextToken", Long(4096), Long(4097)},
      {"GetNamespace", "/Id", Long(255), Long(256)},
      {"GetOperation", "/OperationId", Long(255), Long(256)},
      {"GetOperation", "/OwnerAccount", Long(12), Long(13)},
      {"GetService", "/Id", Long(255), Long(256)},
      {"GetServiceAttributes", "/ServiceId", Long(255), Long(256)},
      {"ListInstances", "/ServiceId", Long(255), Long(256)},
      {"ListInstances", "/MaxResults", 100, 101},
      {"ListInstances", "/MaxResults", 1, 0},
      {"ListInstances", "/NextToken", Long(4096), Long(4097)},
      {"ListNamespaces", "/MaxResults", 100, 101},
      {"ListNamespaces", "/NextToken", Long(4096), Long(4097)},
      {"ListNamespaces", "/Filters/0/Name", "RESOURCE_OWNER", "SERVICE_ID"},
      {"ListNamespaces", "/Filters/0/Condition", "BEGINS_WITH", "LIKE"},
      {"ListNamespaces", "/Filters/0/Values/0", Long(255), Long(256)},
      {"ListNamespaces", "/Filters/0/Values/0", "x", ""},
      {"ListOperations", "/MaxResults", 100, 101},
      {"ListOperations", "/Filters/0/Name", "UPDATE_DATE", "NAME"},
      {"ListOperations", "/Filters/0/Values/0", Long(255), Long(256)},
      {"ListServices", "/MaxResults", 100, 101},
      {"ListServices", "/Filters/0/Name", "RESOURCE_OWNER", "NAME"},
      {"ListServices", "/Filters/0/Values/0", Long(255), Long(256)},
      {"ListTagsForResource", "/ResourceARN", Long(1011), Long(1012)},
      {"ListTagsForResource", "/ResourceARN", "x", ""},
      {"RegisterInstance", "/ServiceId", Long(255), Long(256)},
      {"RegisterInstance", "/InstanceId", Long(64), Long(65)},
      {"RegisterInstance", "/InstanceId", "aZ0_/:.@-", ""},
      {"RegisterInstance", "/InstanceId", nullptr, "a b"},
      {"RegisterInstance", "/CreatorRequestId", Long(64), Long(65)},
      {"RegisterInstance", "/Attributes", Json{{Long(255), Long(1024)}}, Json{{Long(256), "v"}}},
      {"RegisterInstance", "/Attributes", Json::object(), Json{{"k", Long(1025)}}},
      {"TagResource", "/ResourceARN", Long(1011), Long(1012)},
      {"TagResource", "/Tags", TagList(200), TagList(201)},
      {"UntagResource", "/ResourceARN", Long(1011), Long(1012)},
      {"UntagResource", "/TagKeys", Texts(200), Texts(201)},
      {"UntagResource", "/TagKeys/0", Long(128), Long(129)},
      {"UntagResource", "/TagKeys/0", "k", ""},
      {"UpdateHttpNamespace", "/Id", Long(255), Long(256)},
      {"UpdateHttpNamespace", "/UpdaterRequestId", Long(64), Long(65)},
      {"UpdateHttpNamespace", "/Namespace/Description", Long(1024), Long(1025)},
      {"UpdateInstanceCustomHealthStatus", "/InstanceId", Long(64), Long(65)},
      {"UpdateInstanceCustomHealthStatus", "/Status", "UNHEALTHY", "UNKNOWN"},
      {"UpdatePrivateDnsNamespace", "/Id", Long(255), Long(256)},
      {"UpdatePrivateDnsNamespace", "/UpdaterRequestId", Long(64), Long(65)},
      {"UpdatePrivateDnsNamespace", "/Namespace/Properties/DnsProperties/SOA/TTL", 2147483647, 2147483648},
      {"UpdatePublicDnsNamespace", "/Namespace/Properties/DnsProperties/SOA/TTL", 0, -1},
      {"UpdatePublicDnsNamespace", "/Namespace/Description", Long(1024), Long(1025)},
      {"UpdateService", "/Id", Long(255), Long(256)},
      {"UpdateService", "/Service/Description", Long(1024), Long(1025)},
      {"UpdateService", "/Service/DnsConfig/DnsRecords/0/TTL", 2147483647, 2147483648},
      {"UpdateService", "/Service/HealthCheckConfig/FailureThreshold", 10, 11},
      {"UpdateServiceAttributes", "/ServiceId", Long(255), Long(256)},
      {"UpdateServiceAttributes", "/Attributes", Pairs(30), Pairs(31)},
      {"UpdateServiceAttributes", "/Attributes", Pairs(1), Pairs(0)},
      {"UpdateServiceAttributes", "/Attributes", Json{{Long(255), Long(1024)}}, Json{{Long(256), "v"}}},
      {"UpdateServiceAttributes", "/Attributes", nullptr, Json{{"k", Long(1025)}}},
  };
  for (const Limit& limit : limits) {
    if (!limit.at.is_null()) {
      EXPECT_EQ(Outcome(limit.operation, Changed(limit.operation, limit.pointer, limit.at)).second, "")
          << limit.operation << limit.pointer;
    }
    const auto [code, text] = Outcome(limit.operation, Changed(limit.operation, limit.pointer, limit.past));
    EXPECT_EQ(code, model::Code::kInvalidInput) << limit.operation << limit.pointer << limit.past;
    EXPECT_NE(text.find("failed to satisfy constraint"), std::string::npos) << text;
  }
}

TEST(Shapes, WrongTypesAreSerializationErrors) {
  for (const auto& [operation, body] : Bodies()) {
    for (const auto& [name, value] : body.items()) {
      for (const Json& other : {Json(7), Json(true), Json("x"), Json(1.5), Json::array({1}), Json{{"x", 1}}}) {
        if (other.type() == value.type() || (value.is_number_integer() && other.is_number_integer())) continue;
        Json changed = body;
        changed[name] = other;
        EXPECT_EQ(Outcome(operation, changed).first, model::Code::kSerialization) << operation << name << other;
      }
    }
    for (const Json& other : {Json(7), Json("x"), Json::array(), Json()}) {
      EXPECT_EQ(Outcome(operation, other).first, model::Code::kSerialization) << operation << other;
    }
  }
}

TEST(Shapes, UnknownMembersAreIgnored) {
  for (auto [operation, body] : Bodies()) {
    body["NoSuchMember"] = R"({"a":[1,{"b":null}]})"_json;
    EXPECT_EQ(Outcome(operation, body).second, "") << operation;
  }
}

TEST(Shapes, AllViolationsAreListedUpToALimit) {
  const auto [code, text] = Outcome("DeregisterInstance", {{"InstanceId", Long(65)}});
  EXPECT_EQ(text,
            "2 validation errors detected: Value at 'ServiceId' failed to satisfy constraint: Member must not be null; "
            "Value at 'InstanceId' failed to satisfy constraint: Member must have length less than or equal to 64");
  Json many = Json::array();
  for (int i = 0; i < 150; ++i) many.push_back({{"Key", ""}, {"Value", ""}});
  const auto [code2, text2] = Outcome("TagResource", {{"ResourceARN", "a"}, {"Tags", many}});
  EXPECT_TRUE(text2.starts_with("150 validation errors detected: ")) << text2;
  std::size_t listed = 0;
  for (std::size_t at = text2.find("Value at"); at != std::string::npos; at = text2.find("Value at", at + 1)) ++listed;
  EXPECT_EQ(listed, kViolationsMax);
}

TEST(Shapes, LengthsCountCharacters) {
  std::string umlauts;
  for (int i = 0; i < 1024; ++i) umlauts += "\xc3\xbc";
  EXPECT_EQ(Outcome("CreateHttpNamespace", Changed("CreateHttpNamespace", "/Description", umlauts)).second, "");
  EXPECT_EQ(Outcome("CreateHttpNamespace", Changed("CreateHttpNamespace", "/Description", umlauts + "x")).first,
            model::Code::kInvalidInput);
}

TEST(Shapes, LongKeysAreCutBetweenCharacters) {
  std::string key = "x";
  for (int i = 0; i < 200; ++i) key += "\xc3\xbc";
  const auto [code, text] =
      Outcome("UpdateServiceAttributes", Changed("UpdateServiceAttributes", "/Attributes", Json{{key, Long(1025)}}));
  EXPECT_EQ(code, model::Code::kInvalidInput);
  EXPECT_NO_THROW((void)Json(text).dump()) << "the text is UTF-8";
}

TEST(Shapes, CanonicalTextIsTheSameForTheSameRequest) {
  const Shape& shape = kCreateHttpNamespaceInput;
  const auto canonical = [&](const char* body) {
    return Canonical(shape, ParseJson(body).value(), {"CreatorRequestId"});
  };
  EXPECT_EQ(canonical(R"({"Name":"n","Description":"d","CreatorRequestId":"1"})"),
            canonical(R"({ "CreatorRequestId":"2","Unknown":[1],"Tags":null,"Description":"\u0064","Name":"n"})"));
  EXPECT_NE(canonical(R"({"Name":"n","Description":"d"})"), canonical(R"({"Name":"n","Description":"e"})"));
  EXPECT_NE(canonical(R"({"Name":"n","Description":""})"), canonical(R"({"Name":"n"})"));
}

}  // namespace
}  // namespace waypost::cloudmap
