#include "health/checks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "health/check_world.h"

namespace waypost::health {
namespace {

using namespace std::chrono_literals;
using model::HealthState;

bool Good(const FakeProber::Check&) { return true; }
bool Bad(const FakeProber::Check&) { return false; }

std::vector<Registered> Instances(int count, HealthState state = HealthState::kUnknown) {
  std::vector<Registered> instances;
  for (int i = 0; i < count; ++i) instances.push_back(CheckWorld::Instance("i" + std::to_string(i), 1, state));
  return instances;
}

/// One service with one instance that is checked each second.
class OneInstance : public testing::Test, public CheckWorld {
 protected:
  OneInstance() {
    checks.PutService(service, Plan(1s), {Instance("a")}, now);
    checks.Begin(now);
  }
  model::ServiceId service = NewService();
};

TEST_F(OneInstance, FallsAndRisesWithCauses) {
  Live(1s, Good);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].transition.from, HealthState::kUnknown);
  EXPECT_EQ(rows[0].transition.to, HealthState::kHealthy);
  EXPECT_EQ(rows[0].transition.cause, "first good check");
  EXPECT_EQ(rows[0].transition.latency_us, 70U);
  EXPECT_EQ(rows[0].registration, 1U);
  Live(2s, Bad);
  EXPECT_EQ(rows.size(), 1U);
  EXPECT_EQ(State(service, "a"), HealthState::kHealthy);
  Live(1s, Bad);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].transition.cause, "connect to a: connection refused, 3rd failure");
  Live(3s, Good);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[2].transition.from, HealthState::kUnhealthy);
  EXPECT_EQ(rows[2].transition.cause, "3rd good check");
  EXPECT_EQ(tallies.checks_good.get(), 4U);
  EXPECT_EQ(tallies.checks_bad.get(), 3U);
}

TEST_F(OneInstance, HistoryIsTrimmedNowAndThen) {
  for (int i = 0; i < 20; ++i) {
    Live(3s, Good);
    Live(3s, Bad);
  }
  ASSERT_EQ(rows.size(), 40U);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].keep_history, i % 16 == 0 ? 100U : 0U) << i;
}

TEST_F(OneInstance, IsNeverCheckedTwiceAtOnce) {
  Settle();
  Pass(next - now);
  Settle();
  ASSERT_EQ(prober.under_way.size(), 1U);
  // It takes three intervals.
  for (int i = 0; i < 3; ++i) {
    Pass(1s);
    Settle();
    EXPECT_EQ(prober.under_way.size(), 1U);
  }
  AnswerFirst(true);
  Settle();
  EXPECT_EQ(prober.under_way.size(), 1U) << "the next starts when it has ended";
  AnswerFirst(true);
  Settle();
  EXPECT_TRUE(prober.under_way.empty()) << "missed ones are not made up for";
}

TEST_F(OneInstance, RecheckIsNow) {
  Live(1s, Good);
  EXPECT_TRUE(checks.Recheck(service, "a", now));
  EXPECT_FALSE(checks.Recheck(service, "b", now));
  EXPECT_FALSE(checks.Recheck(NewService(), "a", now));
  Settle();
  ASSERT_EQ(prober.under_way.size(), 1U);
  EXPECT_TRUE(checks.Recheck(service, "a", now));
  Settle();
  ASSERT_EQ(prober.under_way.size(), 1U);
  AnswerFirst(false);
  Settle();
  EXPECT_EQ(prober.under_way.size(), 1U) << "one more right after";
}

TEST_F(OneInstance, RegisteredAnewStartsAnew) {
  Live(1s, Good);
  Live(2s, Bad);
  checks.PutInstance(service, Instance("a", 2), now);
  checks.PutInstance(service, Instance("a", 1), now);  // late news
  EXPECT_EQ(State(service, "a"), HealthState::kUnknown);
  Live(500ms, Bad);
  EXPECT_EQ(Status(service, "a").streak, 1U);
  EXPECT_EQ(tallies.targets.get(), 1U);
}

TEST_F(OneInstance, ResultsOfWhatIsGoneDoNotCount) {
  Settle();
  Pass(next - now);
  Settle();
  ASSERT_EQ(prober.under_way.size(), 1U);
  checks.EraseInstance(service, "a", now);
  checks.PutInstance(service, Instance("a", 2), now);
  AnswerFirst(true);
  Settle();
  EXPECT_TRUE(rows.empty());
  EXPECT_EQ(tallies.in_flight.get(), 0U);
  EXPECT_FALSE(Status(service, "a").ever_checked);
}

TEST_F(OneInstance, ErasedServiceIsNotCheckedAnyMore) {
  Live(1s, Good);
  checks.EraseService(service, now);
  const auto before = prober.started;
  Live(10s, Good);
  EXPECT_EQ(prober.started, before);
  EXPECT_EQ(tallies.targets.get(), 0U);
  EXPECT_FALSE(checks.Describe(service, "", now).plan);
}

TEST_F(OneInstance, PlanChangesAtOnceAndKeepsState) {
  Live(1s, Good);
  auto plan = Plan(100ms, 1);
  plan->kind = model::CheckKind::kTcp;
  checks.PutService(service, plan, {Instance("a", 1, HealthState::kHealthy)}, now);
  EXPECT_EQ(State(service, "a"), HealthState::kHealthy);
  const auto before = prober.started;
  Live(1s, Bad);
  EXPECT_EQ(prober.started - before, 10U);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].transition.cause, "connect to a: connection refused, 1st failure");
}

TEST_F(OneInstance, OtherKindOfCheckStartsAnew) {
  Live(1s, Good);
  Live(2s, Bad);
  auto plan = Plan(1s);
  plan->kind = model::CheckKind::kHttp;
  checks.PutService(service, plan, {Instance("a", 1)}, now);
  EXPECT_EQ(State(service, "a"), HealthState::kUnknown);
  Live(500ms, Bad);
  EXPECT_EQ(Status(service, "a").streak, 1U);
}

TEST_F(OneInstance, UnderWayByAnOldPlanDoesNotCount) {
  Live(1s, Good);
  Pass(next - now);
  Settle();
  ASSERT_EQ(prober.under_way.size(), 1U);
  auto plan = Plan(1s, 1);
  plan->path = "/other";
  checks.PutService(service, plan, {Instance("a", 1, HealthState::kHealthy)}, now);
  AnswerFirst(false);
  Settle();
  EXPECT_EQ(State(service, "a"), HealthState::kHealthy);
  Live(1s, Bad);
  EXPECT_EQ(State(service, "a"), HealthState::kUnhealthy);
}

TEST_F(OneInstance, WhatCannotBeCheckedSaysWhy) {
  Registered instance = Instance("b");
  instance.door = {};
  instance.obstacle = "it has no port";
  checks.PutInstance(service, instance, now);
  Live(10s, Good);
  const CheckStatus status = Status(service, "b");
  EXPECT_FALSE(status.ever_checked);
  EXPECT_EQ(status.last_cause, "it has no port");
  EXPECT_FALSE(status.until_next);
  EXPECT_EQ(tallies.targets.get(), 1U);
  EXPECT_FALSE(checks.Recheck(service, "b", now));
}

TEST_F(OneInstance, DescribesInOrder) {
  checks.PutInstance(service, Instance("c"), now);
  checks.PutInstance(service, Instance("b"), now);
  Live(2s, Good);
  Pass(100ms);
  const ServiceChecks all = checks.Describe(service, "", now);
  ASSERT_EQ(all.instances.size(), 3U);
  EXPECT_EQ(all.instances[0].instance_id, "a");
  EXPECT_EQ(all.instances[2].instance_id, "c");
  EXPECT_EQ(all.instances[0].door, "a:80");
  EXPECT_TRUE(all.instances[0].last_good);
  ASSERT_TRUE(all.instances[0].since_last);
  ASSERT_TRUE(all.instances[0].until_next);
  EXPECT_LE(*all.instances[0].until_next, 1s);
  EXPECT_EQ(all.plan->interval, 1s);
}

TEST(ChecksTest, StartWithoutABurstAndEvenly) {
  CheckWorld world;
  const auto service = world.NewService();
  world.checks.PutService(service, CheckWorld::Plan(10s), Instances(10'000), world.now);
  world.checks.Begin(world.now);
  std::map<std::int64_t, int> each_tenth;
  const Instant start = world.now;
  world.Live(10s, [&](const FakeProber::Check&) {
    ++each_tenth[(world.now - start) / 100ms];
    return true;
  });
  EXPECT_EQ(world.prober.started, 10'000U);
  for (const auto& [tenth, count] : each_tenth) EXPECT_LT(count, 170) << tenth;
  world.Live(20s, Good);
  EXPECT_EQ(world.prober.started, 30'000U);
}

TEST(ChecksTest, KnownStatesStayAfterARestart) {
  CheckWorld world;
  const auto service = world.NewService();
  std::vector<Registered> instances = {CheckWorld::Instance("up", 1, HealthState::kHealthy),
                                       CheckWorld::Instance("down", 1, HealthState::kUnhealthy)};
  world.checks.PutService(service, CheckWorld::Plan(1s), instances, world.now);
  world.checks.Begin(world.now);
  world.Live(20s, [](const FakeProber::Check& check) { return check.host == "up"; });
  EXPECT_TRUE(world.rows.empty());
}

TEST(ChecksTest, AStandstillIsNotFollowedByABurst) {
  CheckWorld world;
  world.checks.PutService(world.NewService(), CheckWorld::Plan(1s), Instances(1'000), world.now);
  world.checks.Begin(world.now);
  world.Live(1s, Good);
  world.Pass(60s);
  const auto before = world.prober.started;
  world.Settle();
  EXPECT_EQ(world.prober.started, before);
  world.Live(1s, Good);
  EXPECT_EQ(world.prober.started - before, 1'000U);
  EXPECT_GT(world.tallies.late_us_max.get(), 58'000'000U);
}

TEST(ChecksTest, SlotsAreBoundedAndTurnsAreKept) {
  ChecksOptions options;
  options.in_flight_max = 10;
  CheckWorld world(options);
  const auto service = world.NewService();
  world.checks.PutService(service, CheckWorld::Plan(10s), Instances(100), world.now);
  world.checks.Begin(world.now);
  world.Settle();
  std::vector<std::string> order;
  while (world.now < Instant(5009s)) {
    world.Settle();
    ASSERT_LE(world.prober.under_way.size(), 10U);
    world.Pass(5ms);
  }
  EXPECT_EQ(world.tallies.in_flight.get(), 10U);
  // What waits is started as places become free; an instance that leaves the queue is left out.
  world.checks.EraseInstance(service, "i7", world.now);
  std::set<std::string> seen;
  while (!world.prober.under_way.empty()) {
    EXPECT_TRUE(seen.insert(world.prober.under_way.front().host).second);
    world.AnswerFirst(true);
    world.Settle();
    ASSERT_LE(world.prober.under_way.size(), 10U);
  }
  EXPECT_GE(seen.size(), 85U);
  EXPECT_GT(world.tallies.late_us_sum.get(), 0U);
}

TEST(ChecksTest, ManyDecisionsOfOneMomentAreOneEdit) {
  CheckWorld world;
  const auto service = world.NewService();
  world.checks.PutService(service, CheckWorld::Plan(1s, 1), Instances(500, HealthState::kHealthy), world.now);
  world.checks.Begin(world.now);
  for (int i = 0; i < 500; ++i) world.checks.Recheck(service, "i" + std::to_string(i), world.now);
  world.Settle();
  ASSERT_EQ(world.prober.under_way.size(), 500U);
  while (!world.prober.under_way.empty()) world.AnswerFirst(false);
  world.Settle();
  EXPECT_EQ(world.rows.size(), 500U);
  EXPECT_EQ(world.takes, 1);
}

/// Twenty services of five instances each, checked each second.
class Fleet : public testing::Test, public CheckWorld {
 protected:
  Fleet() {
    for (int s = 0; s < 20; ++s) {
      services.push_back(NewService());
      checks.PutService(services.back(), Plan(1s, 3, 1), Instances(5, HealthState::kHealthy), now);
    }
    checks.Begin(now);
    Live(1s, Good);
    EXPECT_TRUE(rows.empty());
  }
  std::vector<model::ServiceId> services;
};

TEST_F(Fleet, OwnOutageHoldsFallsAndEndsWithoutATrace) {
  Live(30s, Bad);
  EXPECT_TRUE(rows.empty());
  EXPECT_EQ(tallies.suspect.get(), 1U);
  EXPECT_EQ(tallies.held.get(), 100U);
  const ServiceChecks description = checks.Describe(services[0], "", now);
  EXPECT_TRUE(description.suspect);
  EXPECT_GT(description.suspect_left, 25s);
  EXPECT_LT(description.suspect_left, 35s);
  EXPECT_TRUE(description.instances[0].held);
  Live(2s, Good);
  EXPECT_TRUE(rows.empty());
  EXPECT_EQ(tallies.suspect.get(), 0U);
  EXPECT_EQ(tallies.held.get(), 0U);
  EXPECT_EQ(tallies.suspect_episodes.get(), 1U);
}

TEST_F(Fleet, OwnOutageEndsByItselfAndFallsAreCarriedOutAtOnce) {
  Live(59s, Bad);
  EXPECT_TRUE(rows.empty());
  Live(3s, Bad);
  ASSERT_EQ(rows.size(), 100U);
  EXPECT_EQ(takes, 1);
  EXPECT_NE(rows[0].transition.cause.find(", held while the checker was suspect"), std::string::npos);
  EXPECT_EQ(tallies.held.get(), 0U);
  Live(120s, Bad);
  EXPECT_EQ(rows.size(), 100U);
  EXPECT_EQ(tallies.suspect_episodes.get(), 1U) << "it began again";
  Live(2s, Good);
  EXPECT_EQ(rows.size(), 200U);
  Live(10s, Bad);
  EXPECT_EQ(tallies.suspect_episodes.get(), 2U) << "after it was good once it may";
}

TEST_F(Fleet, WhatIsStillDeadAfterTheOutageFalls) {
  Live(10s, Bad);
  ASSERT_EQ(tallies.suspect.get(), 1U);
  const auto one_dead = [](const FakeProber::Check& check) { return check.host != "i3"; };
  Live(3s, one_dead);
  EXPECT_EQ(rows.size(), 20U);
  for (const Row& row : rows) EXPECT_EQ(row.transition.instance_id, "i3");
}

TEST_F(Fleet, RisesAreCarriedOutMeanwhile) {
  Live(10s, [&](const FakeProber::Check& check) { return check.host != "i0"; });
  ASSERT_EQ(rows.size(), 20U) << "a fifth is no outage of the checker";
  rows.clear();
  Live(10s, [](const FakeProber::Check& check) { return check.host == "i0"; });
  ASSERT_EQ(tallies.suspect.get(), 1U);
  ASSERT_EQ(rows.size(), 20U);
  for (const Row& row : rows) EXPECT_EQ(row.transition.to, HealthState::kHealthy);
}

TEST_F(Fleet, OneServiceDyingIsNoOutageOfTheChecker) {
  for (std::size_t s = 1; s < services.size(); ++s) checks.EraseService(services[s], now);
  checks.PutService(services[0], Plan(1s, 3, 1), Instances(100, HealthState::kHealthy), now);
  Live(2s, Good);
  Live(4s, Bad);
  EXPECT_EQ(rows.size(), 100U);
}

/// A service whose instances report within three seconds.
class Heartbeats : public testing::Test, public CheckWorld {
 protected:
  Heartbeats() {
    auto plan = Plan(1s);
    plan->kind = model::CheckKind::kHeartbeat;
    checks.PutService(service, plan, {Heart("a", HealthState::kHealthy)}, now);
    checks.Begin(now);
  }
  static Registered Heart(const std::string& id, HealthState state = HealthState::kUnknown) {
    Registered instance = Instance(id, 1, state);
    instance.door = {};
    return instance;
  }
  model::ServiceId service = NewService();
};

TEST_F(Heartbeats, SilenceMakesUnhealthy) {
  Live(2s, Good);
  checks.Beat(service, "a", now);
  Live(3s - 10ms, Good);
  EXPECT_TRUE(rows.empty());
  Live(20ms, Good);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].transition.cause, "no heartbeat for 3s");
  EXPECT_FALSE(rows[0].transition.latency_us);
  EXPECT_EQ(State(service, "a"), HealthState::kUnhealthy);
  Live(30s, Good);
  EXPECT_EQ(rows.size(), 1U);
  // The report itself is the transition back; here it is only heard of.
  checks.Beat(service, "a", now);
  checks.Told(service, "a", HealthState::kHealthy, now);
  EXPECT_EQ(State(service, "a"), HealthState::kHealthy);
  Live(4s, Good);
  EXPECT_EQ(rows.size(), 2U);
  EXPECT_EQ(prober.started, 0U);
}

TEST_F(Heartbeats, ANewInstanceHasItsFullTime) {
  Live(1s, Good);
  checks.PutInstance(service, Heart("b"), now);
  Live(2900ms, Good);
  EXPECT_EQ(State(service, "b"), HealthState::kUnknown);
  Live(200ms, Good);
  EXPECT_EQ(State(service, "b"), HealthState::kUnhealthy);
  EXPECT_FALSE(checks.Recheck(service, "b", now));
}

TEST_F(Heartbeats, AStandstillOfOursIsNotTheirSilence) {
  Live(1s, Good);
  Pass(60s);
  Live(2900ms, Good);
  EXPECT_TRUE(rows.empty());
  Live(200ms, Good);
  EXPECT_EQ(rows.size(), 1U);
}

TEST_F(Heartbeats, ReportedUnhealthyIsNotWatched) {
  checks.Told(service, "a", HealthState::kUnhealthy, now);
  EXPECT_FALSE(Status(service, "a").until_next);
  Live(10s, Good);
  EXPECT_TRUE(rows.empty());
}

TEST_F(Heartbeats, SilenceOfAllIsHeldToo) {
  auto plan = Plan(1s);
  plan->kind = model::CheckKind::kHeartbeat;
  for (int s = 0; s < 10; ++s) {
    std::vector<Registered> instances;
    for (int i = 0; i < 3; ++i) instances.push_back(Heart("i" + std::to_string(i), HealthState::kHealthy));
    checks.PutService(NewService(), plan, instances, now);
  }
  Live(10s, Good);
  EXPECT_TRUE(rows.empty());
  EXPECT_EQ(tallies.held.get(), 31U);
  Live(60s, Good);
  EXPECT_EQ(rows.size(), 31U);
  EXPECT_EQ(rows[0].transition.cause, "no heartbeat for 3s, held while the checker was suspect");
}

}  // namespace
}  // namespace waypost::health
