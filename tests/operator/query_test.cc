#include "operator/query.h"

#include <gtest/gtest.h>

namespace waypost::oper {
namespace {

struct Case {
  const char* text;
  std::vector<Query::Pair> want;
};

TEST(Query, Parses) {
  for (const Case& c : {
           Case{"", {}},
           Case{"a=b", {{"a", "b"}}},
           Case{"a=b&a=c&b=", {{"a", "b"}, {"a", "c"}, {"b", ""}}},
           Case{"a", {{"a", ""}}},
           Case{"&&a=b&&", {{"a", "b"}}},
           Case{"=b", {{"", "b"}}},
           Case{"a=b=c", {{"a", "b=c"}}},
           Case{"a+b=c+d", {{"a b", "c d"}}},
           Case{"%61%2b=%26%3D%2F", {{"a+", "&=/"}}},
           Case{"n=%C3%A4%E2%82%AC%F0%9F%98%80", {{"n", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"}}},
       }) {
    const auto query = Query::Parse(c.text);
    ASSERT_TRUE(query.ok()) << c.text;
    EXPECT_EQ(query->pairs(), c.want) << c.text;
  }
}

TEST(Query, Refuses) {
  for (const char* text :
       {"a=%", "a=%4", "a=%4g", "a=%g4", "%=b", "a=%00", "a=%0a", "a=%7f", "a=%ff", "a=%C3", "a=%C3%28", "a=%C0%AF",
        "a=%E0%80%80", "a=%ED%A0%80", "a=%F4%90%80%80", "a=%F5%80%80%80", "a=%80"}) {
    EXPECT_FALSE(Query::Parse(text).ok()) << text;
  }
}

TEST(Query, Limit) {
  std::string text;
  for (std::size_t i = 0; i < Query::kPairsMax; ++i) text += "a=b&";
  const auto query = Query::Parse(text);
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->pairs().size(), Query::kPairsMax);
  EXPECT_FALSE(Query::Parse(text + "a=b").ok());
}

TEST(Query, FindsTheFirst) {
  const auto query = Query::Parse("a=1&b=2&a=3");
  ASSERT_TRUE(query.ok());
  ASSERT_NE(query->Find("a"), nullptr);
  EXPECT_EQ(*query->Find("a"), "1");
  EXPECT_EQ(query->Find("c"), nullptr);
}

TEST(DecodeSegment, LeavesPlusAlone) {
  const auto segment = DecodeSegment("a+b%2Fc%20d");
  ASSERT_TRUE(segment.ok());
  EXPECT_EQ(segment.value(), "a+b/c d");
  EXPECT_FALSE(DecodeSegment("%zz").ok());
}

}  // namespace
}  // namespace waypost::oper
