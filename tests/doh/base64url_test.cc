#include "doh/base64url.h"

#include <gtest/gtest.h>

#include <string>

namespace waypost::doh {
namespace {

std::string Decoded(std::string_view text) {
  const auto octets = DecodeBase64Url(text);
  return octets ? std::string(octets->begin(), octets->end()) : "refused";
}

TEST(Base64Url, Decodes) {
  EXPECT_EQ(Decoded(""), "");
  EXPECT_EQ(Decoded("Zg"), "f");
  EXPECT_EQ(Decoded("Zm8"), "fo");
  EXPECT_EQ(Decoded("Zm9v"), "foo");
  EXPECT_EQ(Decoded("Zm9vYg"), "foob");
  EXPECT_EQ(Decoded("-_8"), "\xfb\xff");
}

TEST(Base64Url, IsStrict) {
  for (const char* text : {"Zg==", "Zm8=", "=", "Z", "Zm9vY", "Zm 9v", "+/8", "Zm9v\n", "Zh", "Zm9", "%3D", "Zm8%3D"}) {
    EXPECT_EQ(Decoded(text), "refused") << text;
  }
}

}  // namespace
}  // namespace waypost::doh
