#include "forward/cache.h"

#include <gtest/gtest.h>

#include "messages.h"

namespace waypost::forward {
namespace {

using namespace std::chrono_literals;
using Accept = dns::Outside::Accept;
using dns::Type;

const Time kNow{std::chrono::hours(1000)};

std::shared_ptr<const dns::OutsideAnswer> Answer(std::string_view address, std::size_t padding = 0) {
  dns::OutsideAnswer answer;
  answer.answers.push_back(A("www.example.", address));
  if (padding != 0) answer.answers.push_back(Text("www.example.", padding));
  return std::make_shared<const dns::OutsideAnswer>(std::move(answer));
}

Cache::Options OnePart() { return {Cache::kPartOctetsMin, 60s, true, 7}; }

std::string Name(int number) { return Wire("n" + std::to_string(number) + ".example."); }

TEST(Cache, TellsNamesAndTypesApart) {
  Cache cache({32 << 20, 60s, true, 7});
  cache.Learn(Wire("a.example."), Type::kA, Answer("192.0.2.1"), 60s, kNow);
  EXPECT_TRUE(cache.Find(Wire("a.example."), Type::kA, Accept::kFresh, kNow).found);
  EXPECT_FALSE(cache.Find(Wire("a.example."), Type::kAaaa, Accept::kFresh, kNow).found);
  EXPECT_FALSE(cache.Find(Wire("b.example."), Type::kA, Accept::kFresh, kNow).found);
  EXPECT_EQ(cache.Look(Wire("a.example."), Type::kA, kNow), Cache::State::kFresh);
  EXPECT_EQ(cache.Look(Wire("b.example."), Type::kA, kNow), Cache::State::kUnknown);
}

TEST(Cache, NeverHoldsMoreOctetsThanItMay) {
  for (const std::size_t octets_max : {std::size_t{1} << 20, std::size_t{4} << 20}) {
    Cache cache({octets_max, 60s, true, 7});
    for (int i = 0; i < 20000; ++i) {
      cache.Learn(Name(i), Type::kA, Answer("192.0.2.1", i % 50 == 0 ? 5000 : 0), 60s, kNow);
      if (i % 1000 == 0) {
        EXPECT_LE(cache.totals().octets, octets_max);
      }
    }
    const Cache::Totals totals = cache.totals();
    EXPECT_LE(totals.octets, octets_max);
    EXPECT_GT(totals.octets, octets_max / 2);
    EXPECT_EQ(totals.entries + totals.evictions, 20000);
  }
}

TEST(Cache, CountsOctetsOnceWhenAnAnswerIsReplaced) {
  Cache cache(OnePart());
  cache.Learn(Name(1), Type::kA, Answer("192.0.2.1"), 60s, kNow);
  const std::size_t octets = cache.totals().octets;
  for (int i = 0; i < 10; ++i) cache.Learn(Name(1), Type::kA, Answer("192.0.2.2"), 60s, kNow);
  EXPECT_EQ(cache.totals().octets, octets);
  EXPECT_EQ(cache.totals().entries, 1);
}

TEST(Cache, WhatIsAskedForStays) {
  Cache cache(OnePart());
  cache.Learn(Name(0), Type::kA, Answer("192.0.2.1"), 60s, kNow);
  cache.Learn(Name(1), Type::kA, Answer("192.0.2.1"), 60s, kNow);
  for (int i = 2; i < 10000; ++i) {
    cache.Learn(Name(i), Type::kA, Answer("192.0.2.1"), 60s, kNow);
    ASSERT_TRUE(cache.Find(Name(0), Type::kA, Accept::kFresh, kNow).found) << i;
  }
  EXPECT_FALSE(cache.Find(Name(1), Type::kA, Accept::kFresh, kNow).found);
}

TEST(Cache, AllThatIsAskedForGivesWayToo) {
  Cache cache(OnePart());
  for (int i = 0; i < 5000; ++i) {
    cache.Learn(Name(i), Type::kA, Answer("192.0.2.1"), 60s, kNow);
    cache.Find(Name(i), Type::kA, Accept::kFresh, kNow);
  }
  EXPECT_LE(cache.totals().octets, Cache::kPartOctetsMin);
  EXPECT_TRUE(cache.Find(Name(4999), Type::kA, Accept::kFresh, kNow).found);
}

TEST(Cache, AFailureDoesNotReplaceWhatMayBeShown) {
  Cache cache(OnePart());
  auto failure = std::make_shared<const dns::OutsideAnswer>(dns::OutsideAnswer{dns::Rcode::kServFail, {}, {}, {}});
  cache.Learn(Name(1), Type::kA, Answer("192.0.2.1"), 10s, kNow);
  EXPECT_EQ(cache.Look(Name(1), Type::kA, kNow + 10s), Cache::State::kStale);
  cache.LearnFailure(Name(1), Type::kA, failure, 5s, kNow + 10s);
  EXPECT_EQ(cache.Look(Name(1), Type::kA, kNow + 10s), Cache::State::kFailed);
  EXPECT_EQ(cache.Look(Name(1), Type::kA, kNow + 40s), Cache::State::kStale);
  EXPECT_EQ(cache.Look(Name(1), Type::kA, kNow + 70s), Cache::State::kUnknown);
  cache.LearnFailure(Name(1), Type::kA, failure, 5s, kNow + 70s);
  EXPECT_EQ(cache.Find(Name(1), Type::kA, Accept::kFresh, kNow + 70s).found->answer, failure);
}

}  // namespace
}  // namespace waypost::forward
