#pragma once

#include <chrono>
#include <cstdint>

#include "health/schedule.h"
#include "waypost/model/health.h"
#include "waypost/telemetry/log.h"

namespace waypost::health {

/// A line for each transition, at most so many a second; the others are counted in one line.
class TransitionLog {
 public:
  static constexpr std::uint32_t kLinesMax = 20;
  static constexpr std::chrono::seconds kWindow{1};

  explicit TransitionLog(telemetry::Log log) : log_(std::move(log)) {}

  void Note(const model::Transition& transition, Instant now);
  /// Writes what was counted when its second is over.
  void Turn(Instant now);
  /// When Turn is due.
  Instant next() const { return more_ == 0 ? kNever : window_ends_; }

 private:
  telemetry::Log log_;
  Instant window_ends_ = Instant::min();
  std::uint32_t lines_ = 0;
  std::uint64_t more_ = 0;
};

}  // namespace waypost::health
