#include "view/id_index.h"

#include <algorithm>
#include <bit>

namespace waypost::view {

IdIndex::IdIndex(std::size_t members) : slots_(std::bit_ceil(std::max<std::size_t>(members * 2, 256))) {}

std::uint32_t IdIndex::Candidates(std::uint32_t hash, std::uint32_t* out, std::uint32_t limit) const {
  const std::size_t mask = slots_.size() - 1;
  std::uint32_t found = 0;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const std::uint64_t entry = slots_[at].load(std::memory_order_acquire);
    if (entry == kEmpty) return found;
    if (entry == kErased || entry >> 32 != hash) continue;
    if (found == limit) return limit + 1;
    out[found++] = static_cast<std::uint32_t>(entry) - 2;
  }
}

std::uint64_t IdIndex::BeginChange() {
  const std::uint64_t next = version_.load(std::memory_order_relaxed) + 1;
  version_.store(next, std::memory_order_release);
  return next;
}

void IdIndex::Insert(std::uint32_t hash, std::uint32_t index) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const std::uint64_t entry = slots_[at].load(std::memory_order_relaxed);
    if (entry > kErased) continue;
    if (entry == kEmpty) ++used_;
    slots_[at].store(Entry(hash, index), std::memory_order_release);
    return;
  }
}

void IdIndex::Erase(std::uint32_t hash, std::uint32_t index) {
  const std::size_t mask = slots_.size() - 1;
  const std::uint64_t wanted = Entry(hash, index);
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const std::uint64_t entry = slots_[at].load(std::memory_order_relaxed);
    if (entry == kEmpty) return;
    if (entry == wanted) {
      slots_[at].store(kErased, std::memory_order_release);
      return;
    }
  }
}

}  // namespace waypost::view
