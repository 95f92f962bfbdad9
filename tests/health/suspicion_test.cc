#include "health/suspicion.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>

namespace waypost::health {
namespace {

using namespace std::chrono_literals;
using Change = Suspicion::Change;

/// Instances of several services, spread over them one by one.
class Fleet {
 public:
  Fleet(std::size_t count, std::size_t services, std::chrono::milliseconds hold = 60s)
      : suspicion(hold), counts_(services), witnesses_(count) {}

  void Good(std::size_t i) { suspicion.Good(witnesses_[i]); }
  void Bad(std::size_t i) { suspicion.Bad(witnesses_[i], now, 24s, counts_[i % counts_.size()]); }
  void AllGood() {
    for (std::size_t i = 0; i < witnesses_.size(); ++i) Good(i);
  }
  void FirstBad(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) Bad(i);
  }
  Change Judge() { return suspicion.Judge(now); }
  Witness& witness(std::size_t i) { return witnesses_[i]; }

  Instant now{1000s};
  Suspicion suspicion;

 private:
  std::deque<std::uint32_t> counts_;
  std::deque<Witness> witnesses_;
};

TEST(SuspicionTest, BeginsWhenMostOfManyServicesFail) {
  Fleet fleet(100, 10);
  fleet.AllGood();
  fleet.FirstBad(50);
  EXPECT_EQ(fleet.Judge(), Change::kNone) << "half is not most";
  fleet.Bad(50);
  EXPECT_EQ(fleet.Judge(), Change::kBegan);
  EXPECT_TRUE(fleet.suspicion.suspect());
  EXPECT_EQ(fleet.suspicion.failing(), 51U);
  EXPECT_EQ(fleet.suspicion.services(), 10U);
}

TEST(SuspicionTest, NeedsEnoughInstancesAndServices) {
  Fleet few(kSuspectTargetsMin, kSuspectServicesMin);
  few.FirstBad(kSuspectTargetsMin - 1);
  EXPECT_EQ(few.Judge(), Change::kNone);
  few.Bad(kSuspectTargetsMin - 1);
  EXPECT_EQ(few.Judge(), Change::kBegan);

  Fleet one_service_less(1000, kSuspectServicesMin - 1);
  one_service_less.FirstBad(1000);
  EXPECT_EQ(one_service_less.Judge(), Change::kNone) << "these services' own outage";
}

TEST(SuspicionTest, WhatBeganLongAgoDoesNotCount) {
  Fleet fleet(100, 10);
  fleet.AllGood();
  fleet.FirstBad(40);
  fleet.now += 24s - 1ms;
  EXPECT_EQ(fleet.Judge(), Change::kNone);
  EXPECT_EQ(fleet.suspicion.failing(), 40U);
  fleet.now += 1ms;
  for (std::size_t i = 40; i < 60; ++i) fleet.Bad(i);
  EXPECT_EQ(fleet.Judge(), Change::kNone);
  EXPECT_EQ(fleet.suspicion.failing(), 20U);
  EXPECT_EQ(fleet.suspicion.good(), 40U);
}

TEST(SuspicionTest, EndsWhenMostAreGoodAgain) {
  Fleet fleet(100, 10);
  fleet.AllGood();
  fleet.FirstBad(100);
  ASSERT_EQ(fleet.Judge(), Change::kBegan);
  // What failed stays a recent failure while the episode lasts.
  fleet.now += 50s;
  EXPECT_EQ(fleet.Judge(), Change::kNone);
  for (std::size_t i = 0; i < 49; ++i) fleet.Good(i);
  EXPECT_EQ(fleet.Judge(), Change::kNone);
  fleet.Good(49);
  EXPECT_EQ(fleet.Judge(), Change::kRecovered);
  EXPECT_FALSE(fleet.suspicion.suspect());
}

TEST(SuspicionTest, EndsByTimeAndDoesNotBeginAgainBeforeItWasGoodOnce) {
  Fleet fleet(100, 10);
  fleet.AllGood();
  fleet.FirstBad(100);
  ASSERT_EQ(fleet.Judge(), Change::kBegan);
  EXPECT_EQ(fleet.suspicion.next(), fleet.now + 60s);
  fleet.now += 60s - 1ms;
  EXPECT_EQ(fleet.Judge(), Change::kNone);
  fleet.now += 1ms;
  EXPECT_EQ(fleet.Judge(), Change::kTimedOut);
  EXPECT_FALSE(fleet.suspicion.suspect());
  EXPECT_EQ(fleet.suspicion.next(), kNever);
  // Some come and go, most fail.
  for (std::size_t i = 0; i < 20; ++i) fleet.Good(i);
  EXPECT_EQ(fleet.Judge(), Change::kNone);
  for (std::size_t i = 0; i < 20; ++i) fleet.Bad(i);
  fleet.now += 1h;
  EXPECT_EQ(fleet.Judge(), Change::kNone);
  // Once good, it may begin again.
  fleet.AllGood();
  EXPECT_EQ(fleet.Judge(), Change::kNone);
  fleet.FirstBad(100);
  EXPECT_EQ(fleet.Judge(), Change::kBegan);
}

TEST(SuspicionTest, AFleetThatStaysMostlyDeadDoesNotDisarmIt) {
  Fleet fleet(100, 10);
  fleet.AllGood();
  fleet.FirstBad(100);
  ASSERT_EQ(fleet.Judge(), Change::kBegan);
  fleet.now += 60s;
  ASSERT_EQ(fleet.Judge(), Change::kTimedOut);
  for (std::size_t i = 60; i < 100; ++i) fleet.Good(i);  // the others are gone for good
  EXPECT_EQ(fleet.Judge(), Change::kNone);
  fleet.now += 1h;
  EXPECT_EQ(fleet.Judge(), Change::kNone);
  for (std::size_t i = 60; i < 100; ++i) fleet.Bad(i);
  EXPECT_EQ(fleet.Judge(), Change::kBegan) << "what is left of them is cut off";
}

TEST(SuspicionTest, WithoutHoldItNeverBegins) {
  Fleet fleet(100, 10, 0ms);
  fleet.FirstBad(100);
  EXPECT_EQ(fleet.Judge(), Change::kNone);
}

TEST(SuspicionTest, WhatIsKnownToBeUnhealthySaysNothing) {
  Fleet fleet(100, 10);
  for (std::size_t i = 0; i < 100; ++i) fleet.suspicion.BadAsKnown(fleet.witness(i));
  EXPECT_EQ(fleet.Judge(), Change::kNone);
  EXPECT_EQ(fleet.suspicion.failing(), 0U);
  EXPECT_EQ(fleet.suspicion.good(), 0U);
}

TEST(SuspicionTest, CountsComeBackToNothing) {
  Fleet fleet(60, 6);
  fleet.AllGood();
  fleet.FirstBad(40);
  for (std::size_t i = 0; i < 60; ++i) fleet.suspicion.Leave(fleet.witness(i));
  EXPECT_EQ(fleet.suspicion.failing(), 0U);
  EXPECT_EQ(fleet.suspicion.good(), 0U);
  EXPECT_EQ(fleet.suspicion.services(), 0U);
}

}  // namespace
}  // namespace waypost::health
