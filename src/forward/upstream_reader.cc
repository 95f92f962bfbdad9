#include "forward/upstream_reader.h"

#include "waypost/dns/wire.h"
#include "waypost/model/owner_name.h"

namespace waypost::forward {
namespace {

constexpr std::size_t kPointersMax = 64;  // of one name; each leads back, but names may share long tails
constexpr std::uint8_t kPointerBits = 0xc0;

/// How a type's data is made: fixed octets, character strings, names, and the rest as it is.
struct Layout {
  std::uint8_t octets = 0;
  std::uint8_t strings = 0;
  std::uint8_t names = 0;
  std::optional<std::uint8_t> rest = std::nullopt;  // exact size behind the names; none: any
};

Layout LayoutOf(dns::Type type) {
  switch (static_cast<std::uint16_t>(type)) {
    case 1:  // A
      return {0, 0, 0, 4};
    case 28:  // AAAA
      return {0, 0, 0, 16};
    case 2:   // NS
    case 3:   // MD
    case 4:   // MF
    case 5:   // CNAME
    case 7:   // MB
    case 8:   // MG
    case 9:   // MR
    case 12:  // PTR
    case 39:  // DNAME
      return {0, 0, 1, 0};
    case 6:  // SOA
      return {0, 0, 2, 20};
    case 14:  // MINFO
    case 17:  // RP
      return {0, 0, 2, 0};
    case 15:  // MX
    case 18:  // AFSDB
    case 21:  // RT
    case 36:  // KX
      return {2, 0, 1, 0};
    case 26:  // PX
      return {2, 0, 2, 0};
    case 33:  // SRV
      return {6, 0, 1, 0};
    case 35:  // NAPTR
      return {4, 3, 1, 0};
    default:
      return {};
  }
}

}  // namespace

std::optional<std::uint16_t> UpstreamReader::Read16() {
  if (message_.size() - at_ < 2) return std::nullopt;
  at_ += 2;
  return dns::Load16(message_.data() + at_ - 2);
}

std::optional<std::uint32_t> UpstreamReader::Read32() {
  if (message_.size() - at_ < 4) return std::nullopt;
  at_ += 4;
  return dns::Load32(message_.data() + at_ - 4);
}

bool UpstreamReader::Append(std::string& out, std::size_t octets) {
  if (message_.size() - at_ < octets) return false;
  out.append(reinterpret_cast<const char*>(message_.data()) + at_, octets);
  at_ += octets;
  return true;
}

bool UpstreamReader::AppendName(std::string& out) {
  const std::size_t begin = out.size();
  std::size_t at = at_;
  std::size_t lowest = at_;  // a pointer must lead before all that was read, so that there are no loops
  std::optional<std::size_t> behind;
  for (std::size_t pointers = 0;;) {
    if (at >= message_.size()) return false;
    const std::uint8_t length = message_[at];
    if (length >= kPointerBits) {
      if (message_.size() - at < 2 || ++pointers > kPointersMax) return false;
      if (!behind) behind = at + 2;
      at = dns::Load16(message_.data() + at) & 0x3fff;
      if (at >= lowest || at < dns::kHeaderOctets) return false;
      lowest = at;
      continue;
    }
    if (length > model::kMaxLabelOctets || message_.size() - at <= length) return false;
    out.append(reinterpret_cast<const char*>(message_.data()) + at, 1u + length);
    if (out.size() - begin > model::kMaxNameOctets) return false;
    at += 1u + length;
    if (length == 0) break;
  }
  at_ = behind.value_or(at);
  return true;
}

std::optional<std::string> UpstreamReader::ReadName() {
  std::string name;
  if (!AppendName(name)) return std::nullopt;
  return name;
}

std::optional<RawRecord> UpstreamReader::ReadRecord() {
  RawRecord record;
  if (!AppendName(record.owner)) return std::nullopt;
  const auto type = Read16();
  const auto record_class = Read16();
  const auto ttl = Read32();
  const auto size = Read16();
  if (!type || !record_class || !ttl || !size || message_.size() - at_ < *size) return std::nullopt;
  record.type = static_cast<dns::Type>(*type);
  record.record_class = *record_class;
  record.ttl = *ttl;
  record.data = at_;
  record.size = *size;
  at_ += *size;
  return record;
}

std::optional<std::string> UpstreamReader::Unpack(const RawRecord& record) const {
  const Layout layout = LayoutOf(record.type);
  const std::size_t end = record.data + record.size;
  UpstreamReader reader(message_.first(end));
  reader.at_ = record.data;
  std::string data;
  if (!reader.Append(data, layout.octets)) return std::nullopt;
  for (std::uint8_t i = 0; i < layout.strings; ++i) {
    if (reader.at_end() || !reader.Append(data, 1u + message_[reader.at_])) return std::nullopt;
  }
  for (std::uint8_t i = 0; i < layout.names; ++i) {
    if (!reader.AppendName(data)) return std::nullopt;
  }
  const std::size_t rest = end - reader.at_;
  if (layout.rest && rest != *layout.rest) return std::nullopt;
  if (!reader.Append(data, rest)) return std::nullopt;
  return data;
}

}  // namespace waypost::forward
