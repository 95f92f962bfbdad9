#pragma once

#include <atomic>
#include <cstdint>

namespace waypost::transfer {

/// Counted by the transfers' thread, read by any.
struct Tallies {
  std::atomic<std::uint64_t> full{0};
  std::atomic<std::uint64_t> incremental{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> notify_sent{0};
  std::atomic<std::uint64_t> notify_answered{0};
  std::atomic<std::uint64_t> notify_lost{0};
  std::atomic<std::uint64_t> journal_octets{0};
  std::atomic<std::uint64_t> journal_steps{0};
  std::atomic<std::uint64_t> zones{0};
};

}  // namespace waypost::transfer
