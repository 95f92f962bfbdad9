#include "health/schedule.h"

#include <algorithm>

#include "waypost/model/hash.h"

namespace waypost::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// Checks due within one step share a wake-up, which is what they cost most: 10,000 checks at 10 s took 31 us each in
/// steps of 5 ms.
constexpr milliseconds kGrid{10};
constexpr milliseconds kGridFrom{5000};
constexpr milliseconds kMiddleGrid{5};
constexpr milliseconds kMiddleFrom{1000};
constexpr milliseconds kFineGrid{1};
constexpr std::size_t kChildren = 4;

std::int64_t DivideDown(std::int64_t value, std::int64_t by) {
  const std::int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

}  // namespace

std::uint32_t Cadence::PlaceOf(const model::ServiceId& service, std::string_view instance) {
  return static_cast<std::uint32_t>(model::Hash64(instance, service.hash()) >> 32);
}

Instant Cadence::OnGrid(Instant at, milliseconds interval) {
  const milliseconds grid = interval >= kGridFrom ? kGrid : interval >= kMiddleFrom ? kMiddleGrid : kFineGrid;
  const std::int64_t step = nanoseconds(grid).count();
  const std::int64_t count = nanoseconds(at.time_since_epoch()).count();
  return Instant(nanoseconds(DivideDown(count + step - 1, step) * step));
}

Instant Cadence::Next(Instant after, milliseconds interval, std::uint32_t place) {
  const std::int64_t period = nanoseconds(interval).count();
  const std::int64_t offset = static_cast<std::int64_t>(static_cast<double>(period) * (place * 0x1p-32));
  const std::int64_t count = nanoseconds(after.time_since_epoch()).count();
  const std::int64_t rounds = DivideDown(count - offset, period);
  Instant next = OnGrid(Instant(nanoseconds(rounds * period + offset)), interval);
  // This round's exact time may lie before `after` and its place on the grid behind it.
  if (next <= after) next = OnGrid(Instant(nanoseconds((rounds + 1) * period + offset)), interval);
  return next;
}

Instant Cadence::Soon(Instant now, milliseconds interval, model::Random& random) {
  const milliseconds within = std::min(interval / 2, kSoonMax);
  const auto draw = milliseconds(random.Below(static_cast<std::uint32_t>(within.count()) + 1));
  // Rounded up, it still must not lie beyond the latest moment.
  const Instant at = OnGrid(now + draw, interval);
  return at <= now + within ? at : now + within;
}

void DueQueue::Set(Scheduled& what, Instant due) {
  what.due = due;
  const Entry entry{due, &what};
  if (what.queued_at == Scheduled::kNowhere) {
    heap_.push_back(entry);
    Rise(heap_.size() - 1, entry);
  } else if (due < heap_[what.queued_at].due) {
    Rise(what.queued_at, entry);
  } else {
    Sink(what.queued_at, entry);
  }
}

void DueQueue::Remove(Scheduled& what) {
  if (what.queued_at == Scheduled::kNowhere) return;
  const std::size_t hole = what.queued_at;
  what.queued_at = Scheduled::kNowhere;
  what.due = kNever;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (hole == heap_.size()) return;
  if (hole > 0 && last.due < heap_[(hole - 1) / kChildren].due) {
    Rise(hole, last);
  } else {
    Sink(hole, last);
  }
}

void DueQueue::Place(std::size_t at, const Entry& entry) {
  heap_[at] = entry;
  entry.what->queued_at = static_cast<std::uint32_t>(at);
}

void DueQueue::Rise(std::size_t at, Entry entry) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / kChildren;
    if (heap_[parent].due <= entry.due) break;
    Place(at, heap_[parent]);
    at = parent;
  }
  Place(at, entry);
}

void DueQueue::Sink(std::size_t at, Entry entry) {
  for (;;) {
    const std::size_t first = at * kChildren + 1;
    if (first >= heap_.size()) break;
    const std::size_t end = std::min(first + kChildren, heap_.size());
    std::size_t least = first;
    for (std::size_t child = first + 1; child < end; ++child) {
      if (heap_[child].due < heap_[least].due) least = child;
    }
    if (entry.due <= heap_[least].due) break;
    Place(at, heap_[least]);
    at = least;
  }
  Place(at, entry);
}

}  // namespace waypost::health
