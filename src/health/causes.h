#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace waypost::health {

// Why an instance's health changed, in words, model::kMaxCause octets at most.

/// `connect to 10.0.0.7:8080: connection refused, 3rd failure`. What is too long is cut in the probe's words.
std::string FallCause(std::string_view probe_cause, std::uint32_t failures);
/// The same for a fall that was held back while the checker was suspect.
std::string HeldFallCause(std::string_view probe_cause, std::uint32_t failures);
/// `first good check`, `2nd good check`.
std::string RiseCause(std::uint32_t good_checks);
/// `no heartbeat for 3s`.
std::string SilenceCause(std::chrono::milliseconds silence);
std::string HeldSilenceCause(std::chrono::milliseconds silence);

/// `1st`, `2nd`, `3rd`, `4th`, `11th`, `21st`.
std::string Ordinal(std::uint32_t number);

}  // namespace waypost::health
