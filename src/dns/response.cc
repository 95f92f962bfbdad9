#include "dns/response.h"

#include <cassert>

namespace waypost::dns {

Response::Response(const Query& query, std::uint8_t* out, std::size_t limit)
    : query_(query),
      begin_(out),
      at_(out + query.question_end),
      end_(out + limit - (query.has_edns ? kOptRoom : 0)) {  // NOLINT: known_ is filled as needed
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

Response::PackedName Response::Pack(std::string_view name) const {
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
    std::memcpy(packed.octets.data() + packed.size, name.data(), label);
    packed.size += label;
    name.remove_prefix(label);
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

std::size_t Response::Finish() {
  const auto rcode = static_cast<std::uint16_t>(rcode_);
  const std::uint16_t kept = query_.flags & (kOpcodeMask | kFlagRecursionDesired);
  Store16(begin_ + 2, static_cast<std::uint16_t>(kFlagResponse | kept | flags_ | (rcode & 0xf)));
  Store16(begin_ + 4, query_.question_end > kHeaderOctets ? 1 : 0);
  Store16(begin_ + 6, counts_[0]);
  Store16(begin_ + 8, counts_[1]);
  if (query_.has_edns) {
    const bool explain = extended_error_ != ExtendedError::kNone;
    at_[0] = 0;  // owner: the root
    Store16(at_ + 1, static_cast<std::uint16_t>(Type::kOpt));
    Store16(at_ + 3, kUdpPayloadOctets);
    at_[5] = static_cast<std::uint8_t>(rcode >> 4);
    at_[6] = 0;  // version
    Store16(at_ + 7, query_.dnssec_ok ? 0x8000 : 0);
    Store16(at_ + 9, explain ? 6 : 0);
    at_ += kOptOctets;
    if (explain) {
      Store16(at_, kOptionExtendedError);
      Store16(at_ + 2, 2);
      Store16(at_ + 4, static_cast<std::uint16_t>(extended_error_));
      at_ += 6;
    }
    ++counts_[2];
  }
  Store16(begin_ + 10, counts_[2]);
  return offset();
}

}  // namespace waypost::dns
