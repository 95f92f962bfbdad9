#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/model/clock.h"
#include "waypost/model/result.h"

namespace waypost::store {

/// What kind of record a key belongs to. The numbers are stored: never reuse one.
enum class Table : std::uint8_t {
  kMeta = 0,
  kNamespace = 1,      ///< ns-…
  kNamespaceName = 2,  ///< what makes a namespace's name unique → ns-…
  kService = 3,        ///< srv-…
  kServiceName = 4,    ///< ns-…/<name> → srv-…
  kInstance = 5,       ///< srv-…/<instance id>
  kHealth = 6,         ///< srv-…/<instance id>: reported health
  kOperation = 7,      ///< operation id
  kBump = 8,           ///< ns-… or srv-…: only its revision counts
  kHistory = 9,        ///< HistoryKey: transitions of health
  kPin = 10,           ///< srv-…/<instance id>
  kShift = 11,         ///< zone name
  kHold = 12,          ///< srv-…: its last instance that left
  kView = 13,          ///< NamedQueryKey
};
inline constexpr std::uint8_t kTableCount = 14;
std::string_view TableName(Table table);

/// "<owner id>/<own id>", so that a prefix is an owner.
struct Key {
  Table table = Table::kMeta;
  std::string id = {};
  bool operator==(const Key&) const = default;
};

/// What a unit takes for granted of the state before its batch. A store of its own process checks it in debug builds
/// only; one shared with others must.
struct Expect {
  enum class Kind : std::uint8_t { kAbsent, kPresent, kEmptyPrefix };
  Kind kind = Kind::kPresent;
  Key key = {};
};

struct Write {
  enum class Kind : std::uint8_t { kPut, kErase, kTouch };  ///< kTouch: a key without a value, only its revision counts
  Kind kind = Kind::kPut;
  Key key = {};
  std::string value = {};
};

/// The effect of one command: all of it or nothing.
struct Unit {
  std::vector<Expect> expects = {};
  std::vector<Write> writes = {};
};

/// One record's new state; no value: erased. Borrowed.
struct Change {
  const Key* key = nullptr;
  std::optional<std::string_view> value = {};
};

/// What one committed batch changed, in the order of its units.
struct ChangeSet {
  model::Revision revision = 0;
  std::span<const Change> changes = {};
};

/// Follows a store: called once for each committed batch, in the order of revisions, by one thread.
class Feed {
 public:
  virtual void Apply(const ChangeSet& set) = 0;

 protected:
  ~Feed() = default;
};

/// A record as it is read back. Borrowed until the visitor returns.
struct Record {
  std::string_view id;
  model::Revision revision = 0;
  std::string_view value;
};

/// Whether a scan goes on.
enum class Visit : std::uint8_t { kContinue, kStop };

/// Durable records with a revision each. Reads may come from any thread; Commit from one at a time.
class Store {
 public:
  using Visitor = std::function<model::Result<Visit>(const Record&)>;

  virtual ~Store() = default;

  /// Visits the records of a table with from ≤ id < to (empty `to`: to the end) in order of ids, until the visitor
  /// stops or fails; its error comes back. Err: kCorrupt (names the key), kIo.
  virtual model::Status Scan(Table table, std::string_view from, std::string_view to, const Visitor& visit) const = 0;

  /// None when there is no such record. Err: kCorrupt, kIo.
  virtual model::Result<std::optional<std::string>> Read(const Key& key) const = 0;

  /// Revision of the last committed batch.
  virtual model::Revision revision() const = 0;

  /// Who learns of each committed batch; set before the first Commit.
  virtual void Follow(Feed& feed) = 0;

  /// Makes all units durable as one batch with one new revision, lets the feed apply it, and returns the revision. When
  /// this returns the batch survives any crash. Err: kUnavailable: nothing was changed, the next batch may succeed. One
  /// batch is in flight at a time, so this waits for the disk on the calling thread.
  virtual model::Result<model::Revision> Commit(std::span<const Unit> units) = 0;
};

}  // namespace waypost::store
