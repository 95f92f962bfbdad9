#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "transfer/records.h"
#include "transfer/soa.h"

namespace waypost::transfer {

using Instant = std::chrono::steady_clock::time_point;

/// How a zone came from version to version, as far back as it is remembered. Each step begins where the one before
/// ended.
class Journal {
 public:
  /// Octets that a step takes beside its records.
  static constexpr std::size_t kStepOctets = 320;

  /// From the version of `before` to that of serial `after`. Returns the step's number.
  std::uint64_t Append(Soa before, std::uint32_t after, std::shared_ptr<const Change> change);
  /// Forgets all.
  void Clear();
  /// Forgets steps up to this number.
  void DropThrough(std::uint64_t number);
  std::size_t steps() const { return steps_.size(); }

  struct Net {
    Soa from = {};
    std::shared_ptr<const Change> change = {};
  };
  /// The one change that leads from the version of this serial to the last one: what came and went again is not in it.
  /// None: that version is not remembered. O(records of the steps).
  std::optional<Net> Since(std::uint32_t serial) const;

 private:
  struct Step {
    Soa before;
    std::uint32_t after;
    std::shared_ptr<const Change> change;
  };
  std::deque<Step> steps_;
  std::uint64_t first_number_ = 1;
};

/// Keeps all journals together within bounds: the oldest steps go first, whosever they are.
class JournalBounds {
 public:
  JournalBounds(std::size_t octets_max, std::chrono::milliseconds age_max)
      : octets_max_(octets_max), age_max_(age_max) {}

  /// Counts a step of this journal.
  void Note(const std::shared_ptr<Journal>& journal, std::uint64_t number, std::size_t octets, Instant now);
  void Trim(Instant now);
  /// Of the steps that are remembered, or were until their journal forgot them by itself.
  std::size_t octets() const { return octets_; }
  std::size_t steps() const { return entries_.size(); }

 private:
  struct Entry {
    std::weak_ptr<Journal> journal;
    std::uint64_t number;
    std::size_t octets;
    Instant at;
  };
  std::size_t octets_max_;
  std::chrono::milliseconds age_max_;
  std::deque<Entry> entries_;
  std::size_t octets_ = 0;
};

}  // namespace waypost::transfer
