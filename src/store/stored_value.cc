#include "store/stored_value.h"

#include "waypost/model/hash.h"

namespace waypost::store {
namespace {

// Fixed for ever: stored checksums depend on it.
constexpr std::uint64_t kChecksumSeed = 0x5753'5452'4543'3031ULL;

void PutFixed(std::string& out, std::uint64_t value, int octets) {
  for (int i = 0; i < octets; ++i) out += static_cast<char>(value >> (8 * i));
}

std::uint64_t GetFixed(std::string_view bytes, int octets) {
  std::uint64_t value = 0;
  for (int i = 0; i < octets; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)])) << (8 * i);
  }
  return value;
}

std::uint32_t Checksum(std::string_view stored_key, model::Revision revision, std::string_view value) {
  const std::uint64_t key_hash = model::Hash64(stored_key, kChecksumSeed ^ revision);
  return static_cast<std::uint32_t>(model::Hash64(value, key_hash));
}

}  // namespace

std::string StoredKey(const Key& key) {
  std::string bytes;
  bytes.reserve(key.id.size() + 1);
  bytes += static_cast<char>(key.table);
  bytes += key.id;
  return bytes;
}

std::string Describe(Table table, std::string_view id) {
  std::string text(TableName(table));
  text += " \"";
  for (const char c : id) text += c >= ' ' && c < 127 ? c : '?';
  text += '"';
  return text;
}

void AppendStoredValue(std::string& out, std::string_view stored_key, model::Revision revision,
                       std::string_view value) {
  PutFixed(out, Checksum(stored_key, revision, value), 4);
  PutFixed(out, revision, 8);
  out += value;
}

model::Result<StoredValue> ParseStoredValue(std::string_view stored_key, std::string_view bytes) {
  if (bytes.size() >= kStoredHead) {
    const StoredValue parsed{GetFixed(bytes.substr(4), 8), bytes.substr(kStoredHead)};
    if (GetFixed(bytes, 4) == Checksum(stored_key, parsed.revision, parsed.value)) return parsed;
  }
  const auto table = stored_key.empty() ? Table::kMeta : static_cast<Table>(stored_key[0]);
  return model::MakeError(model::Code::kCorrupt, "the record of " +
                                                     Describe(table, stored_key.substr(stored_key.empty() ? 0 : 1)) +
                                                     " is damaged (checksum mismatch); restore a backup");
}

}  // namespace waypost::store
