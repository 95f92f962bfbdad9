#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "health/schedule.h"
#include "waypost/model/result.h"
#include "waypost/registry/command.h"

namespace waypost::health {

/// Where transitions become durable: the registry, or a simulated one.
class RowWriter {
 public:
  virtual ~RowWriter() = default;
  /// Begins to write. Outbox::Written follows once for each call, not from within.
  virtual void Write(std::uint32_t batch, registry::RecordChecks rows) = 0;
};

/// Transitions on their way to the store, in order for each instance. While nothing can be written they wait; when too
/// many wait, older ones that a newer one of the same instance has overtaken are given up. The last of each instance
/// never is, so as many as there are instances may wait.
class Outbox {
 public:
  using Row = registry::RecordChecks::Checked;

  static constexpr std::size_t kRowsMax = 100'000;
  static constexpr std::size_t kBatchMax = 256;     ///< rows of one command
  static constexpr std::size_t kUnderWayMax = 4;    ///< commands at once
  static constexpr std::chrono::seconds kPause{1};  ///< after a failure

  explicit Outbox(RowWriter& writer) : writer_(writer) {}

  void Add(Row row);
  /// Gives up what waits of an instance that somebody else has written since.
  void Forget(const model::ServiceId& service, const std::string& instance);
  /// Hands on what can be written now.
  void Turn(Instant now);
  void Written(std::uint32_t batch, const model::Status& outcome, Instant now);

  /// When Turn is due.
  Instant next() const;
  /// What waits or is under way.
  std::size_t unwritten() const { return waiting_.size() + rows_under_way_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  using Rows = std::map<std::uint64_t, Row>;  // in the order in which they were decided
  struct Key {
    model::ServiceId service;
    std::string instance;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return model::Hash64(key.instance, key.service.hash()); }
  };
  struct OfInstance {
    std::set<std::uint64_t> waiting;
    bool under_way = false;  // at most one is, so that none can overtake another
  };

  static Key KeyOf(const Row& row) { return {row.transition.service_id, row.transition.instance_id}; }
  void Wait(std::uint64_t number, Row row);
  Rows::iterator Leave(Rows::iterator row);
  void Drop(std::uint64_t number);
  void KeepBound();
  Rows Take();

  RowWriter& writer_;
  Rows waiting_;
  std::unordered_map<Key, OfInstance, KeyHash> instances_;
  std::set<std::uint64_t> overtaken_;  // rows that wait and have a newer one of their instance waiting
  std::unordered_map<std::uint32_t, Rows> under_way_;
  std::size_t rows_under_way_ = 0;
  std::uint64_t last_number_ = 0;
  std::uint32_t last_batch_ = 0;
  Instant not_before_ = Instant::min();
  std::uint64_t dropped_ = 0;
};

}  // namespace waypost::health
