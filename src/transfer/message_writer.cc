#include "transfer/message_writer.h"

#include <cstring>

#include "waypost/dns/protocol.h"
#include "waypost/dns/wire.h"
#include "waypost/model/owner_name.h"

namespace waypost::transfer {
namespace {

using dns::Type;

constexpr std::size_t kPointerEnd = 0x4000;
constexpr std::size_t kAnswerCountAt = 6;
constexpr std::size_t kSoaNumbers = 20;

std::size_t FirstLabel(std::string_view name) { return static_cast<std::uint8_t>(name[0]) + 1U; }

/// Octets of the longest name that both end with; the root is 1.
std::size_t CommonTail(std::string_view a, std::string_view b) {
  while (a != b) {
    const bool shorten_a = a.size() >= b.size();
    const bool shorten_b = b.size() >= a.size();
    if (shorten_a) a.remove_prefix(FirstLabel(a));
    if (shorten_b) b.remove_prefix(FirstLabel(b));
  }
  return a.size();
}

/// The name at the front of RDATA.
std::string_view NameIn(std::string_view rdata) {
  std::size_t size = 0;
  while (rdata[size] != 0) size += FirstLabel(rdata.substr(size));
  return rdata.substr(0, size + 1);
}

}  // namespace

MessageWriter::MessageWriter(std::span<const std::uint8_t> head, std::uint8_t* out, std::size_t limit)
    : out_(out), at_(head.size()), limit_(limit), question_(head.size() > dns::kHeaderOctets) {
  std::memcpy(out, head.data(), head.size());
  if (!question_) return;
  const auto* name = reinterpret_cast<const char*>(head.data()) + dns::kHeaderOctets;
  Known& question = known_[kQuestion];
  question.name = model::Folded(NameIn({name, head.size() - dns::kHeaderOctets}));
  question.literal = question.name.size() - 1;
  question.at = dns::kHeaderOctets;
}

bool MessageWriter::Add(const Record& record) {
  const std::size_t before = at_;
  if (WriteName(record.owner, kOwner) && WriteFixed(record) && WriteRdata(record)) {
    ++count_;
    return true;
  }
  at_ = before;
  known_[kOwner].literal = 0;  // where they stood there is nothing now
  known_[kTarget].literal = 0;
  return false;
}

bool MessageWriter::Write(const void* octets, std::size_t size) {
  if (limit_ - at_ < size) return false;
  std::memcpy(out_ + at_, octets, size);
  at_ += size;
  return true;
}

bool MessageWriter::WriteFixed(const Record& record) {
  std::uint8_t fixed[10];  // type, class, TTL, length
  dns::Store16(fixed, record.type);
  dns::Store16(fixed + 2, dns::kClassIn);
  dns::Store32(fixed + 4, record.ttl);
  dns::Store16(fixed + 8, static_cast<std::uint16_t>(record.rdata.size()));
  return Write(fixed, sizeof fixed);
}

bool MessageWriter::WriteName(std::string_view name, Place place) {
  std::size_t tail = 1;
  std::size_t pointer = 0;
  for (const Known& known : known_) {
    if (known.literal == 0) continue;
    const std::size_t common = CommonTail(name, known.name);
    const std::size_t offset = known.name.size() - common;
    if (common <= tail || offset >= known.literal || known.at + offset >= kPointerEnd) continue;
    tail = common;
    pointer = known.at + offset;
  }
  const std::size_t literal = name.size() - tail;
  const std::size_t at = at_;
  std::uint8_t end[2] = {0, 0};
  if (pointer != 0) dns::Store16(end, static_cast<std::uint16_t>(0xc000 | pointer));
  if (!Write(name.data(), literal) || !Write(end, pointer != 0 ? 2 : 1)) return false;
  if (literal != 0) {
    known_[place].name = name;
    known_[place].literal = literal;
    known_[place].at = at;
  }
  return true;
}

bool MessageWriter::WriteRdata(const Record& record) {
  const std::size_t begin = at_;
  const std::string_view rdata = record.rdata;
  bool fits = false;
  switch (static_cast<Type>(record.type)) {
    case Type::kNs:
    case Type::kCname:
    case Type::kPtr:
      fits = WriteName(rdata, kTarget);
      break;
    case Type::kMx:
      fits = Write(rdata.data(), 2) && WriteName(rdata.substr(2), kTarget);
      break;
    case Type::kSoa: {
      const std::string_view primary = NameIn(rdata);
      const std::string_view mailbox = NameIn(rdata.substr(primary.size()));
      fits = WriteName(primary, kTarget) && WriteName(mailbox, kTarget) &&
             Write(rdata.data() + rdata.size() - kSoaNumbers, kSoaNumbers);
      break;
    }
    default:
      return Write(rdata.data(), rdata.size());
  }
  if (fits) dns::Store16(out_ + begin - 2, static_cast<std::uint16_t>(at_ - begin));
  return fits;
}

std::size_t MessageWriter::Finish() {
  constexpr std::uint16_t kKept = dns::kOpcodeMask | dns::kFlagRecursionDesired;
  const auto flags =
      static_cast<std::uint16_t>(dns::kFlagResponse | dns::kFlagAuthoritative | (dns::Load16(out_ + 2) & kKept));
  dns::Store16(out_ + 2, flags);
  dns::Store16(out_ + 4, question_ ? 1 : 0);
  dns::Store16(out_ + kAnswerCountAt, static_cast<std::uint16_t>(count_));
  dns::Store32(out_ + kAnswerCountAt + 2, 0);
  return at_;
}

}  // namespace waypost::transfer
