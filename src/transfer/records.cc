#include "transfer/records.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "waypost/model/hash.h"

namespace waypost::transfer {
namespace {

constexpr std::size_t kFixedOctets = 2 + 4 + 2;  // type, TTL, length

struct RecordHash {
  std::size_t operator()(const Record& record) const {
    const std::uint64_t seed = model::Hash64(record.owner) ^ (std::uint64_t{record.type} << 32 | record.ttl);
    return model::Hash64(record.rdata, seed);
  }
};

/// How often a record came, less how often it went.
using Tally = std::unordered_map<Record, int, RecordHash>;

void Count(const Records& records, int by, Tally& tally) {
  Records::Cursor cursor(records);
  while (const Record* record = cursor.Next()) {
    const auto [at, fresh] = tally.try_emplace(*record, by);
    if (fresh) continue;
    at->second += by;
    if (at->second == 0) tally.erase(at);
  }
}

}  // namespace

const Record* Records::Cursor::Next() {
  if (left_.empty()) return nullptr;
  const std::size_t owner_size = static_cast<std::uint8_t>(left_[0]);
  if (owner_size != 0) record_.owner = left_.substr(1, owner_size);
  left_.remove_prefix(1 + owner_size);
  std::uint16_t length = 0;
  std::memcpy(&record_.type, left_.data(), 2);
  std::memcpy(&record_.ttl, left_.data() + 2, 4);
  std::memcpy(&length, left_.data() + 6, 2);
  record_.rdata = left_.substr(kFixedOctets, length);
  left_.remove_prefix(kFixedOctets + length);
  return &record_;
}

void Records::Add(const Record& record) {
  const bool same = !octets_.empty() && static_cast<std::uint8_t>(octets_[last_owner_at_]) == record.owner.size() &&
                    octets_.compare(last_owner_at_ + 1, record.owner.size(), record.owner) == 0;
  if (!same) last_owner_at_ = octets_.size();
  octets_ += static_cast<char>(same ? 0 : record.owner.size());
  if (!same) octets_ += record.owner;
  char fixed[kFixedOctets];
  const auto length = static_cast<std::uint16_t>(record.rdata.size());
  std::memcpy(fixed, &record.type, 2);
  std::memcpy(fixed + 2, &record.ttl, 4);
  std::memcpy(fixed + 6, &length, 2);
  octets_.append(fixed, sizeof fixed);
  octets_ += record.rdata;
}

void Records::Add(const Records& others) {
  if (others.empty()) return;
  last_owner_at_ = octets_.size() + others.last_owner_at_;
  octets_ += others.octets_;
}

void PartBuilder::Add(std::string_view owner, std::uint16_t type, std::uint32_t ttl, std::string_view rdata) {
  places_.push_back({octets_.size(), static_cast<std::uint8_t>(owner.size()), type, ttl, rdata.size()});
  octets_ += owner;
  octets_ += rdata;
}

Record PartBuilder::RecordAt(const Place& place) const {
  const std::string_view all(octets_);
  return {all.substr(place.at, place.owner_size), place.type, place.ttl,
          all.substr(place.at + place.owner_size, place.rdata_size)};
}

Part PartBuilder::Build() {
  std::sort(places_.begin(), places_.end(),
            [this](const Place& a, const Place& b) { return RecordAt(a) < RecordAt(b); });
  auto records = std::make_shared<Records>();
  const Place* last = nullptr;
  for (const Place& place : places_) {
    if (last != nullptr && RecordAt(*last) == RecordAt(place)) continue;
    records->Add(RecordAt(place));
    last = &place;
  }
  return records;
}

Change Condense(const std::vector<const Change*>& changes) {
  Tally tally;
  for (const Change* change : changes) {
    Count(change->removed, -1, tally);
    Count(change->added, 1, tally);
  }
  std::vector<Record> removed;
  std::vector<Record> added;
  for (const auto& [record, count] : tally) (count < 0 ? removed : added).push_back(record);
  // Sorted, so that owners are written once.
  std::sort(removed.begin(), removed.end());
  std::sort(added.begin(), added.end());
  Change net;
  for (const Record& record : removed) net.removed.Add(record);
  for (const Record& record : added) net.added.Add(record);
  return net;
}

void AddDifference(const Records& before, const Records& after, Change& change) {
  Records::Cursor old_cursor(before);
  Records::Cursor new_cursor(after);
  const Record* was = old_cursor.Next();
  const Record* is = new_cursor.Next();
  while (was != nullptr || is != nullptr) {
    if (is == nullptr || (was != nullptr && *was < *is)) {
      change.removed.Add(*was);
      was = old_cursor.Next();
    } else if (was == nullptr || *is < *was) {
      change.added.Add(*is);
      is = new_cursor.Next();
    } else {
      was = old_cursor.Next();
      is = new_cursor.Next();
    }
  }
}

}  // namespace waypost::transfer
