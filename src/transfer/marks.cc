#include "transfer/marks.h"

namespace waypost::transfer {

void Marks::Note(model::Revision revision, std::span<const registry::Event> events) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    for (const registry::Event& event : events) {
      std::visit([this](const auto& value) { On(value); }, event);
    }
    waiting_.revision = revision;
    wake = std::exchange(idle_, false);
  }
  if (wake) wake_();
}

Touched Marks::Take() {
  const std::lock_guard lock(mutex_);
  Touched taken = waiting_;
  taken.services.assign(services_.begin(), services_.end());
  services_.clear();
  waiting_ = {.revision = waiting_.revision};
  idle_ = true;
  return taken;
}

void Marks::Mark(const model::ServiceId& service) { services_.insert(service); }

}  // namespace waypost::transfer
