#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "waypost/model/clock.h"
#include "waypost/model/result.h"
#include "waypost/store/store.h"
#include "waypost/telemetry/log.h"

namespace waypost::store {

/// Number in DATA_DIR/FORMAT. Raised when older programs could not read what newer ones write, or would lose
/// some of it. 2: history of health. 3: views. Data of an older format is taken over as it is, and its FORMAT raised.
inline constexpr unsigned kFormat = 3;

struct RocksOptions {
  std::string directory;                     ///< made when missing, mode 0700
  std::size_t write_buffer_bytes = 4 << 20;  ///< of each family; small ones stay in the CPU's caches
  std::int64_t operations_kept_ms = 24LL * 3600 * 1000;
  std::int64_t history_kept_ms = 30LL * 24 * 3600 * 1000;
};

/// Opens the registry's directory. Err: kInUse (another process has it), kTooNew (a later FORMAT; nothing is touched),
/// kCorrupt (files missing or damaged), kPermission, kIo; each message says what to do.
/// `clock` decides when finished operations are old enough to be dropped in compactions; it must outlive the store.
model::Result<std::unique_ptr<Store>> OpenRocksStore(const RocksOptions& options, const model::Clock& clock,
                                                     telemetry::Log log);

}  // namespace waypost::store
