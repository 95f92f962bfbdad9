#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "health/feed.h"

namespace waypost::health {

/// Notes on their way from the writer's thread to the engine's. Bounded by what was committed: each is a few words.
class Notes {
 public:
  /// `wake` is called, without the lock, when something came and nothing was waiting.
  explicit Notes(std::function<void()> wake) : wake_(std::move(wake)) {}

  template <class Fill>
  void Push(Fill fill) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      const bool idle = waiting_.empty();
      fill(waiting_);
      wake = idle && !waiting_.empty();
    }
    if (wake) wake_();
  }
  /// All that wait, in order; `taken` keeps its capacity for the next.
  void Take(std::vector<Note>& taken) {
    taken.clear();
    const std::lock_guard lock(mutex_);
    taken.swap(waiting_);
  }
  /// Nothing is taken from here on.
  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.clear();
  }

 private:
  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<Note> waiting_;
  bool closed_ = false;
};

}  // namespace waypost::health
