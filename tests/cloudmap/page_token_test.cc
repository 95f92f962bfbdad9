#include "cloudmap/page_token.h"

#include <gtest/gtest.h>

namespace waypost::cloudmap {
namespace {

const PageScope kScope = {"ListServices", R"({"Filters":[]})"};

TEST(PageToken, RoundTripsEveryLength) {
  std::string cursor;
  for (int length = 1; length <= 64; ++length) {
    cursor += static_cast<char>('!' + length);
    const std::string token = MakePageToken(kScope, cursor);
    for (const char c : token)
      EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') << token;
    const auto read = ReadPageToken(kScope, token);
    ASSERT_TRUE(read.ok()) << length;
    EXPECT_EQ(read.value(), cursor);
  }
}

TEST(PageToken, NoneIsTheStart) {
  EXPECT_EQ(ReadPageToken(kScope, std::nullopt).value(), "");
  EXPECT_EQ(ReadPageToken(kScope, "").value(), "");
}

TEST(PageToken, BelongsToOneRequest) {
  const std::string token = MakePageToken(kScope, "srv-aaaaaaaaaaaaaaaa");
  EXPECT_FALSE(ReadPageToken({"ListNamespaces", kScope.request}, token).ok());
  EXPECT_FALSE(ReadPageToken({kScope.operation, "{}"}, token).ok());
}

TEST(PageToken, GarbageIsInvalidInput) {
  const std::string token = MakePageToken(kScope, "srv-aaaaaaaaaaaaaaaa");
  std::vector<std::string> bad = {"garbage",
                                  "%%%",
                                  "AAAA",
                                  "=",
                                  std::string(4096, 'A'),
                                  token + "A",
                                  token + "=",
                                  token.substr(0, token.size() - 1),
                                  " " + token};
  for (std::size_t i = 0; i < token.size(); ++i) {
    bad.push_back(token);
    bad.back()[i] = token[i] == 'x' ? 'y' : 'x';
  }
  for (const std::string& each : bad) {
    const auto read = ReadPageToken(kScope, each);
    ASSERT_FALSE(read.ok()) << each;
    EXPECT_EQ(read.error().code, model::Code::kInvalidInput);
    EXPECT_NE(read.error().message.find("NextToken"), std::string::npos);
  }
}

}  // namespace
}  // namespace waypost::cloudmap
