#include "health/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace waypost::health {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

const Instant kStart{1'000'003'217us};

model::ServiceId SomeService() {
  model::Random random(5);
  return model::ServiceId::Draw(random);
}

std::uint32_t Place(int i) { return Cadence::PlaceOf(SomeService(), "i-" + std::to_string(i)); }

TEST(CadenceTest, SpreadsEvenlyOverTheInterval) {
  constexpr int kTargets = 10'000;
  constexpr int kParts = 100;
  for (const milliseconds interval : {1000ms, 10'000ms}) {
    std::vector<int> parts(kParts);
    for (int i = 0; i < kTargets; ++i) {
      const Instant due = Cadence::Next(kStart, interval, Place(i));
      ASSERT_GT(due, kStart);
      ASSERT_LE(due, kStart + interval + 5ms);
      ++parts[static_cast<std::size_t>(std::min<std::int64_t>((due - kStart) * kParts / interval, kParts - 1))];
    }
    // 100 expected in each; a burst would be thousands.
    EXPECT_LT(*std::max_element(parts.begin(), parts.end()), 170);
    EXPECT_GT(*std::min_element(parts.begin(), parts.end()), 50);
  }
}

TEST(CadenceTest, NeverDrifts) {
  for (const milliseconds interval : {100ms, 1000ms, 1003ms, 9999ms, 3'600'000ms}) {
    for (const std::uint32_t place : {0U, 1U, 0x7fffffffU, 0xffffffffU}) {
      const milliseconds grid = interval < 1000ms ? 1ms : interval < 5000ms ? 5ms : 10ms;
      const Instant first = Cadence::Next(kStart, interval, place);
      Instant at = first;
      for (int round = 1; round <= 1000; ++round) {
        // Each check ends late by another bit; the next is due at its place all the same.
        const auto late = std::chrono::microseconds(round * 37 % 4000);
        at = Cadence::Next(at + late, interval, place);
        const auto off = at - (first + round * interval);
        ASSERT_LT(std::chrono::abs(off), grid) << interval.count() << " ms, round " << round;
      }
    }
  }
}

TEST(CadenceTest, LiesOnTheGrid) {
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(Cadence::Next(kStart, 1000ms, Place(i)).time_since_epoch() % 5ms, 0ns);
    EXPECT_EQ(Cadence::Next(kStart, 999ms, Place(i)).time_since_epoch() % 1ms, 0ns);
  }
  EXPECT_EQ(Cadence::OnGrid(Instant(10ms), 1000ms), Instant(10ms));
  EXPECT_EQ(Cadence::OnGrid(Instant(10ms + 1ns), 1000ms), Instant(15ms));
}

TEST(CadenceTest, MissedRoundsAreLeftOut) {
  const std::uint32_t place = Place(1);
  const Instant due = Cadence::Next(kStart, 10'000ms, place);
  const Instant later = due + 12'345'678ms;
  const Instant next = Cadence::Next(later, 10'000ms, place);
  EXPECT_GT(next, later);
  EXPECT_LE(next, later + 10'000ms);
}

TEST(CadenceTest, NewOnesAreCheckedSoon) {
  model::Random random(3);
  for (const milliseconds interval : {100ms, 600ms, 1000ms, 10'000ms}) {
    const milliseconds most = std::min(interval / 2, kSoonMax);
    Instant least_seen = kNever;
    Instant most_seen = {};
    for (int i = 0; i < 1000; ++i) {
      const Instant at = Cadence::Soon(kStart, interval, random);
      ASSERT_GE(at, kStart);
      ASSERT_LE(at, kStart + most);
      least_seen = std::min(least_seen, at);
      most_seen = std::max(most_seen, at);
    }
    EXPECT_GT(most_seen - least_seen, most / 2) << "all at once";
  }
}

TEST(DueQueueTest, IsInOrderWhateverIsMovedAndRemoved) {
  model::Random random(9);
  std::vector<std::unique_ptr<Scheduled>> all;
  for (int i = 0; i < 300; ++i) all.push_back(std::make_unique<Scheduled>());
  std::map<const Scheduled*, Instant> model;
  DueQueue queue;
  for (int step = 0; step < 20'000; ++step) {
    Scheduled& what = *all[random.Below(all.size())];
    if (random.Below(3U) == 0) {
      queue.Remove(what);
      model.erase(&what);
    } else {
      const Instant due(std::chrono::nanoseconds(random.Below(1000U)));
      queue.Set(what, due);
      model[&what] = due;
    }
    ASSERT_EQ(queue.size(), model.size());
    Instant earliest = kNever;
    for (const auto& [other, due] : model) earliest = std::min(earliest, due);
    ASSERT_EQ(queue.earliest(), earliest);
    if (queue.empty()) continue;
    ASSERT_EQ(queue.first().due, earliest);
  }
  Instant last{};
  while (!queue.empty()) {
    ASSERT_GE(queue.earliest(), last);
    last = queue.earliest();
    queue.Remove(queue.first());
  }
}

}  // namespace
}  // namespace waypost::health
