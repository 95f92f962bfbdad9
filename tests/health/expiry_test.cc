#include "health/expiry.h"

#include <gtest/gtest.h>

namespace waypost::health {
namespace {

using model::Timestamp;

const Timestamp kNow{1'790'000'000'000};

Timestamp Later(std::int64_t ms) { return {kNow.ms + ms}; }

model::ServiceId SomeService(std::uint64_t seed = 1) {
  model::Random random(seed);
  return model::ServiceId::Draw(random);
}

TEST(ExpiryTest, EndsWhatIsOverAndAsksAgainEachSecond) {
  Expiry expiry;
  EXPECT_FALSE(expiry.next());
  expiry.Put(PinOf{SomeService(), "a"}, Later(500));
  expiry.Put(ShiftOf{"eu-west-1b"}, Later(700));
  EXPECT_EQ(expiry.next(), Later(500));
  EXPECT_TRUE(expiry.Take(Later(499)).empty());
  const auto due = expiry.Take(Later(500));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].ending, Ending(PinOf{SomeService(), "a"}));
  EXPECT_EQ(due[0].until, Later(500));
  EXPECT_EQ(expiry.next(), Later(700));
  EXPECT_EQ(expiry.Take(Later(700)).size(), 1U);
  // Nobody says that it ended.
  EXPECT_TRUE(expiry.Take(Later(1499)).empty());
  EXPECT_EQ(expiry.Take(Later(1500)).size(), 1U);
  expiry.Erase(PinOf{SomeService(), "a"});
  expiry.Erase(ShiftOf{"eu-west-1b"});
  EXPECT_TRUE(expiry.Take(Later(100'000)).empty());
  EXPECT_FALSE(expiry.next());
}

TEST(ExpiryTest, WhatWasProlongedStays) {
  Expiry expiry;
  const Ending hold = HoldOf{SomeService()};
  expiry.Put(hold, Later(500));
  ASSERT_EQ(expiry.Take(Later(500)).size(), 1U);
  expiry.Put(hold, Later(9000));
  expiry.Ended(hold, Later(500));
  EXPECT_EQ(expiry.next(), Later(9000));
  expiry.Ended(hold, Later(9000));
  EXPECT_FALSE(expiry.next());
}

TEST(ExpiryTest, MayBeShortened) {
  Expiry expiry;
  expiry.Put(ShiftOf{"a"}, Later(9000));
  expiry.Put(ShiftOf{"a"}, Later(10));
  EXPECT_EQ(expiry.Take(Later(10)).size(), 1U);
  EXPECT_TRUE(expiry.Take(Later(11)).empty());
}

TEST(ExpiryTest, AsksForSoManyAtOnce) {
  Expiry expiry;
  for (std::size_t i = 0; i <= Expiry::kAtOnceMax; ++i) expiry.Put(ShiftOf{"zone-" + std::to_string(i)}, kNow);
  EXPECT_EQ(expiry.Take(kNow).size(), Expiry::kAtOnceMax);
  EXPECT_EQ(expiry.next(), kNow);
  EXPECT_EQ(expiry.Take(kNow).size(), 1U);
}

TEST(ExpiryTest, EndsByTheRightCommand) {
  const model::ServiceId service = SomeService();
  const auto unpin = std::get<registry::UnpinHealth>(EndOf(PinOf{service, "a"}, kNow));
  EXPECT_EQ(unpin.service_id, service);
  EXPECT_EQ(unpin.instance_id, "a");
  EXPECT_EQ(unpin.expired, kNow);
  const auto shift = std::get<registry::EndShift>(EndOf(ShiftOf{"z"}, kNow));
  EXPECT_EQ(shift.zone, "z");
  EXPECT_EQ(shift.expired, kNow);
  const auto hold = std::get<registry::EndHold>(EndOf(HoldOf{service}, kNow));
  EXPECT_EQ(hold.service_id, service);
  EXPECT_EQ(hold.expired, kNow);
}

}  // namespace
}  // namespace waypost::health
