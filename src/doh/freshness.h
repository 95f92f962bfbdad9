#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace waypost::doh {

/// For how many seconds a cache may keep this DNS response (RFC 8484 5.1): the smallest TTL of the answer section, and
/// where the response says that something is not there, no longer than the SOA in its authority section allows
/// (RFC 2308 5). None: not at all, since it is an error, cut, has neither, or is malformed.
std::optional<std::uint32_t> Freshness(std::span<const std::uint8_t> response);

}  // namespace waypost::doh
