#include "cli/url.h"

#include <gtest/gtest.h>

namespace waypost::cli {
namespace {

TEST(Url, EncodesAllButTheUnreserved) {
  EXPECT_EQ(PercentEncode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(PercentEncode("a/b c=d&e+f%?#"), "a%2Fb%20c%3Dd%26e%2Bf%25%3F%23");
  EXPECT_EQ(PercentEncode("\xc3\xbc"), "%C3%BC");
}

TEST(Url, TargetsArePutTogether) {
  Target target("/v1/x");
  target.Segment("a/b").Parameter("k", "v w").Parameter("attr", "a=b");
  EXPECT_EQ(target.str(), "/v1/x/a%2Fb?k=v%20w&attr=a%3Db");
}

}  // namespace
}  // namespace waypost::cli
