#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "waypost/dns/protocol.h"

namespace waypost::dns {

/// What reading a message led to.
enum class Verdict : std::uint8_t {
  kQuestion,  ///< one well-formed question, to be answered
  kCookie,    ///< no question, but a cookie to be answered (RFC 7873 5.4)
  kSilence,   ///< not even a header, or a response: never answered
  kFormErr,
  kNotImp,   ///< an opcode other than QUERY
  kBadVers,  ///< EDNS of a version that we do not know (RFC 6891 6.1.3)
};

/// EDNS options that change the answer.
enum Option : std::uint8_t {
  kAsksNsid = 1,
  kAsksKeepalive = 2,
  kAsksPadding = 4,
  kAsksCookie = 8,
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
  std::uint8_t options = 0;        ///< Option bits of what the OPT record asks for; 0 without EDNS
  std::uint8_t cookie_length = 0;  ///< octets of `cookie`: 8, or 16…40; 0: none
  std::uint16_t tsig_at = 0;       ///< offset of the TSIG record; 0: none
  std::uint16_t authority_at = 0;  ///< offset of the first record behind the question
  const std::uint8_t* cookie = nullptr;
  std::uint64_t hash = 0;  ///< Hash64(name(), seed)
  char folded[kNameRoom];  ///< canonical wire form of the question's name

  std::string_view name() const { return {folded, name_length}; }
};

/// Reads a message of `size` octets. `seed` is that of the hash under which names are looked up. All sections are
/// walked to the end: octets that make no record, or stand behind the last one, are kFormErr, and so are two OPT
/// records, one whose owner is not the root, one whose options overrun it (RFC 6891 6.1.1), a cookie of a wrong length
/// (RFC 7873 5.2.2), and a TSIG that is not the last record (RFC 8945 5.1). O(size), no allocation.
Verdict ReadQuery(const std::uint8_t* wire, std::size_t size, std::uint64_t seed, Query& query);

/// The serial that an IXFR question carries in its authority section (RFC 1995 3). False: there is none.
bool ReadSerial(const Query& query, std::uint32_t& serial);

}  // namespace waypost::dns
