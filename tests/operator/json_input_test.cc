#include "operator/json_input.h"

#include <gtest/gtest.h>

#include "waypost/model/health.h"

namespace waypost::oper {
namespace {

using model::Code;

model::Result<Texts> Read(std::string_view body) { return ReadTexts(body, {{"zone"}, {"for"}, {"note", false}}); }

TEST(JsonInput, ReadsWhatIsNamed) {
  const auto texts = Read(R"({"for": "30s", "zone": "eu\u002dwest"})");
  ASSERT_TRUE(texts.ok()) << texts.error().message;
  EXPECT_EQ(*texts, (Texts{{"for", "30s"}, {"zone", "eu-west"}}));
  EXPECT_TRUE(Read(R"({"for":"1s","zone":"a","note":"b"})").ok());
}

TEST(JsonInput, RefusesEverythingElse) {
  const struct {
    std::string_view body;
    Code code;
    std::string_view words;
  } cases[] = {
      {"", Code::kSerialization, "JSON object with zone, for, note (may be left out)"},
      {"{", Code::kSerialization, "JSON object"},
      {"[]", Code::kSerialization, "JSON object"},
      {"{} x", Code::kSerialization, "JSON object"},
      {"{\"zone\":\"\xff\"}", Code::kSerialization, "JSON object"},
      {R"({"zone":"a"})", Code::kInvalidInput, "for is missing"},
      {R"({"zone":"a","for":30})", Code::kInvalidInput, "for must be a string"},
      {R"({"zone":null,"for":"1s"})", Code::kInvalidInput, "zone must be a string"},
      {R"({"zone":"","for":"1s"})", Code::kInvalidInput, "zone is empty"},
      {R"({"zone":"a","for":"1s","until":"x"})", Code::kInvalidInput, "unknown member until"},
      {R"({"zone":"a","for":"1s","zone":"b"})", Code::kInvalidInput, "zone stands twice"},
  };
  for (const auto& c : cases) {
    const auto texts = Read(c.body);
    ASSERT_FALSE(texts.ok()) << c.body;
    EXPECT_EQ(texts.error().code, c.code) << c.body;
    EXPECT_NE(texts.error().message.find(c.words), std::string::npos) << texts.error().message;
  }
}

TEST(JsonInput, DurationsHaveBounds) {
  const auto read = [](const std::string& text) { return ReadDuration({{"for", text}}, "for", model::kMaxPinned); };
  EXPECT_EQ(*read("1ms"), std::chrono::milliseconds(1));
  EXPECT_EQ(*read("168h"), model::kMaxPinned);
  for (const char* bad : {"0s", "0", "168h1ms", "-1s", "10", "soon", ""}) {
    const auto duration = read(bad);
    ASSERT_FALSE(duration.ok()) << bad;
    EXPECT_EQ(duration.error().code, Code::kInvalidInput);
    EXPECT_NE(duration.error().message.find("from 1ms to 168h"), std::string::npos) << duration.error().message;
  }
}

}  // namespace
}  // namespace waypost::oper
