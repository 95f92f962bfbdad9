#include "operator/event_ring.h"

#include <algorithm>

namespace waypost::oper {
namespace {

/// How many events of a batch there are up to the last that the filter takes.
std::size_t UpToLastTaken(const EventBatch& batch, const EventFilter& filter) {
  std::size_t count = batch.entries.size();
  while (count != 0 && !filter.Takes(batch.entries[count - 1])) --count;
  return count;
}

}  // namespace

void EventRing::Restart(model::Revision revision) {
  batches_.clear();
  events_ = bytes_ = 0;
  floor_ = last_ = revision;
}

void EventRing::Append(EventBatch batch) {
  last_ = batch.revision;
  if (batch.entries.empty()) return;
  events_ += batch.entries.size();
  bytes_ += batch.bytes();
  batches_.push_back(std::move(batch));
  while ((events_ > events_max_ || bytes_ > bytes_max_) && batches_.size() > 1) {
    events_ -= batches_.front().entries.size();
    bytes_ -= batches_.front().bytes();
    floor_ = batches_.front().revision;
    batches_.pop_front();
  }
}

std::string EventRing::Read(EventCursor& cursor, const EventFilter& filter, std::size_t bytes) const {
  std::string piece;
  auto at =
      std::upper_bound(batches_.begin(), batches_.end(), cursor.done,
                       [](model::Revision revision, const EventBatch& batch) { return revision < batch.revision; });
  for (; at != batches_.end() && piece.size() < bytes; ++at) {
    const std::size_t end = UpToLastTaken(*at, filter);
    while (cursor.next < end && piece.size() < bytes) {
      const EventEntry& entry = at->entries[cursor.next++];
      if (!filter.Takes(entry)) continue;
      if (cursor.next == end) piece.append("id: ").append(std::to_string(at->revision)).append("\n");
      piece.append(at->TextOf(entry));
    }
    if (cursor.next < end) return piece;
    cursor = {at->revision, 0};
  }
  if (at == batches_.end()) cursor.done = std::max(cursor.done, last_);
  return piece;
}

}  // namespace waypost::oper
