#include "waypost/model/hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <string>

namespace waypost::model {
namespace {

TEST(HashTest, EveryBitAndLengthCounts) {
  std::set<std::uint64_t> seen;
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string zeros(length, '\0');
    EXPECT_TRUE(seen.insert(Hash64(zeros)).second) << length;
    for (std::size_t bit = 0; bit < length * 8; ++bit) {
      std::string text = zeros;
      text[bit / 8] = static_cast<char>(1 << (bit % 8));
      EXPECT_TRUE(seen.insert(Hash64(text)).second) << length << " " << bit;
    }
  }
}

TEST(HashTest, SeedsGiveOtherFunctions) {
  EXPECT_NE(Hash64("abc", 1), Hash64("abc", 2));
  const std::uint64_t difference = Hash64("backend", 1) ^ Hash64("backend", 2);
  EXPECT_GT(std::popcount(difference), 10);
}

/// Stored checksums and SRV target labels depend on it: it must never change.
TEST(HashTest, StaysAsItWas) { EXPECT_EQ(Hash64("waypost"), 14494801443891763173ULL); }

}  // namespace
}  // namespace waypost::model
