#include "cloudmap/json_value.h"

#include <gtest/gtest.h>

#include <chrono>

namespace waypost::cloudmap {
namespace {

TEST(JsonValue, ReadsEveryKind) {
  const auto parsed = ParseJson(R"({"s":"a\u00e9\n","i":7,"l":["x",1],"o":{"k":"v"},"big":9223372036854775807})");
  ASSERT_TRUE(parsed.ok());
  const Value& value = parsed.value();
  EXPECT_EQ(value.Text("s"), "a\xc3\xa9\n");
  EXPECT_EQ(value.Integer("i"), 7);
  EXPECT_EQ(value.Integer("big"), INT64_MAX);
  EXPECT_EQ(value.Items("l").size(), 2u);
  EXPECT_EQ(value.Find("o")->Text("k"), "v");
  EXPECT_EQ(value.Find("none"), nullptr);
}

TEST(JsonValue, NullIsAbsentAndTheLastOfEqualKeysCounts) {
  const auto parsed = ParseJson(R"({"a":null,"b":1,"c":"x","c":"y","d":"z","d":null})");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value().Find("a"), nullptr);
  EXPECT_EQ(parsed.value().Text("c"), "y");
  EXPECT_EQ(parsed.value().Find("d"), nullptr);
  EXPECT_EQ(parsed.value().object()->size(), 2u);
}

TEST(JsonValue, FractionsAndHugeNumbersAreNoIntegers) {
  const auto parsed = ParseJson(R"({"a":1.5,"b":1e3,"c":18446744073709551615,"d":9223372036854775808,"e":-3})");
  ASSERT_TRUE(parsed.ok());
  for (const char* name : {"a", "b", "c", "d"}) EXPECT_FALSE(parsed.value().Integer(name)) << name;
  EXPECT_EQ(parsed.value().Integer("e"), -3);
}

TEST(JsonValue, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "{}}", "{'a':1}", "{\"a\":1,}", "nul", "\"\\ud800\"", "\"\x80\"", "\xff\xfe",
                           "[1 2]", "\"a\nb\"", "01", "NaN"}) {
    const auto parsed = ParseJson(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, model::Code::kSerialization) << text;
  }
}

TEST(JsonValue, DepthHasALimit) {
  const std::string at = std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']');
  EXPECT_TRUE(ParseJson(at).ok());
  EXPECT_FALSE(ParseJson("[" + at + "]").ok());
}

TEST(JsonValue, AMebibyteOfBracketsIsRefusedAtOnce) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(ParseJson(std::string(1 << 20, '[')).ok());
  std::string objects;
  while (objects.size() < 1 << 20) objects += "{\"a\":";
  EXPECT_FALSE(ParseJson(objects).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(JsonValue, ManyEqualKeysCostLittle) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) text += "\"k\":" + std::to_string(i) + ",";
  text += "\"z\":1}";
  const auto start = std::chrono::steady_clock::now();
  const auto parsed = ParseJson(text);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value().Integer("k"), 99'999);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace waypost::cloudmap
