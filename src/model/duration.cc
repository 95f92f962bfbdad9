#include "waypost/model/duration.h"

#include <cmath>
#include <cstdint>

namespace waypost::model {
namespace {

using std::chrono::milliseconds;

constexpr double kLongestMs = 100.0 * 366 * 24 * 3600 * 1000;

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};

/// Takes digits, with a fraction, from the front. Negative: there are none.
double TakeNumber(std::string_view& text) {
  double value = 0;
  double place = 1;
  bool digits = false;
  bool fraction = false;
  std::size_t used = 0;
  for (; used < text.size(); ++used) {
    const char c = text[used];
    if (c == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    digits = true;
    if (fraction) {
      place /= 10;
      value += (c - '0') * place;
    } else {
      value = value * 10 + (c - '0');
    }
  }
  text.remove_prefix(used);
  return digits ? value : -1;
}

std::int64_t TakeUnit(std::string_view& text) {
  for (const Unit& unit : kUnits) {
    // `m` of `ms` is no minute.
    const bool longer = unit.name == "m" && text.starts_with("ms");
    if (!text.starts_with(unit.name) || longer) continue;
    text.remove_prefix(unit.name.size());
    return unit.ms;
  }
  return 0;
}

}  // namespace

std::optional<milliseconds> ParseDuration(std::string_view text) {
  if (text == "0") return milliseconds(0);
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const double number = TakeNumber(text);
    const std::int64_t unit = TakeUnit(text);
    if (number < 0 || unit == 0) return std::nullopt;
    total += number * static_cast<double>(unit);
    if (total > kLongestMs) return std::nullopt;
  }
  const double whole = std::round(total);
  if (std::abs(total - whole) > 1e-6) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(whole));
}

std::string FormatDuration(milliseconds value) {
  std::int64_t rest = value.count();
  if (rest <= 0) return "0s";
  std::string text;
  for (const auto& [name, ms] : {kUnits[3], kUnits[2], kUnits[1], kUnits[0]}) {
    if (rest < ms) continue;
    text += std::to_string(rest / ms);
    text += name;
    rest %= ms;
  }
  return text;
}

}  // namespace waypost::model
