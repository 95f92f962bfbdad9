#include "operator/json_time.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace waypost::oper {

std::string FormatTime(model::Timestamp time) {
  using std::chrono::floor;
  using std::chrono::milliseconds;
  using std::chrono::sys_days;
  using std::chrono::sys_time;
  using std::chrono::year;
  constexpr sys_time<milliseconds> kFirst = sys_days(year(0) / 1 / 1);
  constexpr sys_time<milliseconds> kLast = sys_days(year(10'000) / 1 / 1) - milliseconds(1);
  const auto at = std::clamp(sys_time<milliseconds>(milliseconds(time.ms)), kFirst, kLast);
  const auto day = floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

}  // namespace waypost::oper
