#include "health/transition_log.h"

namespace waypost::health {

void TransitionLog::Note(const model::Transition& transition, Instant now) {
  Turn(now);
  if (now >= window_ends_) {
    window_ends_ = now + kWindow;
    lines_ = 0;
  }
  if (lines_ == kLinesMax) {
    ++more_;
    return;
  }
  ++lines_;
  log_->info("{} of {}: {} -> {}: {}", transition.instance_id, name_of_(transition.service_id),
             model::HealthStateName(transition.from), model::HealthStateName(transition.to), transition.cause);
}

void TransitionLog::Turn(Instant now) {
  if (more_ == 0 || now < window_ends_) return;
  log_->info("... and {} more transitions", more_);
  more_ = 0;
}

}  // namespace waypost::health
