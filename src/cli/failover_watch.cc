#include "cli/failover_watch.h"

#include <algorithm>
#include <utility>

namespace waypost::cli {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

FailoverWatch::FailoverWatch(FailoverTarget target, std::optional<DnsDoor> dns, ApiDoor api, ApiDoor health,
                             unsigned rate)
    : target_(std::move(target)),
      dns_(std::move(dns)),
      api_(std::move(api)),
      health_(std::move(health)),
      rate_(rate),
      discover_(DiscoverBody(target_)),
      get_health_(HealthBody(target_)) {}

FailoverWatch::~FailoverWatch() { Stop(); }

void FailoverWatch::Start() {
  if (dns_) threads_.emplace_back([this] { Repeat(rate_, [this] { AskDns(); }); });
  threads_.emplace_back([this] { Repeat(rate_, [this] { AskApi(); }); });
  threads_.emplace_back([this] { Repeat(std::max(rate_, kHealthRateMin), [this] { AskHealth(); }); });
}

void FailoverWatch::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopping_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

milliseconds FailoverWatch::Now() const { return duration_cast<milliseconds>(SteadyClock::now() - start_); }

milliseconds FailoverWatch::At(std::chrono::system_clock::time_point wall) const {
  return duration_cast<milliseconds>(wall - wall_start_);
}

Standing FailoverWatch::Wait(milliseconds at_most) {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, at_most, [this] { return fresh_; });
  fresh_ = false;
  return standing_;
}

void FailoverWatch::Repeat(unsigned rate, const std::function<void()>& ask) {
  const auto period = std::chrono::nanoseconds(std::chrono::seconds(1)) / rate;
  auto next = SteadyClock::now();
  while (true) {
    ask();
    // What was missed while an answer took its time is not made up for: no burst.
    next = std::max(next + period, SteadyClock::now());
    std::unique_lock lock(mutex_);
    if (stopping_.wait_until(lock, next, [this] { return stop_; })) return;
  }
}

void FailoverWatch::AskDns() {
  const milliseconds asked = Now();
  const model::Result<DnsAnswer> answer = dns_->Ask(target_.owner, target_.type, kPatience);
  Keep(Door::kDns, asked, answer.ok() ? ReadDns(*answer, target_) : Reading{Said::kFailed});
}

void FailoverWatch::AskApi() {
  const milliseconds asked = Now();
  const model::Result<std::string> body = api_.Call("DiscoverInstances", discover_, kPatience);
  Keep(Door::kApi, asked, body.ok() ? ReadDiscovered(*body, target_) : Reading{Said::kFailed});
}

void FailoverWatch::Keep(Door door, milliseconds asked, const Reading& reading) {
  const milliseconds at = Now();
  {
    const std::lock_guard lock(mutex_);
    answers_.push_back({door, asked, at, reading.said, reading.ttl_s});
    DoorStanding& standing = standing_.doors[Index(door)];
    if (reading.said == Said::kNamed) {
      standing = {at, 0};
    } else if (reading.said != Said::kFailed) {
      ++standing.without;
    }
    fresh_ = true;
  }
  news_.notify_all();
}

void FailoverWatch::AskHealth() {
  const milliseconds asked = Now();
  const model::Result<std::string> body = health_.Call("GetInstancesHealthStatus", get_health_, kPatience);
  const std::string state = body.ok() ? ReadHealth(*body, target_) : "";
  if (state.empty()) return;
  const milliseconds by = Now();
  {
    const std::lock_guard lock(mutex_);
    if (standing_.health.empty() || standing_.health.back().state != state) {
      standing_.health.push_back({state, health_asked_, by});
      fresh_ = true;
    }
    health_asked_ = asked;
  }
  news_.notify_all();
}

}  // namespace waypost::cli
