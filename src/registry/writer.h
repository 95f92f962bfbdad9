#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "registry/decide.h"
#include "waypost/registry/registry.h"
#include "waypost/store/store.h"
#include "waypost/telemetry/log.h"

namespace waypost::registry {

/// Keys that the batch under way has written, so that a command that depends on one of them waits for the next batch:
/// it must be decided against their new state, which the views do not show yet.
class TouchedKeys {
 public:
  void Clear();
  /// Whether a unit reads or writes what was written before it in this batch.
  bool Conflicts(const store::Unit& unit) const;
  void Add(const store::Unit& unit);

 private:
  std::unordered_set<std::uint64_t> keys_;
  std::unordered_set<std::uint64_t> owners_;  // of written keys: "<owner>/"
};

/// The one writer: group commit. See registry.h.
class Writer {
 public:
  Writer(const Options& options, store::Store& store, view::View& view, const std::vector<Listener*>& listeners,
         telemetry::Log log);
  ~Writer() { Stop(); }

  /// Takes commands from now on and carries them out on a thread of its own.
  void Start();
  /// Takes commands from now on; the caller carries them out by Step, on one thread. For simulations.
  void StartWithoutThread();
  void Submit(Command command, Completion done);
  /// Carries out what waits as one batch. What conflicts within it waits for the next.
  void Step();
  void Stop();
  CommitCounters counters() const;

 private:
  struct Waiting {
    Command command;
    Completion done;
  };
  struct Decided {
    Completion done;
    Receipt receipt;
  };

  void Run();
  /// Sleeps until something waits. False: stopped and nothing left.
  bool WaitForWork();
  /// Moves what waits into `batch_`, behind what the last batch deferred.
  void TakeBatch();
  void TellReport(const Command& command) const;
  void DecideBatch();
  void CommitBatch();

  Options options_;
  store::Store& store_;
  const std::vector<Listener*>& listeners_;
  telemetry::Log log_;
  view::Reader reader_;  // of the writer's thread
  Decider decider_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Waiting> queue_;
  std::atomic<bool> waiting_{false};  // something is in queue_; set and cleared under the mutex, watched without
  bool idle_ = false;                 // the writer waits on wake_
  bool started_ = false;
  bool stopping_ = false;

  // Of the writer's thread.
  std::vector<Waiting> batch_;
  std::vector<Waiting> deferred_;
  std::vector<Decided> decided_;
  std::vector<store::Unit> units_;
  TouchedKeys touched_;

  std::atomic<std::uint64_t> batches_{0};
  std::atomic<std::uint64_t> commands_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> failed_batches_{0};
};

}  // namespace waypost::registry
