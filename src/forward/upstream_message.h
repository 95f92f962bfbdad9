#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/dns/outside.h"
#include "waypost/dns/protocol.h"

namespace waypost::forward {

/// What is asked of an upstream server. `name` is canonical wire form.
struct Question {
  std::string name;
  dns::Type type = dns::Type::kA;
  bool operator==(const Question&) const = default;
};

/// Whether a query says that longer answers than 512 octets may come (RFC 6891).
enum class Edns : std::uint8_t { kYes, kNo };

/// A recursive query of class IN; with kYes its OPT record says 1232 octets.
std::vector<std::uint8_t> MakeQuery(const Question& question, std::uint16_t id, Edns edns);

inline constexpr std::size_t kChainMax = 16;                ///< CNAMEs in a row
inline constexpr std::size_t kRecordsMax = 2048;            ///< of the asked type
inline constexpr std::size_t kAnswerOctetsMax = 128 << 10;  ///< of an answer, unpacked

/// What a response says.
struct Reading {
  enum class Kind : std::uint8_t {
    kFinding,   ///< it is so, or there is no such thing
    kRejected,  ///< the server cannot or will not say: `rcode`
    kReferral,  ///< it sends us elsewhere
    kBroken,    ///< not a response to this question, or not well-formed
  };
  Kind kind = Kind::kBroken;
  dns::Rcode rcode = dns::Rcode::kServFail;
  /// Of a finding. TTLs as they came; one RRset has one TTL (RFC 2181 5.2), that of a SOA is what RFC 2308 5 makes of
  /// it.
  dns::OutsideAnswer answer = {};
  bool has_opt = false;
};

/// Reads a response to this question. Of its records only the chain that begins at the asked name is taken, and, when
/// nothing is at its end, the SOA of a zone that encloses the last name; all else is dropped, as nobody vouches for it.
/// Any octets are good input.
Reading ReadResponse(std::span<const std::uint8_t> message, const Question& question, std::uint16_t id);

/// The memory that an answer takes, about.
std::size_t OctetsOf(const dns::OutsideAnswer& answer);

/// Whether `name` is `zone` or below it; both in wire form, case does not count.
bool IsAtOrBelow(std::string_view name, std::string_view zone);

}  // namespace waypost::forward
