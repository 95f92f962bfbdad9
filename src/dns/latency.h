#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "waypost/dns/server.h"

namespace waypost::dns {

/// How long answers took. Written by one thread at a time, readable from any.
class LatencyRecorder {
 public:
  void Add(std::chrono::nanoseconds took, std::uint64_t answers) {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
    const std::uint64_t microseconds = (ns + 999) / 1000;
    const auto bucket =
        microseconds == 0 ? 0 : std::min<std::size_t>(std::bit_width(microseconds - 1), LatencyTotals::kBuckets - 1);
    Count(counts_[bucket], answers);
    Count(sum_ns_, ns * answers);
  }

  void AddTo(LatencyTotals& totals) const {
    for (std::size_t i = 0; i < LatencyTotals::kBuckets; ++i) {
      totals.counts[i] += counts_[i].load(std::memory_order_relaxed);
    }
    totals.sum_ns += sum_ns_.load(std::memory_order_relaxed);
  }

 private:
  static void Count(std::atomic<std::uint64_t>& counter, std::uint64_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::atomic<std::uint64_t> counts_[LatencyTotals::kBuckets] = {};
  std::atomic<std::uint64_t> sum_ns_{0};
};

}  // namespace waypost::dns
