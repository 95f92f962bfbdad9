#include "health/causes.h"

#include "waypost/model/duration.h"
#include "waypost/model/health.h"

namespace waypost::health {
namespace {

constexpr std::string_view kHeld = ", held while the checker was suspect";

std::string Join(std::string_view words, const std::string& suffix) {
  std::size_t keep = model::kMaxCause - suffix.size();
  if (words.size() > keep) {
    // Never inside a character of UTF-8.
    while (keep > 0 && (static_cast<unsigned char>(words[keep]) & 0xc0) == 0x80) --keep;
    words = words.substr(0, keep);
  }
  std::string cause(words);
  return cause += suffix;
}

std::string Failures(std::uint32_t failures) { return ", " + Ordinal(failures) + " failure"; }

}  // namespace

std::string Ordinal(std::uint32_t number) {
  const std::uint32_t tens = number % 100;
  const bool teen = tens >= 11 && tens <= 13;
  const char* ending = "th";
  if (!teen && number % 10 == 1) ending = "st";
  if (!teen && number % 10 == 2) ending = "nd";
  if (!teen && number % 10 == 3) ending = "rd";
  return std::to_string(number) + ending;
}

std::string FallCause(std::string_view probe_cause, std::uint32_t failures) {
  return Join(probe_cause, Failures(failures));
}

std::string HeldFallCause(std::string_view probe_cause, std::uint32_t failures) {
  return Join(probe_cause, Failures(failures).append(kHeld));
}

std::string RiseCause(std::uint32_t good_checks) {
  return (good_checks == 1 ? "first" : Ordinal(good_checks)) + " good check";
}

std::string SilenceCause(std::chrono::milliseconds silence) {
  return "no heartbeat for " + model::FormatDuration(silence);
}

std::string HeldSilenceCause(std::chrono::milliseconds silence) { return SilenceCause(silence).append(kHeld); }

}  // namespace waypost::health
