#pragma once

#include <atomic>
#include <cstdint>

namespace waypost::health {

/// A number that one thread changes and any thread reads.
class Tally {
 public:
  void Add(std::uint64_t more = 1) { Set(get() + more); }
  void Subtract(std::uint64_t less = 1) { Set(get() - less); }
  void Set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// What Counters are made of (engine.h).
struct Tallies {
  Tally checks_good;
  Tally checks_bad;
  Tally transitions_up;
  Tally transitions_down;
  Tally unwritten;
  Tally dropped_rows;
  Tally suspect_episodes;
  Tally held;
  Tally suspect;  // 0 or 1
  Tally pins;
  Tally shifts;
  Tally holds;
  Tally targets;
  Tally in_flight;
  Tally late_us_max;
  Tally late_us_sum;
};

}  // namespace waypost::health
