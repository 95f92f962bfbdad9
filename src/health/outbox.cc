#include "health/outbox.h"

namespace waypost::health {
namespace {

/// Errors that pass by themselves.
bool MayPass(model::Code code) {
  return code == model::Code::kUnavailable || code == model::Code::kThrottled || code == model::Code::kNotReady;
}

}  // namespace

void Outbox::Add(Row row) {
  Wait(++last_number_, std::move(row));
  KeepBound();
}

void Outbox::Wait(std::uint64_t number, Row row) {
  OfInstance& own = instances_[KeyOf(row)];
  own.waiting.insert(number);
  waiting_.emplace(number, std::move(row));
  const auto newest = std::prev(own.waiting.end());
  // Either this one overtakes what was the newest, or it came back behind newer ones.
  if (*newest != number) {
    overtaken_.insert(number);
  } else if (newest != own.waiting.begin()) {
    overtaken_.insert(*std::prev(newest));
  }
}

Outbox::Rows::iterator Outbox::Leave(Rows::iterator row) {
  overtaken_.erase(row->first);
  const auto own = instances_.find(KeyOf(row->second));
  own->second.waiting.erase(row->first);
  if (own->second.waiting.empty() && !own->second.under_way) instances_.erase(own);
  return waiting_.erase(row);
}

void Outbox::Drop(std::uint64_t number) {
  Leave(waiting_.find(number));
  ++dropped_;
}

void Outbox::KeepBound() {
  while (waiting_.size() > kRowsMax && !overtaken_.empty()) Drop(*overtaken_.begin());
}

void Outbox::Forget(const model::ServiceId& service, const std::string& instance) {
  const auto own = instances_.find({service, instance});
  if (own == instances_.end()) return;
  const std::set<std::uint64_t> numbers = own->second.waiting;
  for (const std::uint64_t number : numbers) {
    // Drop erases from overtaken_ what is in it; the newest one is not.
    Drop(number);
  }
}

Outbox::Rows Outbox::Take() {
  Rows batch;
  while (!waiting_.empty() && batch.size() < kBatchMax) {
    const auto row = waiting_.begin();
    OfInstance& own = instances_.find(KeyOf(row->second))->second;
    if (own.under_way) break;
    own.under_way = true;
    batch.emplace_hint(batch.end(), row->first, std::move(row->second));
    own.waiting.erase(row->first);
    overtaken_.erase(row->first);
    waiting_.erase(row);
  }
  return batch;
}

void Outbox::Turn(Instant now) {
  while (now >= not_before_ && under_way_.size() < kUnderWayMax) {
    Rows batch = Take();
    if (batch.empty()) return;
    registry::RecordChecks command;
    command.checks.reserve(batch.size());
    for (const auto& [number, row] : batch) command.checks.push_back(row);
    const std::uint32_t number = ++last_batch_;
    rows_under_way_ += batch.size();
    under_way_.emplace(number, std::move(batch));
    writer_.Write(number, std::move(command));
  }
}

void Outbox::Written(std::uint32_t batch, const model::Status& outcome, Instant now) {
  const auto at = under_way_.find(batch);
  if (at == under_way_.end()) return;
  Rows rows = std::move(at->second);
  under_way_.erase(at);
  rows_under_way_ -= rows.size();
  const bool again = !outcome.ok() && MayPass(outcome.error().code);
  if (again) not_before_ = now + kPause;
  if (!again && !outcome.ok()) dropped_ += rows.size();
  for (auto& [number, row] : rows) {
    const auto own = instances_.find(KeyOf(row));
    own->second.under_way = false;
    if (again) {
      Wait(number, std::move(row));
    } else if (own->second.waiting.empty()) {
      instances_.erase(own);
    }
  }
  if (again) KeepBound();
}

Instant Outbox::next() const {
  // When all commands are under way, or the first row waits for one that is, their end brings the next Turn.
  if (waiting_.empty() || !under_way_.empty()) return kNever;
  return not_before_;
}

}  // namespace waypost::health
