#include "cli/failover_history.h"

#include <gtest/gtest.h>

namespace waypost::cli {
namespace {

using std::chrono::milliseconds;

std::optional<std::int64_t> Milliseconds(std::string_view text) {
  const auto time = ParseTime(text);
  if (!time) return std::nullopt;
  return std::chrono::duration_cast<milliseconds>(time->time_since_epoch()).count();
}

TEST(FailoverHistory, ReadsTimes) {
  EXPECT_EQ(0, Milliseconds("1970-01-01T00:00:00Z"));
  EXPECT_EQ(1'764'036'000'123, Milliseconds("2025-11-25T02:00:00.123Z"));
  EXPECT_EQ(1'764'036'000'100, Milliseconds("2025-11-25T02:00:00.1Z"));
  EXPECT_EQ(1'709'210'096'789, Milliseconds("2024-02-29T12:34:56.789123Z"));
  for (const char* bad :
       {"", "Z", "2025-11-25T02:00:00", "2025-11-25T02:00:00+00:00", "2025-11-25 02:00:00Z", "2025-02-29T02:00:00Z",
        "2025-11-25T24:00:00Z", "2025-11-25T02:60:00Z", "2025-11-25T02:00:00.Z", "2025-11-25T02:00:00.12x4Z",
        "2025-11-25T02:00:00.1234567890Z", "2025-1-25T02:00:00.123Z"}) {
    EXPECT_EQ(std::nullopt, Milliseconds(bad)) << bad;
  }
}

TEST(FailoverHistory, FindsTheLastTransitionIntoAState) {
  const std::string rows = R"([
    {"time":"2025-11-25T02:00:00.000Z","to":"UNHEALTHY","cause":"first"},
    {"time":"2025-11-25T02:00:01.000Z","to":"HEALTHY","cause":"good"},
    {"time":"2025-11-25T02:00:02.000Z","to":"UNHEALTHY","cause":"second"},
    {"time":"2025-11-25T02:00:03.000Z","to":"HEALTHY","cause":"good again"}])";
  const auto fall = LastTransition(rows, "UNHEALTHY");
  ASSERT_TRUE(fall.has_value());
  EXPECT_EQ("second", fall->cause);
  EXPECT_EQ(ParseTime("2025-11-25T02:00:02.000Z"), fall->at);
  EXPECT_FALSE(LastTransition(rows, "UNKNOWN"));
  for (const char* bad : {"", "{}", "[", "[]", "[1]", R"([{"to":"UNHEALTHY"}])"}) {
    EXPECT_FALSE(LastTransition(bad, "UNHEALTHY")) << bad;
  }
}

}  // namespace
}  // namespace waypost::cli
