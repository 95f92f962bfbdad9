#include "cloudmap/discover_request.h"

#include <gtest/gtest.h>

#include "cloudmap/operation.h"
#include "cloudmap/shapes.h"

namespace waypost::cloudmap {
namespace {

using view::HealthFilter;

TEST(PlainDiscover, ReadsAllMembers) {
  DiscoverRequest request;
  ASSERT_TRUE(ReadPlainDiscover(
      R"( {"NamespaceName" : "shop", "ServiceName":"_http._tcp", "MaxResults": 1000,
           "QueryParameters":{"a":"b","c":""}, "OptionalParameters":{ } ,"HealthStatus":"UNHEALTHY",
           "OwnerAccount":"000000000000"} )",
      request));
  EXPECT_EQ(request.namespace_name, "shop");
  EXPECT_EQ(request.service_name, "_http._tcp");
  EXPECT_EQ(request.owner_account, "000000000000");
  EXPECT_EQ(request.max_results, 1000u);
  EXPECT_EQ(request.health, HealthFilter::kUnhealthy);
  EXPECT_EQ(request.required, (std::vector<view::AttributeFilter>{{"a", "b"}, {"c", ""}}));
  EXPECT_TRUE(request.optional.empty());
}

TEST(PlainDiscover, DefaultsComeBack) {
  DiscoverRequest request;
  ASSERT_TRUE(ReadPlainDiscover(
      R"({"NamespaceName":"n","ServiceName":"s","MaxResults":5,"HealthStatus":"ALL","QueryParameters":{"a":"b"}})",
      request));
  ASSERT_TRUE(ReadPlainDiscover(R"({"ServiceName":"s","NamespaceName":"n"})", request));
  EXPECT_EQ(request.max_results, kDiscoverResultsDefault);
  EXPECT_EQ(request.health, HealthFilter::kHealthyOrElseAll);
  EXPECT_TRUE(request.required.empty());
  EXPECT_TRUE(request.owner_account.empty());
}

TEST(PlainDiscover, LeavesTheRestToTheThoroughParser) {
  const std::string names = R"("NamespaceName":"n","ServiceName":"s")";
  std::string filters;
  for (int i = 0; i < 33; ++i) filters += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":\"v\"";
  const std::vector<std::string> bodies = {
      "",
      "{}",
      "{" + names,
      "{" + names + "}}",
      "{" + names + ",}",
      "[]",
      R"({"NamespaceName":"n"})",
      R"({"NamespaceName":"n","ServiceName":"s\u0061"})",
      R"({"NamespaceName":"n","ServiceName":null})",
      R"({"NamespaceName":"","ServiceName":"s"})",
      R"({"NamespaceName":"n","ServiceName":"-"})",
      "{" + names + R"(,"NamespaceName":"m"})",
      "{" + names + R"(,"MaxResults":0})",
      "{" + names + R"(,"MaxResults":1001})",
      "{" + names + R"(,"MaxResults":01})",
      "{" + names + R"(,"MaxResults":1.0})",
      "{" + names + R"(,"MaxResults":1e1})",
      "{" + names + R"(,"MaxResults":-1})",
      "{" + names + R"(,"MaxResults":99999999999999999999})",
      "{" + names + R"(,"HealthStatus":"healthy"})",
      "{" + names + R"(,"OwnerAccount":"1"})",
      "{" + names + R"(,"QueryParameters":{"a":"b","a":"c"}})",
      "{" + names + R"(,"QueryParameters":{"a":1}})",
      "{" + names + R"(,"QueryParameters":{"":"b"}})",
      "{" + names + R"(,"QueryParameters":{"a":" b"}})",
      "{" + names + R"(,"QueryParameters":{"a b":"c"}})",
      "{" + names + ",\"QueryParameters\":{\"a\":\"\xc3\xa9\"}}",
      "{" + names + R"(,"QueryParameters":{")" + std::string(256, 'k') + R"(":"v"}})",
      "{" + names + R"(,"QueryParameters":{"k":")" + std::string(1025, 'v') + R"("}})",
      "{" + names + ",\"QueryParameters\":{" + filters + "}}",
      "{" + names + R"(,"Other":"x"})"};
  DiscoverRequest request;
  for (const std::string& body : bodies) EXPECT_FALSE(ReadPlainDiscover(body, request)) << body.substr(0, 120);
}

TEST(PlainDiscover, AgreesWithTheThoroughParser) {
  for (
      const char* body : {
          R"({"NamespaceName":"n","ServiceName":"s"})",
          R"({"NamespaceName":"n","ServiceName":"s","MaxResults":1})",
          R"({"NamespaceName":"n","ServiceName":"a.b","QueryParameters":{"a":"b c","d":"e"},"HealthStatus":"HEALTHY"})",
          R"({"NamespaceName":"n","ServiceName":".","OptionalParameters":{"a":""},"OwnerAccount":"abcdefghijkl"})",
      }) {
    DiscoverRequest plain;
    DiscoverRequest thorough;
    ASSERT_TRUE(ReadPlainDiscover(body, plain)) << body;
    const auto input = ReadInput(*FindOperation("DiscoverInstances"), body);
    ASSERT_TRUE(input.ok()) << input.error().message;
    ReadDiscover(input.value(), thorough);
    EXPECT_EQ(plain.namespace_name, thorough.namespace_name);
    EXPECT_EQ(plain.service_name, thorough.service_name);
    EXPECT_EQ(plain.owner_account, thorough.owner_account);
    EXPECT_EQ(plain.required, thorough.required);
    EXPECT_EQ(plain.optional, thorough.optional);
    EXPECT_EQ(plain.health, thorough.health);
    EXPECT_EQ(plain.max_results, thorough.max_results);
  }
}

}  // namespace
}  // namespace waypost::cloudmap
