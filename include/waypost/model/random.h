#pragma once

#include <cstdint>

namespace waypost::model {

/// A small fast random source (xoshiro256**), one a thread; not for secrets. Seeded by whoever owns it, so that a
/// simulation can repeat itself.
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
      // splitmix64, as the generator's authors advise for seeding.
      seed += 0x9e3779b97f4a7c15ULL;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
      word = z ^ (z >> 31);
    }
  }

  std::uint64_t Next() {
    const std::uint64_t result = Rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = Rotate(state_[3], 45);
    return result;
  }

  /// Uniform in [0, bound) by multiplication (bias below 2^-32 for bounds below 2^32). bound ≥ 1.
  std::uint32_t Below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((Next() >> 32) * static_cast<std::uint64_t>(bound)) >> 32);
  }
  std::uint32_t Below(std::size_t bound) { return Below(static_cast<std::uint32_t>(bound)); }

  // For the standard library's algorithms.
  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()() { return Next(); }

 private:
  static std::uint64_t Rotate(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  std::uint64_t state_[4];
};

/// A seed from the operating system.
std::uint64_t SystemSeed();

}  // namespace waypost::model
