#include "waypost/store/rocks_store.h"

#include <fcntl.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "store/stored_value.h"
#include "store/zeroed_log.h"
#include "waypost/store/record.h"

namespace waypost::store {
namespace {

namespace fs = std::filesystem;
using model::Code;
using model::MakeError;
using model::Result;
using model::Status;

constexpr std::size_t kHashedOctets = 96;  // more than any key of instances or operations has
constexpr std::size_t kMemtableBuckets = 16'384;
constexpr std::string_view kRevisionKey = "revision";
constexpr const char* kFamilyNames[] = {"default", "instance", "operation", "history"};
enum Family : std::size_t {
  kRegistryFamily = 0,
  kInstanceFamily = 1,
  kOperationFamily = 2,
  kHistoryFamily = 3,
  kFamilies = 4
};

Family FamilyOf(Table table) {
  switch (table) {
    case Table::kInstance:
    case Table::kHealth:
      return kInstanceFamily;
    case Table::kOperation:
      return kOperationFamily;
    case Table::kHistory:
      return kHistoryFamily;
    default:
      return kRegistryFamily;
  }
}

std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

/// Drops finished operations that are older than they are kept.
class ExpiredOperations final : public rocksdb::CompactionFilter {
 public:
  ExpiredOperations(const model::Clock& clock, std::int64_t kept_ms) : clock_(clock), kept_ms_(kept_ms) {}
  const char* Name() const override { return "waypost.ExpiredOperations"; }
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value, std::string*, bool*) const override {
    const auto stored = ParseStoredValue(View(key), View(value));
    if (!stored.ok()) return false;
    const auto operation = DecodeOperation("", stored->value);
    return operation.ok() && operation->created.ms + kept_ms_ < clock_.Now().ms;
  }

 private:
  const model::Clock& clock_;
  std::int64_t kept_ms_;
};

/// Drops transitions of health that are older than they are kept: those of instances long gone.
class ExpiredHistory final : public rocksdb::CompactionFilter {
 public:
  ExpiredHistory(const model::Clock& clock, std::int64_t kept_ms) : clock_(clock), kept_ms_(kept_ms) {}
  const char* Name() const override { return "waypost.ExpiredHistory"; }
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value, std::string*, bool*) const override {
    const auto stored = ParseStoredValue(View(key), View(value));
    if (!stored.ok()) return false;
    const auto transition = DecodeTransition(View(key).substr(1), stored->value);
    return transition.ok() && transition->at.ms + kept_ms_ < clock_.Now().ms;
  }

 private:
  const model::Clock& clock_;
  std::int64_t kept_ms_;
};

/// RocksDB's own words, as an error that says what to do.
model::Error Explain(const rocksdb::Status& status, const std::string& directory) {
  const std::string words = status.ToString();
  if (status.IsIOError() && words.find("lock") != std::string::npos) {
    return MakeError(Code::kInUse, "the data directory " + directory +
                                       " is in use by another waypost; stop that one or choose another --data-dir");
  }
  if (status.IsCorruption()) {
    return MakeError(Code::kCorrupt, "the registry in " + directory + " is damaged: " + words + "; restore a backup");
  }
  if (words.find("Permission denied") != std::string::npos) {
    return MakeError(Code::kPermission, "no permission for the data directory " + directory + ": " + words);
  }
  return MakeError(Code::kIo, "the registry in " + directory + " cannot be read: " + words);
}

Status MakeDirectory(const std::string& directory) {
  std::error_code problem;
  fs::create_directories(fs::path(directory).parent_path(), problem);
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    const int error = errno;
    return MakeError(
        error == EACCES || error == EPERM ? Code::kPermission : Code::kIo,
        "cannot make the data directory " + directory + ": " + std::strerror(error) + "; choose another --data-dir");
  }
  return model::Ok();
}

/// Writes a small file so that it is whole after a crash, or not there.
Status WriteDurably(const fs::path& path, std::string_view text) {
  const fs::path fresh = path.string() + ".new";
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool good =
      file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  if (file >= 0) good = close(file) == 0 && good;
  good = good && rename(fresh.c_str(), path.c_str()) == 0;
  const int folder = good ? open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (folder >= 0) {
    good = fsync(folder) == 0;
    close(folder);
  }
  if (good) return model::Ok();
  return MakeError(Code::kIo, "cannot write " + path.string() + ": " + std::strerror(errno));
}

struct Found {
  unsigned format = 0;    ///< the number in FORMAT, one that this program knows; 0: there is none
  bool database = false;  ///< RocksDB's files are there
};

/// What is in the directory. Err: kTooNew, kCorrupt.
Result<Found> Look(const std::string& directory) {
  const fs::path path = fs::path(directory) / "FORMAT";
  std::error_code problem;
  Found found;
  found.database = fs::exists(fs::path(directory) / "CURRENT", problem);
  if (!fs::exists(path, problem)) return found;
  std::ifstream in(path);
  std::string text;
  std::getline(in, text);
  unsigned format = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), format);
  if (error != std::errc() || end != text.data() + text.size() || format == 0) {
    return MakeError(Code::kCorrupt,
                     path.string() + " holds \"" + text + "\" where the data's format number should be");
  }
  if (format > kFormat) {
    return MakeError(Code::kTooNew, directory + " has data of format " + text + ", this program knows up to " +
                                        std::to_string(kFormat) + "; run the newer waypost");
  }
  if (!found.database) {
    // A new registry's FORMAT is written when the database is complete.
    return MakeError(Code::kCorrupt, "the registry's files are missing in " + directory +
                                         " though FORMAT is there; restore a backup, or remove FORMAT to begin anew");
  }
  found.format = format;
  return found;
}

rocksdb::DBOptions DatabaseOptions(bool exists, rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = !exists;
  options.create_missing_column_families = true;
  options.max_background_jobs = 2;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1 << 20;
  // Bounds what a restart has to replay.
  options.max_total_wal_size = 96 << 20;
  options.track_and_verify_wals_in_manifest = true;
  // One thread writes.
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  return options;
}

class RocksStore final : public Store {
 public:
  RocksStore(const RocksOptions& options, const model::Clock& clock, telemetry::Log log)
      : directory_(options.directory),
        expired_(clock, options.operations_kept_ms),
        expired_history_(clock, options.history_kept_ms),
        log_(std::move(log)) {}

  ~RocksStore() override {
    if (database_ == nullptr) return;
    for (rocksdb::ColumnFamilyHandle* family : families_) database_->DestroyColumnFamilyHandle(family);
    database_->Close().PermitUncheckedError();
  }

  Status Open(const RocksOptions& options, bool exists) {
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (std::size_t family = 0; family < kFamilies; ++family) {
      descriptors.emplace_back(kFamilyNames[family], FamilyOptions(options, static_cast<Family>(family)));
    }
    rocksdb::DB* database = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    const rocksdb::Status status =
        rocksdb::DB::Open(DatabaseOptions(exists, env_.get()), directory_, descriptors, &handles, &database);
    if (!status.ok()) return Explain(status, directory_);
    database_.reset(database);
    std::copy(handles.begin(), handles.end(), families_.begin());
    WP_TRY(stored, ReadStored({Table::kMeta, std::string(kRevisionKey)}));
    revision_.store(stored ? stored->first : 0);
    return model::Ok();
  }

  Status Scan(Table table, std::string_view from, std::string_view to, const Visitor& visit) const override {
    const std::string lower = StoredKey({table, std::string(from)});
    const std::string upper = to.empty() ? std::string(1, static_cast<char>(static_cast<std::uint8_t>(table) + 1))
                                         : StoredKey({table, std::string(to)});
    const rocksdb::Slice upper_slice(upper);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &upper_slice;
    options.fill_cache = false;
    options.total_order_seek = true;
    options.readahead_size = 2 << 20;
    const std::unique_ptr<rocksdb::Iterator> at(database_->NewIterator(options, families_[FamilyOf(table)]));
    for (at->Seek(lower); at->Valid(); at->Next()) {
      WP_TRY(stored, ParseStoredValue(View(at->key()), View(at->value())));
      WP_TRY(next, visit({View(at->key()).substr(1), stored.revision, stored.value}));
      if (next == Visit::kStop) break;
    }
    if (!at->status().ok()) return Explain(at->status(), directory_);
    return model::Ok();
  }

  Result<std::optional<std::string>> Read(const Key& key) const override {
    WP_TRY(stored, ReadStored(key));
    if (!stored) return std::optional<std::string>();
    return std::optional<std::string>(std::move(stored->second));
  }

  model::Revision revision() const override { return revision_.load(std::memory_order_acquire); }

  void Follow(Feed& feed) override { feed_ = &feed; }

  Result<model::Revision> Commit(std::span<const Unit> units) override {
    if (failed_) {
      // The last batch did not reach the disk: RocksDB must first leave its error state, with a fresh log.
      const rocksdb::Status resumed = database_->Resume();
      if (!resumed.ok()) return Unavailable(resumed);
      failed_ = false;
      log_->info("the registry takes writes again");
    }
    const model::Revision next = revision_.load(std::memory_order_relaxed) + 1;
    batch_.Clear();
    changes_.clear();
    for (const Unit& unit : units) {
      CheckExpectations(unit);
      for (const Write& write : unit.writes) AddWrite(write, next);
    }
    AddWrite({Write::Kind::kTouch, revision_key_, {}}, next);
    changes_.pop_back();  // the revision itself is no change that anybody follows
    rocksdb::WriteOptions options;
    options.sync = true;
    const rocksdb::Status status = database_->Write(options, &batch_);
    if (!status.ok()) {
      failed_ = true;
      log_->error("a batch of {} writes was refused: {}", units.size(), status.ToString());
      return Unavailable(status);
    }
    revision_.store(next, std::memory_order_release);
    if (feed_ != nullptr) feed_->Apply({next, changes_});
    return next;
  }

 private:
  rocksdb::ColumnFamilyOptions FamilyOptions(const RocksOptions& options, Family family) {
    rocksdb::ColumnFamilyOptions result;
    result.write_buffer_size = options.write_buffer_bytes;
    result.max_write_buffer_number = 3;
    result.compression = rocksdb::kLZ4Compression;
    rocksdb::BlockBasedTableOptions table;
    table.block_size = 16 << 10;
    table.format_version = 5;
    if (family == kOperationFamily) {
      // Every request id that is new is looked up here once.
      table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
      result.compaction_filter = &expired_;
      result.periodic_compaction_seconds = 24 * 3600;
    }
    if (family == kHistoryFamily) {
      result.compaction_filter = &expired_history_;
      result.periodic_compaction_seconds = 24 * 3600;
    }
    if (family == kInstanceFamily || family == kOperationFamily) {
      // Keys come in no order and are looked up one by one, so a hash table takes them at a third of a skip list's
      // price. The "prefix" that is hashed is the whole key; scans ask for total order.
      result.prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(kHashedOctets));
      result.memtable_factory.reset(rocksdb::NewHashLinkListRepFactory(kMemtableBuckets));
    }
    result.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return result;
  }

  model::Error Unavailable(const rocksdb::Status& status) const {
    const bool full = status.IsNoSpace() || status.ToString().find("No space") != std::string::npos;
    return MakeError(Code::kUnavailable, full ? "the disk is full: nothing was written; free space and try again"
                                              : "the registry could not be written: " + status.ToString());
  }

  Result<std::optional<std::pair<model::Revision, std::string>>> ReadStored(const Key& key) const {
    const std::string stored_key = StoredKey(key);
    std::string bytes;
    const rocksdb::Status status =
        database_->Get(rocksdb::ReadOptions(), families_[FamilyOf(key.table)], stored_key, &bytes);
    if (status.IsNotFound()) return std::optional<std::pair<model::Revision, std::string>>();
    if (!status.ok()) return Explain(status, directory_);
    WP_TRY(stored, ParseStoredValue(stored_key, bytes));
    return std::optional(std::pair(stored.revision, std::string(stored.value)));
  }

  void AddWrite(const Write& write, model::Revision revision) {
    const std::string key = StoredKey(write.key);
    rocksdb::ColumnFamilyHandle* family = families_[FamilyOf(write.key.table)];
    if (write.kind == Write::Kind::kErase) {
      batch_.Delete(family, key);
      changes_.push_back({&write.key, std::nullopt});
      return;
    }
    value_.clear();
    AppendStoredValue(value_, key, revision, write.value);
    batch_.Put(family, key, value_);
    changes_.push_back({&write.key, std::string_view(write.value)});
  }

  /// One process writes, and it has decided against the same state: expectations can only fail by a bug.
  void CheckExpectations([[maybe_unused]] const Unit& unit) const {
#ifndef NDEBUG
    for (const Expect& expect : unit.expects) {
      if (expect.kind == Expect::Kind::kEmptyPrefix) {
        bool empty = true;
        const Status scanned = Scan(expect.key.table, expect.key.id, expect.key.id + '\x7f', [&](const Record& record) {
          empty = empty && !record.id.starts_with(expect.key.id);
          return Visit::kContinue;
        });
        assert(scanned.ok() && empty);
      } else {
        const auto found = Read(expect.key);
        assert(found.ok() && found->has_value() == (expect.kind == Expect::Kind::kPresent));
      }
    }
#endif
  }

  std::string directory_;
  ExpiredOperations expired_;
  ExpiredHistory expired_history_;
  telemetry::Log log_;
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(MakeZeroedLogFileSystem());
  std::unique_ptr<rocksdb::DB> database_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> families_{};
  std::atomic<model::Revision> revision_{0};
  Feed* feed_ = nullptr;
  const Key revision_key_{Table::kMeta, std::string(kRevisionKey)};

  // Of the committing thread, kept for their capacity.
  bool failed_ = false;
  rocksdb::WriteBatch batch_;
  std::vector<Change> changes_;
  std::string value_;
};

}  // namespace

Result<std::unique_ptr<Store>> OpenRocksStore(const RocksOptions& options, const model::Clock& clock,
                                              telemetry::Log log) {
  WP_CHECK(MakeDirectory(options.directory));
  WP_TRY(found, Look(options.directory));
  const fs::path format = fs::path(options.directory) / "FORMAT";
  auto store = std::make_unique<RocksStore>(options, clock, std::move(log));
  WP_CHECK(store->Open(options, found.database));
  // Raised before anything is written that the older program would not know, and once nobody else has the directory.
  if (found.format != 0 && found.format < kFormat) WP_CHECK(WriteDurably(format, std::to_string(kFormat) + "\n"));
  if (found.format == 0) {
    // Without FORMAT only a database that was never written to is ours: one whose making was cut short.
    if (store->revision() != 0) {
      return MakeError(Code::kCorrupt,
                       format.string() + " is missing beside a database; this is no whole waypost registry");
    }
    WP_CHECK(WriteDurably(format, std::to_string(kFormat) + "\n"));
  }
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace waypost::store
