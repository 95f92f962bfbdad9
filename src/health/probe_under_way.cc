#include "health/probe_under_way.h"

#include <boost/asio/post.hpp>

#include "waypost/model/duration.h"

namespace waypost::health {

void Probe::Succeed() {
  if (!under_way()) return;
  ProbesUnderWay& all = *under_way_;
  all.Tell(Leave(), {});
}

void Probe::Fail(const std::string& why) {
  if (!under_way()) return;
  ProbesUnderWay& all = *under_way_;
  std::string cause = Step() + ": " + why;
  all.Tell(Leave(), std::move(cause));
}

ProbeTask Probe::Leave() { return under_way_->Remove(*this); }

void ProbesUnderWay::Add(const std::shared_ptr<Probe>& probe) {
  probe->under_way_ = this;
  probe->position_ = waiting_.emplace(probe->task_.started + probe->task_.plan().timeout, probe);
  Arm();
}

ProbeTask ProbesUnderWay::Remove(Probe& probe) {
  const std::shared_ptr<Probe> kept = std::move(probe.position_->second);
  waiting_.erase(probe.position_);
  probe.under_way_ = nullptr;
  probe.Close();
  return std::move(probe.task_);
}

void ProbesUnderWay::Tell(ProbeTask task, std::string cause) {
  ProbeResult result;
  result.good = cause.empty();
  result.cause = std::move(cause);
  result.latency = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - task.started);
  told_.push_back({std::move(task.done), std::move(result)});
  if (std::exchange(delivery_due_, true)) return;
  asio::post(context_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Deliver();
  });
}

void ProbesUnderWay::Deliver() {
  delivery_due_ = false;
  const std::uint64_t cancellations = cancellations_;
  std::vector<Told> batch;
  batch.swap(told_);
  for (Told& told : batch) {
    told.done(std::move(told.result));
    if (cancellations != cancellations_) return;
  }
  batch.clear();
  if (told_.empty()) told_.swap(batch);  // its memory serves again
}

/// The timer is never moved to a later time: most checks end long before their deadline, and a timer that goes off for
/// nothing now and then costs less than two system calls a check.
void ProbesUnderWay::Arm() {
  if (waiting_.empty() || waiting_.begin()->first >= armed_) return;
  armed_ = waiting_.begin()->first;
  timer_.expires_at(armed_);
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (!error.failed() && self != nullptr) self->Expire();
  });
}

void ProbesUnderWay::Expire() {
  armed_ = Clock::time_point::max();
  const Clock::time_point now = Clock::now();
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    Probe& probe = *waiting_.begin()->second;
    probe.Fail("no answer within " + model::FormatDuration(probe.task_.plan().timeout));
  }
  Arm();
}

void ProbesUnderWay::CancelAll() {
  ++cancellations_;
  told_.clear();
  while (!waiting_.empty()) Remove(*waiting_.begin()->second);
  armed_ = Clock::time_point::max();
  timer_.cancel();
}

}  // namespace waypost::health
