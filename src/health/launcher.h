#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "health/tallies.h"
#include "health/target.h"
#include "waypost/health/probe.h"

namespace waypost::health {

/// Starts checks, at most so many at once; what is due beyond that waits its turn, in order.
class Launcher {
 public:
  /// Null: of a target that was forgotten; its place is free now.
  using OnResult = std::function<void(Target*, const ProbeResult&)>;

  /// `in_flight_max` ≥ 1.
  Launcher(Prober& prober, std::uint32_t in_flight_max, Tallies& tallies, OnResult on_result);

  /// Starts a check of what has none under way, or lets it wait. It was due at `due`.
  void Ask(Target& target, Instant due, Instant now);
  /// Starts what waits, as far as there are places.
  void StartWaiting(Instant now);
  bool can_start_waiting() const { return !queue_.empty() && in_flight_ < in_flight_max_; }
  /// The target ends; what is under way for it keeps its place until it is over.
  void Forget(Target& target);
  /// Counts how late a check is; those that are started count themselves.
  void NoteLate(Instant due, Instant now);
  /// Drops everything.
  void Cancel();

 private:
  struct Waiting {
    Target* target;  // null: forgotten
    Instant due;
  };
  void Start(Target& target, Instant due, Instant now);
  void Over(std::uint32_t flight, const ProbeResult& result);

  Prober& prober_;
  std::uint32_t in_flight_max_;
  Tallies& tallies_;
  OnResult on_result_;
  std::vector<Target*> flights_;     // whose check; null: forgotten, or the place is free
  std::vector<std::uint32_t> free_;  // places in flights_
  std::uint32_t in_flight_ = 0;
  std::deque<Waiting> queue_;
};

}  // namespace waypost::health
