#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace waypost::view {

/// Where the members of a service of more than one chunk stand, by the hash of their id. Changed in place by the one
/// writer, read without locks; readers trust what they found only when the index still has the version of their state.
class IdIndex {
 public:
  explicit IdIndex(std::size_t members);

  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  /// Writes up to `limit` indexes that stand under `hash`; returns how many there are, limit + 1 for more.
  std::uint32_t Candidates(std::uint32_t hash, std::uint32_t* out, std::uint32_t limit) const;

  /// Writer only. Call before the changes that lead to a new state; returns the version that state must carry.
  std::uint64_t BeginChange();
  void Insert(std::uint32_t hash, std::uint32_t index);
  void Erase(std::uint32_t hash, std::uint32_t index);
  /// Whether another member needs a larger index.
  bool full() const { return (used_ + 1) * 4 > slots_.size() * 3; }

 private:
  static constexpr std::uint64_t kEmpty = 0;
  static constexpr std::uint64_t kErased = 1;
  /// Hash above, index + 2 below, so that neither special value can occur.
  static std::uint64_t Entry(std::uint32_t hash, std::uint32_t index) {
    return static_cast<std::uint64_t>(hash) << 32 | (static_cast<std::uint64_t>(index) + 2);
  }

  std::atomic<std::uint64_t> version_{0};
  std::vector<std::atomic<std::uint64_t>> slots_;
  std::size_t used_ = 0;
};

}  // namespace waypost::view
