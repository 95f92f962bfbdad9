#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "waypost/model/id.h"
#include "waypost/model/random.h"

namespace waypost::health {

using Instant = std::chrono::steady_clock::time_point;
/// Later than everything.
inline constexpr Instant kNever = Instant::max();

/// When checks are due. Each instance has its own place within its service's interval, always the same, so checks are
/// spread evenly whenever they begin, and no delay of one check moves the next.
///
/// All times lie on a grid, so that many checks share one wake-up: 5 ms, and 1 ms for intervals below a second.
class Cadence {
 public:
  /// The part of the interval, in 2^-32, at which this instance is due.
  static std::uint32_t PlaceOf(const model::ServiceId& service, std::string_view instance);
  /// The first time behind `after`.
  static Instant Next(Instant after, std::chrono::milliseconds interval, std::uint32_t place);
  /// A new instance's first check: soon, but not all new ones at once.
  static Instant Soon(Instant now, std::chrono::milliseconds interval, model::Random& random);
  /// The grid's first point that is not before `at`.
  static Instant OnGrid(Instant at, std::chrono::milliseconds interval);
};

/// A new instance is checked after half its interval at the latest, and no later than this.
inline constexpr std::chrono::milliseconds kSoonMax{500};

/// What can stand in a DueQueue.
struct Scheduled {
  static constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();
  Instant due = kNever;
  std::uint32_t queued_at = kNowhere;  ///< the queue's
};

/// What is due, the earliest first: a heap of four children a node. It owns nothing; what stands in it must not move
/// or end before it was taken out.
class DueQueue {
 public:
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  /// kNever when empty.
  Instant earliest() const { return heap_.empty() ? kNever : heap_.front().due; }
  /// Only when not empty.
  Scheduled& first() const { return *heap_.front().what; }

  /// Adds it, or moves it to another time.
  void Set(Scheduled& what, Instant due);
  /// No effect when it is not in.
  void Remove(Scheduled& what);

 private:
  struct Entry {
    Instant due;
    Scheduled* what;
  };
  void Place(std::size_t at, const Entry& entry);
  void Rise(std::size_t at, Entry entry);
  void Sink(std::size_t at, Entry entry);

  std::vector<Entry> heap_;
};

}  // namespace waypost::health
