#include "transfer/journal.h"

#include <algorithm>
#include <vector>

namespace waypost::transfer {
std::uint64_t Journal::Append(Soa before, std::uint32_t after, std::shared_ptr<const Change> change) {
  steps_.push_back({std::move(before), after, std::move(change)});
  return first_number_ + steps_.size() - 1;
}

void Journal::Clear() {
  first_number_ += steps_.size();
  steps_.clear();
}

void Journal::DropThrough(std::uint64_t number) {
  while (!steps_.empty() && first_number_ <= number) {
    steps_.pop_front();
    ++first_number_;
  }
}

std::optional<Journal::Net> Journal::Since(std::uint32_t serial) const {
  const auto from =
      std::find_if(steps_.rbegin(), steps_.rend(), [&](const Step& step) { return step.before.serial == serial; });
  if (from == steps_.rend()) return std::nullopt;
  if (from == steps_.rbegin()) return Net{from->before, from->change};
  std::vector<const Change*> changes;
  for (auto step = from.base() - 1; step != steps_.end(); ++step) changes.push_back(step->change.get());
  return Net{from->before, std::make_shared<Change>(Condense(changes))};
}

void JournalBounds::Note(const std::shared_ptr<Journal>& journal, std::uint64_t number, std::size_t octets,
                         Instant now) {
  entries_.push_back({journal, number, octets + Journal::kStepOctets, now});
  octets_ += entries_.back().octets;
  Trim(now);
}

void JournalBounds::Trim(Instant now) {
  while (!entries_.empty() && (octets_ > octets_max_ || now - entries_.front().at > age_max_)) {
    const Entry& oldest = entries_.front();
    if (const auto journal = oldest.journal.lock()) journal->DropThrough(oldest.number);
    octets_ -= oldest.octets;
    entries_.pop_front();
  }
}

}  // namespace waypost::transfer
