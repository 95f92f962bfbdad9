#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waypost/model/clock.h"
#include "waypost/model/result.h"
#include "waypost/store/store.h"

namespace waypost::store {

/// Key bytes in RocksDB: the table's number, then the id.
std::string StoredKey(const Key& key);
/// "instance srv-…/i-1", for messages.
std::string Describe(Table table, std::string_view id);

/// Value bytes in RocksDB: a 32-bit checksum over key, revision and value; the revision; the value.
inline constexpr std::size_t kStoredHead = 12;
void AppendStoredValue(std::string& out, std::string_view stored_key, model::Revision revision, std::string_view value);

struct StoredValue {
  model::Revision revision = 0;
  std::string_view value;
};
/// Err: kCorrupt, naming the key.
model::Result<StoredValue> ParseStoredValue(std::string_view stored_key, std::string_view bytes);

}  // namespace waypost::store
