#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "health/schedule.h"
#include "waypost/model/health.h"
#include "waypost/telemetry/log.h"

namespace waypost::health {

/// A line for each transition, at most so many a second; the others are counted in one line.
class TransitionLog {
 public:
  static constexpr std::uint32_t kLinesMax = 20;
  static constexpr std::chrono::seconds kWindow{1};

  /// `name_of`: a service as people know it, `backend.kouzie.com`; called for lines that are written only.
  TransitionLog(telemetry::Log log, std::function<std::string(const model::ServiceId&)> name_of)
      : log_(std::move(log)), name_of_(std::move(name_of)) {}

  void Note(const model::Transition& transition, Instant now);
  /// Writes what was counted when its second is over.
  void Turn(Instant now);
  /// When Turn is due.
  Instant next() const { return more_ == 0 ? kNever : window_ends_; }

 private:
  telemetry::Log log_;
  std::function<std::string(const model::ServiceId&)> name_of_;
  Instant window_ends_ = Instant::min();
  std::uint32_t lines_ = 0;
  std::uint64_t more_ = 0;
};

}  // namespace waypost::health
