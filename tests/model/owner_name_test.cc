#include "waypost/model/owner_name.h"

#include <gtest/gtest.h>

namespace waypost::model {
namespace {

TEST(OwnerNameTest, Parses) {
  const std::string label63(63, 'a');
  const std::string longest = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b');
  const struct {
    std::string text;
    std::string want;  // presentation form, empty: refused
  } cases[] = {
      {"Kouzie.COM", "kouzie.com."},
      {"kouzie.com.", "kouzie.com."},
      {".", "."},
      {"_http._tcp.a", "_http._tcp.a."},
      {R"(a\.b.c)", R"(a\.b.c.)"},
      {R"(a\032b)", R"(a\032b.)"},
      {R"(\065)", "a."},
      {label63, label63 + "."},
      {longest, longest + "."},
      {"", ""},
      {"a..b", ""},
      {".a", ""},
      {label63 + "a", ""},
      {longest + "b", ""},
      {R"(a\)", ""},
      {R"(a\25)", ""},
      {R"(a\256)", ""},
  };
  for (const auto& c : cases) {
    const auto name = OwnerName::Parse(c.text);
    EXPECT_EQ(name.ok() ? name->str() : "", c.want) << c.text;
  }
  EXPECT_EQ(OwnerName::Parse(longest)->wire().size(), kMaxNameOctets);
}

TEST(OwnerNameTest, KnowsWhatLiesBelow) {
  const auto name = [](const std::string& text) { return OwnerName::Parse(text).value(); };
  EXPECT_TRUE(name("a.example.com").IsBelowOrAt(name("example.com")));
  EXPECT_TRUE(name("example.com").IsBelowOrAt(name("EXAMPLE.com")));
  EXPECT_TRUE(name("com").IsBelowOrAt(OwnerName()));
  EXPECT_FALSE(name("notexample.com").IsBelowOrAt(name("example.com")));
  EXPECT_FALSE(name("com").IsBelowOrAt(name("example.com")));
  // "7example3com0" inside a label that only looks like the suffix.
  EXPECT_FALSE(name(R"(x\007example\003com)").IsBelowOrAt(name("example.com")));
  EXPECT_EQ(name("a.b").Parent(), name("b"));
  EXPECT_EQ(OwnerName::Join(name("a.b"), name("c")).value(), name("a.b.c"));
  EXPECT_EQ(name("b.c").Child("A").value(), name("a.b.c"));
  EXPECT_FALSE(name("b").Child(std::string(64, 'a')).ok());
  EXPECT_EQ(name("a.b.c").labels(), 3u);
}

}  // namespace
}  // namespace waypost::model
