#include "dns/response.h"

#include <cassert>

namespace waypost::dns {
namespace {

constexpr std::size_t kOptionHead = 4;      // code, length
constexpr std::size_t kPaddingBlock = 468;  // RFC 8467 4.1

}  // namespace

Response::Response(const Query& query, std::uint8_t* out, std::size_t limit)
    : query_(query),
      begin_(out),
      at_(out + query.question_end),
      end_(out + limit - (query.has_edns ? kOptRoom : 0)),
      limit_(out + limit) {  // NOLINT: known_ is filled as needed
  assert(limit >= kRoomMin);
  std::memcpy(out, query.wire, query.question_end);
}

NameAt Response::FindIn(const Known& known, std::string_view name) const {
  std::string_view tail(known.name, known.size);
  while (tail.size() > name.size()) tail.remove_prefix(static_cast<std::uint8_t>(tail[0]) + 1U);
  const std::size_t skipped = known.size - tail.size();
  if (tail != name || skipped >= known.literal) return 0;
  return static_cast<NameAt>(known.at + skipped);
}

NameAt Response::Find(std::string_view name) const {
  if (query_.name_length != 0) {
    const NameAt at = FindIn({query_.folded, query_.name_length, query_.name_length, kQuestionName}, name);
    if (at != 0) return at;
  }
  for (std::size_t i = 0; i < known_count_; ++i) {
    const NameAt at = FindIn(known_[i], name);
    if (at != 0) return at;
  }
  return 0;
}

Response::PackedName Response::Pack(std::string_view name, std::string_view spelled) const {
  PackedName packed;
  packed.size = 0;
  while (name.size() > 1) {
    if (const NameAt at = Find(name); at != 0) {
      packed.literal = packed.size;
      Store16(packed.octets.data() + packed.size, static_cast<std::uint16_t>(0xc000 | at));
      packed.size += 2;
      return packed;
    }
    const std::size_t label = static_cast<std::uint8_t>(name[0]) + 1U;
    std::memcpy(packed.octets.data() + packed.size, spelled.data(), label);
    packed.size += label;
    name.remove_prefix(label);
    spelled.remove_prefix(label);
  }
  packed.octets[packed.size++] = 0;
  packed.literal = packed.size;
  return packed;
}

void Response::Remember(std::string_view name, const std::uint8_t* at, std::size_t literal) {
  const auto offset = static_cast<std::size_t>(at - begin_);
  if (known_count_ == kKnownMax || offset + literal > kPointerEnd || literal == 0) return;
  known_[known_count_++] = {name.data(), name.size(), literal, static_cast<NameAt>(offset)};
}

void Response::Restart() {
  at_ = begin_ + query_.question_end;
  counts_[0] = counts_[1] = counts_[2] = 0;
  section_ = 0;
  flags_ = 0;
  rcode_ = Rcode::kNoError;
  extended_error_ = ExtendedError::kNone;
  known_count_ = 0;
}

void Response::Rewind(const Mark& mark) {
  at_ = mark.at;
  for (std::size_t i = 0; i < 3; ++i) counts_[i] = mark.counts[i];
  known_count_ = mark.known;
  flags_ = mark.flags;
}

std::uint8_t* Response::AddOwned(std::string_view owner, Type type, std::uint32_t ttl, std::size_t length) {
  if (const NameAt at = Find(owner); at != 0) return Add(at, type, ttl, length);
  const PackedName packed = Pack(owner);
  const std::size_t fixed = kRecordPrefix - 2;  // without the pointer
  if (left() < packed.size + fixed + length) return nullptr;
  std::uint8_t* record = at_ + packed.size;
  std::memcpy(at_, packed.octets.data(), packed.size);
  Store16(record, static_cast<std::uint16_t>(type));
  Store16(record + 2, kClassIn);
  Store32(record + 4, ttl);
  Store16(record + 8, static_cast<std::uint16_t>(length));
  at_ = record + fixed + length;
  ++counts_[section_];
  return record + fixed;
}

void Response::SetOptions(const ResponseOptions& options) {
  if (!query_.has_edns) return;
  std::size_t octets = 0;
  if (!options.cookie.empty()) octets += kOptionHead + options.cookie.size();
  if (!options.nsid.empty()) octets += kOptionHead + options.nsid.size();
  if (options.keepalive != 0) octets += kOptionHead + 2;
  if (octets > left()) return;  // says nothing rather than too much
  options_ = &options;
  end_ -= octets;
}

std::uint8_t* Response::AddOption(std::uint8_t* at, std::uint16_t code, std::size_t length) {
  Store16(at, code);
  Store16(at + 2, static_cast<std::uint16_t>(length));
  return at + kOptionHead;
}

std::size_t Response::Padding(std::size_t size) const {
  const std::size_t with_head = size + kOptionHead;
  const std::size_t whole = (with_head + kPaddingBlock - 1) / kPaddingBlock * kPaddingBlock;
  return std::min(whole, static_cast<std::size_t>(limit_ - begin_)) > with_head
             ? std::min(whole, static_cast<std::size_t>(limit_ - begin_)) - size
             : 0;
}

void Response::AddOptions() {
  std::uint8_t* length_at = at_ - 2;
  const std::uint8_t* first = at_;
  if (extended_error_ != ExtendedError::kNone) {
    Store16(AddOption(at_, kOptionExtendedError, 2), static_cast<std::uint16_t>(extended_error_));
    at_ += kOptionHead + 2;
  }
  if (options_ != nullptr) {
    for (const auto& [code, value] :
         {std::pair(kOptionCookie, options_->cookie), std::pair(kOptionNsid, options_->nsid)}) {
      if (value.empty()) continue;
      std::memcpy(AddOption(at_, code, value.size()), value.data(), value.size());
      at_ += kOptionHead + value.size();
    }
    if (options_->keepalive != 0) {
      Store16(AddOption(at_, kOptionKeepalive, 2), options_->keepalive);
      at_ += kOptionHead + 2;
    }
    const std::size_t padding = options_->padded ? Padding(offset()) : 0;
    if (padding != 0) {
      std::memset(AddOption(at_, kOptionPadding, padding - kOptionHead), 0, padding - kOptionHead);
      at_ += padding;
    }
  }
  Store16(length_at, static_cast<std::uint16_t>(at_ - first));
}

std::size_t Response::Finish() {
  const auto rcode = static_cast<std::uint16_t>(rcode_);
  const std::uint16_t kept = query_.flags & (kOpcodeMask | kFlagRecursionDesired);
  const std::uint16_t flags = flags_ | kept_flags_;
  Store16(begin_ + 2, static_cast<std::uint16_t>(kFlagResponse | kept | flags | (rcode & 0xf)));
  Store16(begin_ + 4, query_.question_end > kHeaderOctets ? 1 : 0);
  Store16(begin_ + 6, counts_[0]);
  Store16(begin_ + 8, counts_[1]);
  if (query_.has_edns) {
    at_[0] = 0;  // owner: the root
    Store16(at_ + 1, static_cast<std::uint16_t>(Type::kOpt));
    Store16(at_ + 3, kUdpPayloadOctets);
    at_[5] = static_cast<std::uint8_t>(rcode >> 4);
    at_[6] = 0;  // version
    Store16(at_ + 7, query_.dnssec_ok ? 0x8000 : 0);
    Store16(at_ + 9, 0);
    at_ += kOptOctets;
    if (options_ != nullptr || extended_error_ != ExtendedError::kNone) AddOptions();
    ++counts_[2];
  }
  Store16(begin_ + 10, counts_[2]);
  return offset();
}

}  // namespace waypost::dns
