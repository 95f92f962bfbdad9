#include "zone/period.h"

#include "waypost/model/owner_name.h"

namespace waypost::zone {
namespace {

constexpr std::uint64_t kTooMuch = 1ULL << 40;  // far above every limit, far below an overflow

std::uint64_t SecondsOf(char unit) {
  switch (model::Fold(unit)) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86400;
    case 'w':
      return 604800;
    default:
      return 0;
  }
}

}  // namespace

std::optional<std::uint32_t> ReadNumber(std::string_view text, std::uint32_t max) {
  if (text.empty()) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
    if (number > max) return std::nullopt;
  }
  return static_cast<std::uint32_t>(number);
}

std::optional<std::uint32_t> ReadPeriod(std::string_view text, std::uint32_t max) {
  if (text.empty()) return std::nullopt;
  std::uint64_t sum = 0;
  std::uint64_t number = 0;
  bool has_digits = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
      has_digits = true;
    } else {
      const std::uint64_t seconds = SecondsOf(c);
      if (seconds == 0 || !has_digits) return std::nullopt;
      sum += number * seconds;
      number = 0;
      has_digits = false;
    }
    if (number > kTooMuch || sum > kTooMuch) return std::nullopt;
  }
  sum += number;
  // `1h30`: is it minutes or seconds?
  const bool is_mixed = has_digits && sum != number;
  if (is_mixed || sum > max) return std::nullopt;
  return static_cast<std::uint32_t>(sum);
}

}  // namespace waypost::zone
