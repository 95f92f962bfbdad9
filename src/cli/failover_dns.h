#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/model/result.h"

namespace waypost::cli {

/// The record types that a service may have (RFC 1035 3.2.2, 3596, 2782).
enum class DnsType : std::uint16_t { kA = 1, kCname = 5, kAaaa = 28, kSrv = 33 };

struct DnsQuestion {
  std::uint16_t id = 0;
  std::string name = {};  ///< presentation form, no escapes; with or without the last dot
  DnsType type = DnsType::kA;
};

/// One record of a type above. Names in lower case without the last dot; octets other than letters, digits, `-` and `_`
/// as `\DDD`.
struct DnsRecordSeen {
  std::string name = {};
  DnsType type = DnsType::kA;
  std::uint32_t ttl_s = 0;
  std::string data = {};   ///< A, AAAA: the address; CNAME, SRV: the target
  std::uint16_t port = 0;  ///< SRV
};

struct DnsAnswer {
  std::uint8_t rcode = 0;
  bool truncated = false;
  std::vector<DnsRecordSeen> answers = {};      ///< records of other types are left out
  std::vector<DnsRecordSeen> additionals = {};  ///< likewise
};

inline constexpr std::uint8_t kDnsNoError = 0;
inline constexpr std::uint8_t kDnsNxDomain = 3;
/// What we tell servers that we can take by UDP (RFC 6891 6.2.3; below the path MTU that is met everywhere).
inline constexpr std::uint16_t kDnsPayload = 1232;
/// Records that are looked at in one message.
inline constexpr std::size_t kDnsRecordsMax = 4096;

/// A name as records show it: lower case, no last dot.
std::string CanonicalName(std::string_view name);

/// A query with recursion desired and EDNS. Err: kInvalidInput (no such name can be: empty or long labels, too long).
model::Result<std::vector<std::uint8_t>> WriteQuery(const DnsQuestion& question);

/// Reads the response to `question`; every octet is looked at, and none is trusted. Err: kCorrupt with what is wrong:
/// not a response to this question, cut short, names that loop, octets behind the end.
model::Result<DnsAnswer> ReadAnswer(std::span<const std::uint8_t> message, const DnsQuestion& question);

}  // namespace waypost::cli
