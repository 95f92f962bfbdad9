#include "health/state_machine.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "health/causes.h"
#include "waypost/model/health.h"

namespace waypost::health {
namespace {

using model::HealthState;

char Letter(HealthState state) { return model::HealthStateName(state)[state == HealthState::kUnhealthy ? 2 : 0]; }

/// The state after each result (U unknown, H healthy, H's opposite as `h`), `+` good and `-` bad.
std::string Walk(HealthState start, bool proven, const model::CheckPlan& plan, std::string_view results) {
  Standing standing = Standing::From(start, proven);
  std::string states;
  for (const char result : results) {
    const auto to = Count(standing, plan, result == '+');
    if (to) {
      EXPECT_NE(*to, standing.state) << "a transition to where it is already";
      standing.state = *to;
    }
    states += standing.state == HealthState::kUnhealthy ? 'x' : Letter(standing.state);
  }
  return states;
}

struct Case {
  const char* name;
  HealthState start;
  int fall;
  int rise;
  bool initially_unhealthy;
  const char* results;
  const char* states;
};

class StateMachine : public testing::TestWithParam<Case> {};

TEST_P(StateMachine, Walks) {
  const Case& test = GetParam();
  model::CheckPlan plan;
  plan.fall = static_cast<std::uint8_t>(test.fall);
  plan.rise = static_cast<std::uint8_t>(test.rise);
  plan.initially_unhealthy = test.initially_unhealthy;
  EXPECT_EQ(Walk(test.start, !test.initially_unhealthy, plan, test.results), test.states);
}

INSTANTIATE_TEST_SUITE_P(
    Table, StateMachine,
    testing::Values(Case{"FirstGoodIsEnough", HealthState::kUnknown, 3, 3, false, "+", "H"},
                    Case{"FirstGoodAfterBad", HealthState::kUnknown, 3, 3, false, "--+", "UUH"},
                    Case{"UnknownFalls", HealthState::kUnknown, 3, 3, false, "---", "UUx"},
                    Case{"RisesAfterRise", HealthState::kUnknown, 2, 3, false, "--++-+++", "UxxxxxxH"},
                    Case{"FallsAfterFall", HealthState::kHealthy, 3, 1, false, "--+---", "HHHHHx"},
                    Case{"OneIsEnough", HealthState::kHealthy, 1, 1, false, "-+-+", "xHxH"},
                    Case{"TenAreNeeded", HealthState::kHealthy, 10, 1, false, "----------", "HHHHHHHHHx"},
                    Case{"RestartKnowsUnhealthy", HealthState::kUnhealthy, 3, 2, false, "+-++", "xxxH"},
                    Case{"RestartStaysUnhealthy", HealthState::kUnhealthy, 1, 2, false, "---", "xxx"},
                    Case{"WaitingFirstGood", HealthState::kUnknown, 2, 3, true, "+", "H"},
                    Case{"WaitingFellFirst", HealthState::kUnknown, 2, 3, true, "--+", "UxH"},
                    Case{"WaitingOnlyTheFirstTime", HealthState::kUnknown, 1, 2, true, "+-++", "HxxH"}),
    [](const auto& each) { return each.param.name; });

TEST(StateMachineTest, StreakStopsCounting) {
  model::CheckPlan plan;
  Standing standing = Standing::From(HealthState::kUnhealthy, true);
  for (int i = 0; i < 70'000; ++i) (void)Count(standing, plan, false);
  EXPECT_EQ(standing.streak, 0xffff);
  (void)Count(standing, plan, true);
  EXPECT_EQ(standing.streak, 1);
}

TEST(CausesTest, SayWhy) {
  EXPECT_EQ(FallCause("connect to 10.0.0.7:8080: connection refused", 3),
            "connect to 10.0.0.7:8080: connection refused, 3rd failure");
  EXPECT_EQ(HeldFallCause("x", 7), "x, 7th failure, held while the checker was suspect");
  EXPECT_EQ(RiseCause(1), "first good check");
  EXPECT_EQ(RiseCause(2), "2nd good check");
  EXPECT_EQ(SilenceCause(std::chrono::seconds(3)), "no heartbeat for 3s");
}

TEST(CausesTest, Ordinals) {
  const std::pair<std::uint32_t, const char*> cases[] = {{1, "1st"},   {2, "2nd"},   {3, "3rd"},     {4, "4th"},
                                                         {11, "11th"}, {12, "12th"}, {13, "13th"},   {21, "21st"},
                                                         {22, "22nd"}, {23, "23rd"}, {111, "111th"}, {101, "101st"}};
  for (const auto& [number, words] : cases) EXPECT_EQ(Ordinal(number), words);
}

TEST(CausesTest, AreCutInTheProbesWords) {
  const std::string suffix = ", 3rd failure";
  const std::string fits(model::kMaxCause - suffix.size(), 'a');
  EXPECT_EQ(FallCause(fits, 3), fits + suffix);
  EXPECT_EQ(FallCause(fits + "b", 3), fits + suffix);
  // Never inside a character.
  std::string snow = fits;
  snow.resize(fits.size() - 1);
  EXPECT_EQ(FallCause(snow + "☃☃", 3), snow + suffix);
}

}  // namespace
}  // namespace waypost::health
