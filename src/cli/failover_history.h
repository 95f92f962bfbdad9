#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace waypost::cli {

/// How far a server's clock may be off for its last transition to be taken as the one that we saw.
inline constexpr std::chrono::milliseconds kClockSlack{2000};

struct SeenTransition {
  std::chrono::system_clock::time_point at = {};
  std::string cause = {};
};

/// The last transition into `state` of GET /v1/health/history. None: there is none, or the body is not of that form.
std::optional<SeenTransition> LastTransition(const std::string& body, std::string_view state);

/// RFC 3339 in UTC, with a fraction or without: `2026-11-25T02:00:00.123Z`.
std::optional<std::chrono::system_clock::time_point> ParseTime(std::string_view text);

}  // namespace waypost::cli
