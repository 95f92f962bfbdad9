#include "cloudmap/json_writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace waypost::cloudmap {
namespace {

TEST(JsonWriter, EscapesSoThatEveryTextComesBack) {
  std::string text;
  for (int c = 0; c < 128; ++c) text += static_cast<char>(c);
  text += "\xc3\xa9 \xf0\x9f\x98\x80";
  std::string json;
  AppendJsonString(text, json);
  EXPECT_EQ(nlohmann::json::parse(json).get<std::string>(), text);
}

TEST(JsonWriter, PutsCommas) {
  std::string json;
  JsonWriter writer(json);
  writer.Open('{').Text("a", "x").Count("b", 18446744073709551615u).Key("c").Open('[').Number(1).Number(2).Open('{');
  writer.Close('}').Close(']').Key("d").Map({{"k", "v"}, {"l", "w"}}).Key("e").Open('[').Close(']').Key("f").Raw("{}");
  writer.Close('}');
  EXPECT_EQ(json, R"({"a":"x","b":18446744073709551615,"c":[1,2,{}],"d":{"k":"v","l":"w"},"e":[],"f":{}})");
}

TEST(JsonWriter, TimesAreSecondsWithMilliseconds) {
  struct Case {
    std::int64_t ms;
    const char* want;
  };
  for (const Case& c :
       {Case{0, "0.000"}, Case{7, "0.007"}, Case{1'600'000'000'120, "1600000000.120"}, Case{999, "0.999"}}) {
    std::string json;
    JsonWriter(json).Time({c.ms});
    EXPECT_EQ(json, c.want);
  }
}

}  // namespace
}  // namespace waypost::cloudmap
