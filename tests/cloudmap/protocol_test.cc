#include <chrono>
#include <regex>

#include "cloudmap/api_fixture.h"
#include "cloudmap/json_value.h"
#include "cloudmap/operation.h"

namespace waypost::cloudmap {
namespace {

class Protocol : public ApiFixture {};

TEST_F(Protocol, Success) {
  const Answer answer = Post("ListNamespaces", "{}");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.fields.at("content-type"), "application/x-amz-json-1.1");
  EXPECT_TRUE(std::regex_match(answer.fields.at("x-amzn-requestid"),
                               std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
  EXPECT_NE(answer.fields.at("x-amzn-requestid"), Post("ListNamespaces", "{}").fields.at("x-amzn-requestid"));
  EXPECT_EQ(answer.json(), Json({{"Namespaces", Json::array()}}));
}

TEST_F(Protocol, BodiesThatAreNoRequest) {
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("\"x\""), std::string("1"), std::string("null"),
        std::string("{}}"), std::string("{'Id':1}"), std::string("\xff\xfe"), std::string("{\"Id\":\"\x80\"}"),
        std::string(R"({"Id":7})"), std::string(R"({"Id":"ns-a",})"), std::string(100'000, '['),
        std::string(1 << 20, '[')}) {
    const Answer answer = Post("GetNamespace", body);
    EXPECT_EQ(answer.status, 400u);
    EXPECT_EQ(answer.type(), "SerializationException") << body.substr(0, 20);
    EXPECT_EQ(answer.fields.at("x-amzn-errortype"), "SerializationException");
    EXPECT_EQ(answer.json().at("message"), answer.json().at("Message"));
  }
}

TEST_F(Protocol, DepthAtTheLimitAndOnePast) {
  const auto nested = [](std::size_t depth) {
    // The body itself is the first level.
    return R"({"Unknown":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(Post("ListNamespaces", nested(kJsonDepthMax)).status, 200u);
  EXPECT_EQ(Post("ListNamespaces", nested(kJsonDepthMax + 1)).type(), "SerializationException");
}

TEST_F(Protocol, UnknownOperations) {
  for (const char* target : {"Route53AutoNaming_v20170314.GetEverything", "Route53AutoNaming_v20170314.getnamespace",
                             "Route53AutoNaming_v20170314.", "Route53AutoNaming_v20180101.GetNamespace", "x"}) {
    const Answer answer = Send("POST / HTTP/1.1\r\nX-Amz-Target: " + std::string(target) + "\r\n", "{}");
    EXPECT_EQ(answer.status, 400u);
    EXPECT_EQ(answer.type(), "UnknownOperationException") << target;
    EXPECT_EQ(answer.fields.at("x-amzn-errortype"), "UnknownOperationException");
  }
  EXPECT_EQ(Send("POST / HTTP/1.1\r\n", "{}").type(), "UnknownOperationException");
  EXPECT_EQ(Send("GET / HTTP/1.1\r\n", "").type(), "UnknownOperationException");
  EXPECT_EQ(Send("GET / HTTP/1.1\r\nX-Amz-Target: Route53AutoNaming_v20170314.ListNamespaces\r\n", "{}").type(),
            "UnknownOperationException");
}

TEST_F(Protocol, EveryOperationAnswersSomethingOfTheApi) {
  for (const Operation& operation : Operations()) {
    const Answer answer = Post(operation.name, "{}");
    if (operation.name.starts_with("List") && operation.name != "ListInstances" &&
        operation.name != "ListTagsForResource") {
      EXPECT_EQ(answer.status, 200u) << operation.name;
    } else {
      EXPECT_EQ(answer.status, 400u) << operation.name;
      EXPECT_EQ(answer.type(), "InvalidInput") << operation.name;
    }
  }
}

TEST_F(Protocol, AnySignature) {
  const Answer answer = Send(
      "POST / HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=A/20200101/r/s/aws4_request, SignedHeaders=host, "
      "Signature=00\r\nX-Amz-Target: Route53AutoNaming_v20170314.ListServices\r\n",
      "{}");
  EXPECT_EQ(answer.status, 200u);
}

TEST_F(Protocol, CallerIdentityOnTheSameEndpoint) {
  const Answer answer = Send("POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\n",
                             "Action=GetCallerIdentity&Version=2011-06-15");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.fields.at("content-type"), "text/xml");
  EXPECT_NE(answer.text.find("<Account>123456789012</Account>"), std::string::npos);
  EXPECT_EQ(Send("GET /?Action=GetCallerIdentity&Version=2011-06-15 HTTP/1.1\r\n", "").status, 200u);
  const Answer bad = Send("POST / HTTP/1.1\r\n", "Action=AssumeRole&Version=2011-06-15");
  EXPECT_EQ(bad.status, 400u);
  EXPECT_NE(bad.text.find("<Code>InvalidAction</Code>"), std::string::npos);
}

}  // namespace
}  // namespace waypost::cloudmap
