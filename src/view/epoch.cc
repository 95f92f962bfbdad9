#include "waypost/view/epoch.h"

#include <cstdio>
#include <cstdlib>
#include <limits>

namespace waypost::view {

EpochDomain::~EpochDomain() {
  for (const Retired& retired : retired_) retired.free(retired.object);
}

void EpochDomain::Retire(void* object, void (*free)(void*)) {
  retired_.push_back({object, free, epoch_.load(std::memory_order_relaxed)});
}

void EpochDomain::Collect() {
  if (retired_.empty()) return;
  // From here on readers enter at a later epoch than that of anything retired.
  epoch_.fetch_add(1, std::memory_order_seq_cst);
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  for (const Slot& slot : slots_) {
    if (!slot.taken.load(std::memory_order_acquire)) continue;
    const std::uint64_t entered = slot.entered.load(std::memory_order_seq_cst);
    if (entered != 0 && entered < oldest) oldest = entered;
  }
  while (!retired_.empty() && retired_.front().epoch < oldest) {
    retired_.front().free(retired_.front().object);
    retired_.pop_front();
  }
}

Reader::Reader(EpochDomain& domain) : domain_(domain), slot_(nullptr) {
  for (EpochDomain::Slot& slot : domain.slots_) {
    bool free = false;
    if (slot.taken.compare_exchange_strong(free, true, std::memory_order_acq_rel)) {
      slot_ = &slot;
      return;
    }
  }
  std::fprintf(stderr, "more than %u reader threads\n", EpochDomain::kReadersMax);
  std::abort();
}

Reader::~Reader() { slot_->taken.store(false, std::memory_order_release); }

}  // namespace waypost::view
