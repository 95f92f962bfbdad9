#include "health/launcher.h"

#include <algorithm>
#include <cassert>

namespace waypost::health {

Launcher::Launcher(Prober& prober, std::uint32_t in_flight_max, Tallies& tallies, OnResult on_result)
    : prober_(prober), in_flight_max_(in_flight_max), tallies_(tallies), on_result_(std::move(on_result)) {}

void Launcher::Ask(Target& target, Instant due, Instant now) {
  assert(!target.in_flight());
  if (target.waiting) return;
  if (queue_.empty() && in_flight_ < in_flight_max_) {
    Start(target, due, now);
    return;
  }
  target.waiting = true;
  queue_.push_back({&target, due});
}

void Launcher::StartWaiting(Instant now) {
  while (can_start_waiting()) {
    const Waiting next = queue_.front();
    queue_.pop_front();
    if (next.target == nullptr) continue;
    next.target->waiting = false;
    Start(*next.target, next.due, now);
  }
}

void Launcher::Start(Target& target, Instant due, Instant now) {
  if (free_.empty()) {
    target.flight = static_cast<std::uint32_t>(flights_.size());
    flights_.push_back(&target);
  } else {
    target.flight = free_.back();
    free_.pop_back();
    flights_[target.flight] = &target;
  }
  tallies_.in_flight.Set(++in_flight_);
  NoteLate(due, now);
  // Two words that can be copied as they are: std::function needs no allocation for them.
  prober_.Start(target.request, [this, flight = target.flight](const ProbeResult& result) { Over(flight, result); });
}

void Launcher::NoteLate(Instant due, Instant now) {
  const auto late = std::chrono::duration_cast<std::chrono::microseconds>(now - due).count();
  const auto late_us = static_cast<std::uint64_t>(std::max<std::int64_t>(late, 0));
  tallies_.late_us_sum.Add(late_us);
  if (late_us > tallies_.late_us_max.get()) tallies_.late_us_max.Set(late_us);
}

void Launcher::Over(std::uint32_t flight, const ProbeResult& result) {
  Target* const target = flights_[flight];
  flights_[flight] = nullptr;
  free_.push_back(flight);
  tallies_.in_flight.Set(--in_flight_);
  if (target != nullptr) target->flight = Target::kNoFlight;
  on_result_(target, result);
}

void Launcher::Forget(Target& target) {
  if (target.in_flight()) flights_[target.flight] = nullptr;
  target.flight = Target::kNoFlight;
  if (!target.waiting) return;
  target.waiting = false;
  for (Waiting& waiting : queue_) {
    if (waiting.target == &target) waiting.target = nullptr;
  }
}

void Launcher::Cancel() {
  prober_.CancelAll();
  for (Target* target : flights_) {
    if (target != nullptr) target->flight = Target::kNoFlight;
  }
  flights_.clear();
  free_.clear();
  queue_.clear();
  in_flight_ = 0;
  tallies_.in_flight.Set(0);
}

}  // namespace waypost::health
