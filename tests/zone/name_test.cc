#include "zone/name.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "text.h"
#include "zone/period.h"

namespace waypost::zone {
namespace {

TEST(Name, Reads) {
  const std::string origin = Wire("o.e");
  struct Case {
    const char* text;
    std::string want;
  };
  const Case cases[] = {
      {"@", origin},
      {".", std::string(1, '\0')},
      {"a", "\1a" + origin},
      {"A.b", "\1A\1b" + origin},
      {"A.b.", std::string("\1A\1b\0", 5)},
      {"a\\.b", "\3a.b" + origin},
      {"a\\\\.", std::string("\2a\\\0", 4)},
      {"a\\046", "\2a." + origin},
      {"\\000.", std::string("\1\0\0", 3)},
      {"\\@", "\1@" + origin},
      {"*", "\1*" + origin},
      {"@.", std::string("\1@\0", 3)},
  };
  for (const Case& c : cases) {
    const auto name = ReadName(c.text, origin);
    ASSERT_TRUE(name.ok()) << c.text << name.error().message;
    EXPECT_EQ(Hex(name.value()), Hex(c.want)) << c.text;
  }
}

TEST(Name, Refuses) {
  const std::string origin = Wire("e");
  const std::string label(63, 'x');
  for (const std::string& text :
       {std::string(), std::string(".."), std::string(".a"), std::string("a..b"), std::string("a\\25"),
        std::string("a\\256"), std::string("a\\"), label + "x", label + "." + label + "." + label + "." + label}) {
    EXPECT_FALSE(ReadName(text, origin).ok()) << text;
  }
  // 255 octets are a name, 256 are none; with and without the origin.
  const std::string long_one = label + "." + label + "." + label + ".";
  EXPECT_TRUE(ReadName(long_one + std::string(61, 'y') + ".", origin).ok());
  EXPECT_FALSE(ReadName(long_one + std::string(62, 'y') + ".", origin).ok());
  EXPECT_TRUE(ReadName(long_one + std::string(59, 'y'), origin).ok());
  EXPECT_FALSE(ReadName(long_one + std::string(60, 'y'), origin).ok());
}

TEST(Name, SortsCanonically) {
  // RFC 4034 6.1.
  const std::vector<std::string> sorted = {"example",         "a.example",      "yljkjljk.a.example",
                                           "Z.a.example",     "zABC.a.EXAMPLE", "z.example",
                                           "\\001.z.example", "*.z.example",    "\\200.z.example"};
  std::vector<std::string> names = sorted;
  std::reverse(names.begin(), names.end());
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return SortKey(Wire(a)) < SortKey(Wire(b)); });
  EXPECT_EQ(names, sorted);
  EXPECT_LT(SortKey(Wire("a\\000.e")), SortKey(Wire("a\\001.e")));
  EXPECT_LT(SortKey(Wire("b.a.e")), SortKey(Wire("a\\000.e")));
}

TEST(Name, IsBelowOnlyWhereALabelBegins) {
  EXPECT_TRUE(IsAtOrBelow(Wire("a.e"), Wire("e")));
  EXPECT_TRUE(IsAtOrBelow(Wire("e"), Wire("e")));
  EXPECT_TRUE(IsAtOrBelow(Wire("e"), Wire(".")));
  EXPECT_FALSE(IsAtOrBelow(Wire("xe"), Wire("e")));
  EXPECT_FALSE(IsAtOrBelow(Wire("x\\001e"), Wire("e")));
  EXPECT_FALSE(IsAtOrBelow(Wire("e"), Wire("a.e")));
}

TEST(Name, PrintsForPeople) {
  EXPECT_EQ(NameText(Wire("A.b\\.c\\000.e.")), "a.b\\.c\\000.e");
  EXPECT_EQ(NameText(Wire(".")), ".");
  EXPECT_EQ(Quoted("a\nb"), "\"a\\010b\"");
  EXPECT_EQ(Quoted(std::string(61, 'x')), "\"" + std::string(60, 'x') + "…\"");
}

TEST(Period, Reads) {
  struct Case {
    const char* text;
    std::optional<std::uint32_t> want;
  };
  const Case cases[] = {{"0", 0},
                        {"3600", 3600},
                        {"1h", 3600},
                        {"1H30M", 5400},
                        {"1w2d", 777600},
                        {"1d1s", 86401},
                        {"2147483647", kTtlMax},
                        {"2147483648", std::nullopt},
                        {"99999999999999999999999", std::nullopt},
                        {"3551w", std::nullopt},
                        {"3550w", 2147040000},
                        {"1h30", std::nullopt},
                        {"h", std::nullopt},
                        {"1hh", std::nullopt},
                        {"1x", std::nullopt},
                        {"-1", std::nullopt},
                        {"", std::nullopt},
                        {"1.5h", std::nullopt}};
  for (const Case& c : cases) EXPECT_EQ(ReadPeriod(c.text, kTtlMax), c.want) << c.text;
}

}  // namespace
}  // namespace waypost::zone
