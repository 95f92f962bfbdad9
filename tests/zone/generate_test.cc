#include "zone/generate.h"

#include <gtest/gtest.h>

namespace waypost::zone {
namespace {

TEST(Generate, Ranges) {
  for (const char* text : {"0-0", "1-254", "0-65535", "1-100/3", "0-2147483647/32768"}) {
    EXPECT_TRUE(GenerateRange::Parse(text).ok()) << text;
  }
  for (const char* text : {"", "1", "2-1", "1-", "-1", "1-2/", "1-2/0", "a-b", "1/2-3", "0-65536", "1-2147483648"}) {
    EXPECT_FALSE(GenerateRange::Parse(text).ok()) << text;
  }
}

TEST(Generate, Substitutes) {
  struct Case {
    const char* word;
    const char* want;  // null: refused
  };
  const Case cases[] = {{"a$b$", "a7b7"},       {"$$", "77"},        {"\\$", "$"},          {"a\\.$", "a\\.7"},
                        {"${3}", "10"},         {"${-7}", "0"},      {"${+1}", "8"},        {"${0,3}", "007"},
                        {"${8,4,x}", "000f"},   {"${8,1,X}", "F"},   {"${1,2,o}", "10"},    {"${-8}", nullptr},
                        {"${", nullptr},        {"${}", nullptr},    {"${0,256}", nullptr}, {"${0,1,n}", nullptr},
                        {"${0,1,dd}", nullptr}, {"${0,x}", nullptr}, {"a\\", "a\\"}};
  for (const Case& c : cases) {
    const auto text = Substitute(c.word, 7);
    EXPECT_EQ(text.ok(), c.want != nullptr) << c.word;
    if (text.ok() && c.want != nullptr) {
      EXPECT_EQ(text.value(), c.want) << c.word;
    }
  }
  EXPECT_EQ(Substitute("${0,255}", 7).value(), std::string(254, '0') + "7");
}

}  // namespace
}  // namespace waypost::zone
