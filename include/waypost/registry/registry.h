#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/model/clock.h"
#include "waypost/model/operation.h"
#include "waypost/model/result.h"
#include "waypost/registry/command.h"
#include "waypost/registry/listener.h"
#include "waypost/telemetry/log.h"
#include "waypost/view/view.h"

namespace waypost::store {
class Store;
}

namespace waypost::registry {

/// Called once, on the writer's thread, when the command is durable and visible, or when it failed. Must be short and
/// must not wait for the registry. A registry that stops calls what is left with kNotReady.
using Completion = std::function<void(model::Result<Receipt>)>;

struct Options {
  std::size_t queue_max = 65'536;  ///< commands waiting for the writer; beyond: kThrottled
  std::size_t batch_max = 1'024;   ///< commands in one WriteBatch
  unsigned load_threads = 2;
  std::uint32_t history_per_instance = 100;  ///< transitions of health kept of each instance
  bool strict_aws = false;                   ///< refuse HealthCheckConfig in private namespaces, as AWS does
};

/// How full the writer's batches are, for metrics. Counters only rise.
struct CommitCounters {
  std::uint64_t batches = 0;
  std::uint64_t commands = 0;
  std::uint64_t refused = 0;  ///< commands answered with an error
  std::uint64_t failed_batches = 0;
};

struct OperationQuery {
  std::string after;  ///< operation id, empty: from the start
  std::size_t limit = 100;
  std::function<bool(const model::Operation&)> want;
};
struct OperationPage {
  std::vector<model::Operation> operations;
  std::optional<std::string> next;  ///< give as `after`; absent at the end
};

/// The durable registry: takes commands from any thread, decides them one after another against the current views on
/// one writer thread, commits all that wait as one synced batch, makes them visible, then answers. So an acknowledged
/// command is durable and visible on every door.
class Registry {
 public:
  Registry(Options options, store::Store& store, view::View& view, const model::Clock& clock, telemetry::Log log);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Who learns of every change, in the order of these calls. Before Load; listeners outlive the registry.
  void Listen(Listener& listener);

  /// Reads everything from the store into the view and starts the writer. Once, before anything else.
  /// Err: kCorrupt (names the key), kTooNew, kIo.
  model::Status Load();

  /// Thread-safe. Never blocks on the disk: when the queue is full the completion is called at once with kThrottled.
  void Submit(Command command, Completion done);

  /// A finished operation of the last 24 h. Thread-safe; may read from disk. Err: kOperationNotFound, kIo.
  model::Result<model::Operation> GetOperation(std::string_view id) const;
  /// In order of ids. A page may be short, even empty, when many operations had to be looked at; `next` goes on.
  model::Result<OperationPage> ListOperations(const OperationQuery& query) const;

  // Of health. Thread-safe; they may read from disk. Err: kCorrupt, kIo.

  /// What was stored of an instance's health; none: nothing was ever measured or reported.
  model::Result<std::optional<model::HealthRecord>> GetHealth(const model::ServiceId& service,
                                                              std::string_view instance) const;
  /// Transitions of one instance, or (empty) of all the service ever had, oldest first, the last `limit` of them.
  model::Result<std::vector<model::Transition>> GetHistory(const model::ServiceId& service, std::string_view instance,
                                                           std::size_t limit) const;
  /// All that are set, expired ones whose end is not yet carried out included.
  model::Result<std::vector<model::Pin>> GetPins() const;
  model::Result<std::vector<model::Shift>> GetShifts() const;
  model::Result<std::vector<HoldPut>> GetHolds() const;

  CommitCounters counters() const;

  /// Finishes what waits and stops the writer; idempotent.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::registry
