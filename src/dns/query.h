#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dns/protocol.h"

namespace waypost::dns {

/// What reading a message led to.
enum class Verdict : std::uint8_t {
  kQuestion,  ///< one well-formed question, to be answered
  kSilence,   ///< not even a header, or a response: never answered
  kFormErr,
  kNotImp,   ///< an opcode other than QUERY
  kBadVers,  ///< EDNS of a version that we do not know (RFC 6891 6.1.3)
};

/// A query, read in place: it borrows the message. Made to be reused, one after the other.
struct Query {
  /// Room behind the longest name, because it is written eight octets a step.
  static constexpr std::size_t kNameRoom = 255 + 9;

  const std::uint8_t* wire = nullptr;
  std::uint32_t size = 0;
  std::uint16_t flags = 0;         ///< the header's second word
  std::uint16_t question_end = 0;  ///< offset behind the question; kHeaderOctets when there is none that can be read
  std::uint16_t name_length = 0;   ///< 0: no question
  Type type = Type::kA;
  std::uint16_t klass = kClassIn;
  std::uint16_t payload = 0;  ///< the client's UDP payload size, at least 512, with has_edns
  bool has_edns = false;
  bool dnssec_ok = false;
  std::uint64_t hash = 0;  ///< Hash64(name(), seed)
  char folded[kNameRoom];  ///< canonical wire form of the question's name

  std::string_view name() const { return {folded, name_length}; }
};

/// Reads a message of `size` octets. `seed` is that of the hash under which names are looked up. All sections are
/// walked to the end: octets that make no record, or stand behind the last one, are kFormErr, and so are two OPT
/// records, one whose owner is not the root, and one whose options overrun it (RFC 6891 6.1.1). O(size), no allocation.
Verdict ReadQuery(const std::uint8_t* wire, std::size_t size, std::uint64_t seed, Query& query);

}  // namespace waypost::dns
