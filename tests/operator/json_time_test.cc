#include "operator/json_time.h"

#include <gtest/gtest.h>

#include <limits>

namespace waypost::oper {
namespace {

TEST(JsonTime, IsRfc3339InUtcWithMilliseconds) {
  EXPECT_EQ(FormatTime({0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTime({1'795'572'000'007}), "2026-11-25T02:00:00.007Z");
  EXPECT_EQ(FormatTime({951'782'400'000}), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(FormatTime({-1}), "1969-12-31T23:59:59.999Z");
}

TEST(JsonTime, StaysInFourDigits) {
  EXPECT_EQ(FormatTime({std::numeric_limits<std::int64_t>::max()}), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatTime({std::numeric_limits<std::int64_t>::min()}), "0000-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace waypost::oper
