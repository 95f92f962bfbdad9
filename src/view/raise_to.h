#pragma once

#include <atomic>
#include <cstdint>

namespace waypost::view {

/// Makes `value` at least `to`; several threads may do so at once while a view is loaded.
inline void RaiseTo(std::atomic<std::uint64_t>& value, std::uint64_t to) {
  std::uint64_t seen = value.load(std::memory_order_relaxed);
  while (seen < to && !value.compare_exchange_weak(seen, to, std::memory_order_release)) {
  }
}

}  // namespace waypost::view
