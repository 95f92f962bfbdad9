#include "cloudmap/caller_identity.h"

#include <gtest/gtest.h>

namespace waypost::cloudmap {
namespace {

const Caller kCaller = {"123456789012", "arn:aws:iam::123456789012:root", "123456789012"};

http::Response Ask(std::string_view method, std::string_view query, std::string_view body, bool want = true) {
  http::Request request;
  request.method = method;
  request.query = query;
  request.body = body;
  http::Response response;
  model::Random random(1);
  EXPECT_EQ(ServeQueryProtocol(request, kCaller, random, response), want);
  return response;
}

TEST(CallerIdentity, AnswersInTheBodyOrTheQuery) {
  for (const auto& [method, query, body] : {std::tuple("POST", "", "Action=GetCallerIdentity&Version=2011-06-15"),
                                            std::tuple("POST", "", "Version=2011-06-15&Action=Get%43allerIdentity"),
                                            std::tuple("POST", "", "Action=GetCallerIdentity"),
                                            std::tuple("GET", "Action=GetCallerIdentity&Version=2011-06-15", ""),
                                            std::tuple("POST", "Action=GetCallerIdentity&Version=2011-06-15", "")}) {
    const http::Response response = Ask(method, query, body);
    EXPECT_EQ(response.status, 200u);
    EXPECT_EQ(response.content_type, "text/xml");
    EXPECT_NE(response.body.find("<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"),
              std::string::npos);
    EXPECT_NE(response.body.find("<Account>123456789012</Account>"), std::string::npos);
    EXPECT_NE(response.body.find("<Arn>arn:aws:iam::123456789012:root</Arn>"), std::string::npos);
    EXPECT_NE(response.body.find("<UserId>123456789012</UserId>"), std::string::npos);
    EXPECT_EQ(response.request_id.size(), 36u);
    EXPECT_NE(response.body.find("<RequestId>" + response.request_id + "</RequestId>"), std::string::npos);
  }
}

TEST(CallerIdentity, OtherActionsAreInvalid) {
  for (const char* body : {"Action=AssumeRole&Version=2011-06-15", "Action=GetCallerIdentity&Version=2010-01-01",
                           "Action=", "Action=%3Cscript%3E%26&Version=2011-06-15"}) {
    const http::Response response = Ask("POST", "", body);
    EXPECT_EQ(response.status, 400u);
    EXPECT_NE(response.body.find("<Code>InvalidAction</Code>"), std::string::npos) << response.body;
    EXPECT_EQ(response.body.find("<script>"), std::string::npos);
  }
}

TEST(CallerIdentity, NoActionIsNotItsBusiness) {
  Ask("POST", "", "{}", false);
  Ask("GET", "", "Action=GetCallerIdentity", false);
  Ask("POST", "", "Actio=x&=&&", false);
}

TEST(CallerIdentity, FormParameters) {
  EXPECT_EQ(FormParameter("a=1&b=x+y%2Bz&c", "b"), "x y+z");
  EXPECT_EQ(FormParameter("a=1&b=x&c", "c"), "");
  EXPECT_EQ(FormParameter("a=%zz%4", "a"), "%zz%4");
  EXPECT_EQ(FormParameter("a=1", "A"), std::nullopt);
}

}  // namespace
}  // namespace waypost::cloudmap
