#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace waypost::model {

/// Reads a duration as Go writes it: `300ms`, `1m30s`, `1.5h`, `0`. Units ms, s, m, h; at most about 100 years. None
/// when it is not of this form, negative, or finer than a millisecond.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);

/// `300ms`, `1m30s`, `0s`: the shortest form that ParseDuration reads back.
std::string FormatDuration(std::chrono::milliseconds value);

}  // namespace waypost::model
