#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace waypost::zone {

inline constexpr std::uint32_t kTtlMax = 0x7fffffff;  // RFC 2181 8

/// A decimal number without sign; none when it is something else or above `max`.
std::optional<std::uint32_t> ReadNumber(std::string_view text, std::uint32_t max);

/// Seconds, or numbers with units, as in `1w2d`, `1h30m`; none when it is something else or above `max`.
std::optional<std::uint32_t> ReadPeriod(std::string_view text, std::uint32_t max);

/// Begins as a TTL does; no class or type does.
inline bool IsLikePeriod(std::string_view text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

}  // namespace waypost::zone
