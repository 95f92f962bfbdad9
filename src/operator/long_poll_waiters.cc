#include "operator/long_poll_waiters.h"

#include <utility>

namespace waypost::oper {

LongPollWaiters::LongPollWaiters(boost::asio::io_context& context, Answer answer)
    : answer_(std::move(answer)), timer_(context) {}

void LongPollWaiters::Add(LongPollWaiter waiter) {
  if (stopped_) {
    answer_(waiter, Turn::kLast);
    return;
  }
  const Clock::time_point end = Clock::now() + waiter.asked.wait;
  OfService& places = services_[waiter.service_id];
  places.push_back({std::move(waiter), ends_.end()});
  places.back().end = ends_.emplace(end, std::pair(&places, std::prev(places.end())));
  if (places.back().end == ends_.begin()) Arm();
}

void LongPollWaiters::Touch(OfService& places) {
  for (auto place = places.begin(); place != places.end();) {
    if (answer_(place->waiter, Turn::kTouched)) {
      ends_.erase(place->end);
      place = places.erase(place);
    } else {
      ++place;
    }
  }
}

void LongPollWaiters::Touch(const model::ServiceId& service) {
  const auto at = services_.find(service);
  if (at == services_.end()) return;
  Touch(at->second);
  if (at->second.empty()) services_.erase(at);
}

void LongPollWaiters::TouchAll() {
  for (auto at = services_.begin(); at != services_.end();) {
    Touch(at->second);
    at = at->second.empty() ? services_.erase(at) : std::next(at);
  }
}

void LongPollWaiters::Expire() {
  const Clock::time_point now = Clock::now();
  while (!ends_.empty() && (stopped_ || ends_.begin()->first <= now)) {
    const auto [places, place] = ends_.begin()->second;
    answer_(place->waiter, Turn::kLast);
    const model::ServiceId service = place->waiter.service_id;
    ends_.erase(ends_.begin());
    places->erase(place);
    if (places->empty()) services_.erase(service);
  }
}

void LongPollWaiters::Arm() {
  timer_.expires_at(ends_.begin()->first);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error.failed()) return;  // armed anew for an earlier end, or stopped
    Expire();
    if (!ends_.empty()) Arm();
  });
}

void LongPollWaiters::Stop() {
  stopped_ = true;
  Expire();
  timer_.cancel();
}

}  // namespace waypost::oper
