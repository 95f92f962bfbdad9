#include "cloudmap/errors.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace waypost::cloudmap {
namespace {

using model::Code;

/// The error types that the API reference knows, all with status 400.
const std::set<std::string_view> kModelled = {"CustomHealthNotFound",
                                              "DuplicateRequest",
                                              "InstanceNotFound",
                                              "InvalidInput",
                                              "NamespaceAlreadyExists",
                                              "NamespaceNotFound",
                                              "OperationNotFound",
                                              "RequestLimitExceeded",
                                              "ResourceInUse",
                                              "ResourceLimitExceeded",
                                              "ResourceNotFoundException",
                                              "ServiceAlreadyExists",
                                              "ServiceAttributesLimitExceededException",
                                              "ServiceNotFound",
                                              "TooManyTagsException"};
const std::set<std::string_view> kOfTheProtocol = {"ThrottlingException", "SerializationException",
                                                   "UnknownOperationException"};

TEST(Errors, EveryCodeHasAnAwsType) {
  std::set<std::string_view> told;
  for (std::size_t i = 0; i < model::kCodeCount; ++i) {
    for (const Plane plane : {Plane::kControl, Plane::kData}) {
      const AwsError error = AwsErrorOf(static_cast<Code>(i), plane);
      told.insert(error.type);
      if (kModelled.contains(error.type) || kOfTheProtocol.contains(error.type)) {
        EXPECT_EQ(error.status, 400u) << error.type;
      } else if (error.type == "ServiceUnavailable") {
        EXPECT_EQ(error.status, 503u);
      } else {
        EXPECT_EQ(error.type, "InternalFailure") << i;
        EXPECT_EQ(error.status, 500u);
      }
    }
  }
  for (const std::string_view type : kModelled) EXPECT_TRUE(told.contains(type)) << type;
  for (const std::string_view type : kOfTheProtocol) EXPECT_TRUE(told.contains(type)) << type;
}

TEST(Errors, CodesOfTheModelKeepTheirNames) {
  EXPECT_EQ(AwsErrorOf(Code::kInvalidInput, Plane::kControl).type, "InvalidInput");
  EXPECT_EQ(AwsErrorOf(Code::kTooManyTags, Plane::kControl).type, "TooManyTagsException");
  EXPECT_EQ(AwsErrorOf(Code::kThrottled, Plane::kControl).type, "ThrottlingException");
  EXPECT_EQ(AwsErrorOf(Code::kThrottled, Plane::kData).type, "RequestLimitExceeded");
  EXPECT_EQ(AwsErrorOf(Code::kNotReady, Plane::kControl).status, 503u);
  EXPECT_EQ(AwsErrorOf(Code::kUnavailable, Plane::kData).status, 503u);
  EXPECT_EQ(AwsErrorOf(Code::kIo, Plane::kControl).status, 500u);
}

TEST(Errors, BodyAndFields) {
  http::Response response;
  response.body = "left over";
  response.status = 200;
  WriteError({Code::kServiceAlreadyExists, "a \"quoted\" reason", {{"ServiceId", "srv-x"}, {"CreatorRequestId", "r"}}},
             Plane::kControl, "the-id", response);
  EXPECT_EQ(response.status, 400u);
  EXPECT_EQ(response.content_type, kJsonContentType);
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body["__type"], "ServiceAlreadyExists");
  EXPECT_EQ(body["Message"], "a \"quoted\" reason");
  EXPECT_EQ(body["message"], body["Message"]);
  EXPECT_EQ(body["ServiceId"], "srv-x");
  EXPECT_EQ(body["CreatorRequestId"], "r");
  EXPECT_EQ(response.request_id, "the-id");
  ASSERT_EQ(response.fields.size(), 1u);
  EXPECT_EQ(response.fields[0], (std::pair<std::string_view, std::string>("x-amzn-ErrorType", "ServiceAlreadyExists")));
}

}  // namespace
}  // namespace waypost::cloudmap
