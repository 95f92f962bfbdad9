#include "registry/writer.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "waypost/model/hash.h"

namespace waypost::registry {
namespace {

using model::Code;
using model::MakeError;

constexpr std::chrono::microseconds kLinger{60};

std::uint64_t HashKey(const store::Key& key) {
  return model::Hash64(key.id, static_cast<std::uint64_t>(key.table) + 1);
}

std::uint64_t HashOwner(const store::Key& key) {
  const std::size_t slash = key.id.find('/');
  if (slash == std::string::npos) return 0;
  return model::Hash64(std::string_view(key.id).substr(0, slash + 1), static_cast<std::uint64_t>(key.table) + 1);
}

}  // namespace

void TouchedKeys::Clear() {
  keys_.clear();
  owners_.clear();
}

bool TouchedKeys::Conflicts(const store::Unit& unit) const {
  for (const store::Expect& expect : unit.expects) {
    if (expect.kind == store::Expect::Kind::kEmptyPrefix ? owners_.contains(HashKey(expect.key))
                                                         : keys_.contains(HashKey(expect.key))) {
      return true;
    }
  }
  for (const store::Write& write : unit.writes) {
    // Touches say nothing but the revision, which is the batch's for all.
    if (write.kind != store::Write::Kind::kTouch && keys_.contains(HashKey(write.key))) return true;
  }
  return false;
}

void TouchedKeys::Add(const store::Unit& unit) {
  for (const store::Write& write : unit.writes) {
    if (write.kind == store::Write::Kind::kTouch) continue;
    keys_.insert(HashKey(write.key));
    if (const std::uint64_t owner = HashOwner(write.key); owner != 0) owners_.insert(owner);
  }
}

Writer::Writer(const Options& options, store::Store& store, view::View& view, const std::vector<Listener*>& listeners,
               telemetry::Log log)
    : options_(options),
      store_(store),
      listeners_(listeners),
      log_(std::move(log)),
      reader_(view.domain()),
      decider_(view, store, options) {}

void Writer::StartWithoutThread() {
  const std::lock_guard lock(mutex_);
  started_ = true;
}

void Writer::Start() {
  StartWithoutThread();
  thread_ = std::thread([this] { Run(); });
}

void Writer::Submit(Command command, Completion done) {
  std::unique_lock lock(mutex_);
  if (!started_ || stopping_) {
    lock.unlock();
    done(MakeError(Code::kNotReady, "the registry takes no writes now; try again"));
    return;
  }
  if (queue_.size() >= options_.queue_max) {
    lock.unlock();
    refused_.fetch_add(1, std::memory_order_relaxed);
    done(MakeError(Code::kThrottled, "too many writes wait for the disk; try again"));
    return;
  }
  queue_.push_back({std::move(command), std::move(done)});
  waiting_.store(true, std::memory_order_release);
  const bool wake = idle_;
  idle_ = false;
  lock.unlock();
  if (wake) wake_.notify_one();
}

void Writer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    idle_ = false;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

CommitCounters Writer::counters() const {
  return {batches_.load(std::memory_order_relaxed), commands_.load(std::memory_order_relaxed),
          refused_.load(std::memory_order_relaxed), failed_batches_.load(std::memory_order_relaxed)};
}

bool Writer::WaitForWork() {
  if (!deferred_.empty()) return true;
  // Who was just answered often asks again at once: looking for a moment is cheaper than to sleep and be woken.
  const auto until = std::chrono::steady_clock::now() + kLinger;
  while (!waiting_.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  std::unique_lock lock(mutex_);
  while (queue_.empty()) {
    if (stopping_) return false;
    idle_ = true;
    wake_.wait(lock, [this] { return !idle_; });
  }
  return true;
}

void Writer::TakeBatch() {
  batch_.clear();
  std::swap(batch_, deferred_);
  const std::lock_guard lock(mutex_);
  if (batch_.empty() && queue_.size() <= options_.batch_max) {
    std::swap(batch_, queue_);
    waiting_.store(false, std::memory_order_relaxed);
    return;
  }
  const std::size_t room = batch_.size() < options_.batch_max ? options_.batch_max - batch_.size() : 0;
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(room, queue_.size()));
  std::move(queue_.begin(), end, std::back_inserter(batch_));
  queue_.erase(queue_.begin(), end);
  waiting_.store(!queue_.empty(), std::memory_order_relaxed);
}

void Writer::TellReport(const Command& command) const {
  const auto* report = std::get_if<UpdateCustomHealth>(&command.change);
  if (report == nullptr) return;
  for (Listener* listener : listeners_) listener->Reported(report->service_id, report->instance_id, report->state);
}

void Writer::DecideBatch() {
  decided_.clear();
  units_.clear();
  touched_.Clear();
  for (Waiting& waiting : batch_) {
    model::Result<Decision> decision = [&] {
      const view::ReadSection section(reader_);
      return decider_.Decide(waiting.command);
    }();
    if (!decision.ok()) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      waiting.done(std::move(decision).error());
      continue;
    }
    TellReport(waiting.command);
    if (decision->unit.writes.empty()) {
      decision->receipt.revision = store_.revision();
      waiting.done(std::move(decision->receipt));
      continue;
    }
    if (touched_.Conflicts(decision->unit)) {
      deferred_.push_back(std::move(waiting));
      continue;
    }
    touched_.Add(decision->unit);
    units_.push_back(std::move(decision->unit));
    decided_.push_back({std::move(waiting.done), std::move(decision->receipt)});
  }
}

void Writer::CommitBatch() {
  if (units_.empty()) return;
  model::Result<model::Revision> committed = store_.Commit(units_);
  if (!committed.ok()) {
    failed_batches_.fetch_add(1, std::memory_order_relaxed);
    for (Decided& decided : decided_) decided.done(model::Error(committed.error()));
    return;
  }
  batches_.fetch_add(1, std::memory_order_relaxed);
  commands_.fetch_add(decided_.size(), std::memory_order_relaxed);
  for (Decided& decided : decided_) {
    decided.receipt.revision = *committed;
    decided.done(std::move(decided.receipt));
  }
}

void Writer::Step() {
  TakeBatch();
  DecideBatch();
  CommitBatch();
}

void Writer::Run() {
  while (WaitForWork()) Step();
}

}  // namespace waypost::registry
