#include "cli/failover_history.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/command.h"

namespace waypost::cli {
namespace {

/// Digits at `at`, exactly `count`. Negative: they are none.
int Digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> ParseTime(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  constexpr std::size_t kFractionMax = 9;
  if (text.size() <= kForm.size() || !text.ends_with('Z')) return std::nullopt;
  for (const std::size_t at : {4U, 7U, 10U, 13U, 16U}) {
    if (text[at] != kForm[at]) return std::nullopt;
  }
  const int year = Digits(text, 0, 4);
  const int month = Digits(text, 5, 2);
  const int day = Digits(text, 8, 2);
  const int hour = Digits(text, 11, 2);
  const int minute = Digits(text, 14, 2);
  const int second = Digits(text, 17, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  std::chrono::nanoseconds fraction{0};
  const std::string_view rest = text.substr(kForm.size(), text.size() - kForm.size() - 1);
  if (!rest.empty()) {
    const std::size_t places = rest.size() - 1;
    const int digits = rest[0] == '.' && places <= kFractionMax ? Digits(rest, 1, places) : -1;
    if (digits < 0 || places == 0) return std::nullopt;
    std::int64_t scaled = digits;
    for (std::size_t i = places; i < kFractionMax; ++i) scaled *= 10;
    fraction = std::chrono::nanoseconds(scaled);
  }
  const auto since_epoch = std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                           std::chrono::minutes(minute) + std::chrono::seconds(second) + fraction;
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch));
}

std::optional<SeenTransition> LastTransition(const std::string& body, std::string_view state) {
  const nlohmann::json rows = nlohmann::json::parse(body, nullptr, false);
  if (!rows.is_array()) return std::nullopt;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (Text(*row, "to") != state) continue;
    const auto at = ParseTime(Text(*row, "time"));
    if (!at) return std::nullopt;
    return SeenTransition{*at, Text(*row, "cause")};
  }
  return std::nullopt;
}

}  // namespace waypost::cli
