// Reads TSIG records.
#include <cstring>

#include "dns/tsig.h"
#include "waypost/dns/protocol.h"
#include "waypost/dns/wire.h"
#include "waypost/model/owner_name.h"

namespace waypost::dns {
namespace {

constexpr std::uint16_t kClassAny = 255;
constexpr unsigned kPointerMark = 0xc0;
constexpr std::size_t kFixedOctets = 10;   // type, class, TTL, length
constexpr std::size_t kTimerOctets = 10;   // time, fudge, size of the MAC
constexpr std::size_t kTrailerOctets = 6;  // original id, error, size of other data

/// A name at `at`, moved behind it, before `end`. Pointers lead only backwards, so this ends.
std::optional<std::string> ReadName(const std::uint8_t* message, std::size_t end, std::size_t& at) {
  std::string name;
  std::size_t place = at;
  std::size_t piece = at;  // where the labels began that are being read
  bool jumped = false;
  for (;;) {
    if (place >= end) return std::nullopt;
    const std::size_t length = message[place];
    if (length >= kPointerMark) {
      if (place + 2 > end) return std::nullopt;
      const std::size_t target = Load16(message + place) & 0x3fffU;
      if (target >= piece || target < kHeaderOctets) return std::nullopt;
      if (!jumped) at = place + 2;
      jumped = true;
      place = piece = target;
      continue;
    }
    if (length > model::kMaxLabelOctets || place + 1 + length > end) return std::nullopt;
    if (name.size() + 1 + length > model::kMaxNameOctets) return std::nullopt;
    name += static_cast<char>(length);
    for (std::size_t i = 1; i <= length; ++i) name += model::Fold(static_cast<char>(message[place + i]));
    place += 1 + length;
    if (length == 0) break;
  }
  if (!jumped) at = place;
  return name;
}

}  // namespace

std::optional<TsigRecord> ReadTsig(const std::uint8_t* message, std::size_t size, std::size_t at) {
  TsigRecord record;
  auto key = ReadName(message, size, at);
  if (!key || size - at < kFixedOctets) return std::nullopt;
  const std::uint8_t* fixed = message + at;
  at += kFixedOctets;
  const bool is_tsig = Load16(fixed) == static_cast<std::uint16_t>(Type::kTsig) && Load16(fixed + 2) == kClassAny;
  if (!is_tsig || Load32(fixed + 4) != 0 || Load16(fixed + 8) != size - at) return std::nullopt;
  auto algorithm = ReadName(message, size, at);
  if (!algorithm || size - at < kTimerOctets) return std::nullopt;
  record.key = std::move(*key);
  record.algorithm = std::move(*algorithm);
  record.time = static_cast<std::uint64_t>(Load16(message + at)) << 32 | Load32(message + at + 2);
  record.fudge = Load16(message + at + 6);
  record.mac_size = Load16(message + at + 8);
  at += kTimerOctets;
  if (size - at < record.mac_size + kTrailerOctets) return std::nullopt;
  record.mac = message + at;
  at += record.mac_size;
  record.original_id = Load16(message + at);
  record.error = Load16(message + at + 2);
  record.other_size = Load16(message + at + 4);
  at += kTrailerOctets;
  record.other = message + at;
  if (size - at != record.other_size) return std::nullopt;
  return record;
}

}  // namespace waypost::dns
