#include "doh/freshness.h"

#include <algorithm>

#include "waypost/dns/protocol.h"
#include "waypost/dns/wire.h"

namespace waypost::doh {
namespace {

constexpr std::size_t kNameOctetsMax = 255;
constexpr std::size_t kLabelOctetsMax = 63;
constexpr std::size_t kRecordFixed = 10;  // type, class, TTL, RDATA's length
constexpr std::size_t kSoaNumbers = 20;   // behind the SOA's two names
constexpr std::uint16_t kRcodeMask = 0x000f;
constexpr std::uint32_t kTtlMax = 0x7fffffff;

struct Record {
  dns::Type type;
  std::uint32_t ttl;
  std::span<const std::uint8_t> rdata;
};

/// Goes through a message from its front. Once something is not as it must be, nothing is read any more.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> message) : message_(message), at_(dns::kHeaderOctets) {}

  bool good() const { return good_; }

  void SkipQuestion() {
    SkipName();
    Take(4);
  }

  Record ReadRecord() {
    SkipName();
    const std::span<const std::uint8_t> fixed = Take(kRecordFixed);
    if (!good_) return {};
    const std::uint32_t ttl = dns::Load32(fixed.data() + 4);
    const std::size_t size = dns::Load16(fixed.data() + 8);
    // A TTL with its top bit set counts as zero (RFC 2181 8).
    return {static_cast<dns::Type>(dns::Load16(fixed.data())), ttl > kTtlMax ? 0 : ttl, Take(size)};
  }

 private:
  std::span<const std::uint8_t> Take(std::size_t count) {
    if (!good_ || message_.size() - at_ < count) {
      good_ = false;
      return {};
    }
    at_ += count;
    return message_.subspan(at_ - count, count);
  }

  /// A compressed name ends with its first pointer; where that leads is of no interest here.
  void SkipName() {
    std::size_t size = 0;
    while (good_) {
      const std::span<const std::uint8_t> length = Take(1);
      if (!good_ || length[0] == 0) return;
      if ((length[0] & 0xc0) == 0xc0) {
        Take(1);
        return;
      }
      size += 1U + length[0];
      if (length[0] > kLabelOctetsMax || size >= kNameOctetsMax) good_ = false;
      Take(length[0]);
    }
  }

  std::span<const std::uint8_t> message_;
  std::size_t at_;
  bool good_ = true;
};

}  // namespace

std::optional<std::uint32_t> Freshness(std::span<const std::uint8_t> response) {
  if (response.size() < dns::kHeaderOctets) return std::nullopt;
  const std::uint8_t* header = response.data();
  const std::uint16_t flags = dns::Load16(header + 2);
  const auto rcode = static_cast<dns::Rcode>(flags & kRcodeMask);
  if ((flags & dns::kFlagTruncated) != 0) return std::nullopt;
  if (rcode != dns::Rcode::kNoError && rcode != dns::Rcode::kNxDomain) return std::nullopt;
  Reader reader(response);
  std::optional<std::uint32_t> fresh;
  const auto allow = [&fresh](std::uint32_t ttl) { fresh = std::min(fresh.value_or(ttl), ttl); };
  for (unsigned left = dns::Load16(header + 4); left > 0 && reader.good(); --left) reader.SkipQuestion();
  for (unsigned left = dns::Load16(header + 6); left > 0 && reader.good(); --left) allow(reader.ReadRecord().ttl);
  for (unsigned left = dns::Load16(header + 8); left > 0 && reader.good(); --left) {
    const Record record = reader.ReadRecord();
    if (!reader.good() || record.type != dns::Type::kSoa) continue;
    if (record.rdata.size() < kSoaNumbers) return std::nullopt;
    const std::uint32_t minimum = dns::Load32(record.rdata.data() + record.rdata.size() - 4);
    allow(std::min(record.ttl, minimum));
  }
  return reader.good() ? fresh : std::nullopt;
}

}  // namespace waypost::doh
