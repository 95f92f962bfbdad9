#include "operator/reply.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace waypost::oper {
namespace {

using model::Code;

TEST(Reply, EveryCodeHasAStatusAndAName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < model::kCodeCount; ++i) {
    const HttpError told = HttpErrorOf(static_cast<Code>(i));
    EXPECT_FALSE(told.code.empty()) << i;
    EXPECT_TRUE(told.status == 503 || told.status == 500 || (told.status >= 400 && told.status < 430)) << i;
    EXPECT_EQ(told.status == 500, told.code == "Internal") << i;
    // One name says one thing: only what is our own fault shares it.
    if (told.status == 500) continue;
    EXPECT_TRUE(names.insert(told.code).second) << told.code;
    const bool unknown = told.code.ends_with("NotFound") && told.code != "CustomHealthNotFound";
    EXPECT_EQ(told.status == 404, unknown || told.code == "UnknownOperation") << told.code;
  }
  EXPECT_EQ(names.size(), 20u);
}

TEST(Reply, FittingStatuses) {
  const std::pair<Code, unsigned> cases[] = {
      {Code::kInvalidInput, 400},     {Code::kSerialization, 400}, {Code::kServiceNotFound, 404},
      {Code::kResourceNotFound, 404}, {Code::kThrottled, 429},     {Code::kCustomHealthNotFound, 409},
      {Code::kNotReady, 503},         {Code::kUnavailable, 503},   {Code::kIo, 500},
      {Code::kCorrupt, 500}};
  for (const auto& [code, status] : cases) EXPECT_EQ(HttpErrorOf(code).status, status) << HttpErrorOf(code).code;
}

TEST(Reply, BodyOfAnError) {
  http::Response response;
  response.body = "left over";
  Refuse(model::MakeError(Code::kInstanceNotFound, "no \"x\" here"), response);
  EXPECT_EQ(response.status, 404u);
  EXPECT_EQ(nlohmann::json::parse(response.body),
            nlohmann::json::parse(R"({"error":{"code":"InstanceNotFound","message":"no \"x\" here"}})"));
}

TEST(Reply, WhatIsNoTextDoesNotBreakAnAnswer) {
  http::Response response;
  Answer({{"cause", "status \xff"}}, response);
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(response.body, "{\"cause\":\"status \xEF\xBF\xBD\"}\n");
}

}  // namespace
}  // namespace waypost::oper
