#include "zone/lexer.h"

#include <gtest/gtest.h>

namespace waypost::zone {
namespace {

/// `line:word|"quoted"` for each entry, `~` in front where it begins with a blank.
std::string Cut(std::string_view text) {
  Lexer lexer(text);
  Entry entry;
  std::string result;
  while (lexer.Next(entry)) {
    if (!result.empty()) result += "; ";
    if (!entry.problem.empty()) {
      result += std::to_string(entry.problem_line) + ":!" + entry.problem;
      continue;
    }
    result += std::to_string(entry.line) + ":" + (entry.begins_blank ? "~" : "");
    for (const Token& token : entry.tokens) {
      if (&token != &entry.tokens.front()) result += "|";
      result += token.is_quoted ? "\"" + std::string(token.text) + "\"" : std::string(token.text);
    }
  }
  return result;
}

TEST(Lexer, Cuts) {
  struct Case {
    const char* text;
    const char* want;
  };
  const Case cases[] = {
      {"", ""},
      {"\n \n ; nothing\n", ""},
      {"a b c", "1:a|b|c"},
      {"a\tb  c \nd", "1:a|b|c; 2:d"},
      {"a b\r\nc d\r\n", "1:a|b; 2:c|d"},
      {"  b\n", "1:~b"},
      {"a ; comment \" ( \nb", "1:a; 2:b"},
      {"a b;c\n", "1:a|b"},
      {"a ( b ; one\n c\n ) d\ne", "1:a|b|c|d; 4:e"},
      {"a (b)c\n", "1:a|b|c"},
      {"a ((b\n) c\n) d\n", "1:a|b|c|d"},
      {"\n\n  (\n b )\n", "3:~b"},
      {"a \"x y;(\" b\n", "1:a|\"x y;(\"|b"},
      {"a \"\" b\n", "1:a|\"\"|b"},
      {"a \"x\\\"y\" b\n", "1:a|\"x\\\"y\"|b"},
      {"a \"x\"\"y\"\n", "1:a|\"x\"|\"y\""},
      {"a\\ b\\;c\\(d\\\"e f\n", "1:a\\ b\\;c\\(d\\\"e|f"},
      {"a \\# 0\n", "1:a|\\#|0"},
      {"a alpn=\"h2, h3\" b\n", "1:a|alpn=\"h2, h3\"|b"},
  };
  for (const Case& c : cases) EXPECT_EQ(Cut(c.text), c.want) << c.text;
}

TEST(Lexer, ComplainsAndGoesOn) {
  struct Case {
    std::string text;
    const char* want;
  };
  const Case cases[] = {
      {"a )\nb", "1:!a ) without a ( before it; 2:b"},
      {"x\na (\nb\n", "1:x; 2:!the ( of this record is never closed: a ) is wanted"},
      {"a \"b\nc", "1:!a \" that is not closed on its line; 2:c"},
      {"a (\n\"b\n)\nc", "2:!a \" that is not closed on its line; 4:c"},
      {"a b=\"c\nd", "1:!a \" that is not closed on its line; 2:d"},
      {"a b\\\nc", "1:!a \\ at the end of the line; 2:c"},
      {"a \\", "1:!a \\ at the end of the line"},
      {std::string("a\0b c\nd", 7), "1:!a NUL octet; write it as \\000; 2:d"},
      {std::string("\"\0\" c\nd", 7), "1:!a NUL octet; write it as \\000; 2:d"},
  };
  for (const Case& c : cases) EXPECT_EQ(Cut(c.text), c.want) << c.text;
}

TEST(Lexer, Limits) {
  const std::string longest(kTokenOctetsMax, 'x');
  EXPECT_EQ(Cut(longest), "1:" + longest);
  EXPECT_EQ(Cut(longest + "x\ny"), "1:!a word of more than 262142 octets; 2:y");
  EXPECT_EQ(Cut(longest + " " + longest), "1:" + longest + "|" + longest);
  EXPECT_EQ(Cut(longest + " " + longest + " x\ny"), "1:!a record of more than 524284 octets; 2:y");
  std::string words;
  for (std::size_t i = 0; i < kEntryTokensMax; ++i) words += "x ";
  EXPECT_EQ(Cut(words).substr(0, 4), "1:x|");
  EXPECT_EQ(Cut(words + "x\ny"), "1:!a record of more than 65536 words; 2:y");
}

}  // namespace
}  // namespace waypost::zone
