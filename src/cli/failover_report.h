#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/failover_test.h"

namespace waypost::cli {

enum class Door : std::uint8_t { kDns = 0, kApi = 1 };
inline constexpr std::size_t kDoors = 2;
inline std::size_t Index(Door door) { return static_cast<std::size_t>(door); }

/// What an answer said about the instance under test.
enum class Said : std::uint8_t {
  kNamed,     ///< it, perhaps among others
  kOthers,    ///< others only
  kEmpty,     ///< nothing: NOERROR without records, no instances
  kNegative,  ///< that there is no such name
  kFailed,    ///< no answer, or an error
};

/// One question and what came of it. Times are since the run began.
struct FailoverAnswer {
  Door door = Door::kDns;
  std::chrono::milliseconds asked{0};
  std::chrono::milliseconds at{0};
  Said said = Said::kOthers;
  std::uint32_t ttl_s = 0;  ///< kNamed on the DNS door: how long a cache may keep it
};

/// All that was seen in one run.
struct FailoverRecord {
  std::vector<FailoverAnswer> answers = {};  ///< of each door in the order of `at`
  std::optional<std::chrono::milliseconds> broken = {};
  std::optional<std::chrono::milliseconds> detected = {};
  /// From when on the server is known to have detected it: naming it is wrong now. Not before `detected`.
  std::optional<std::chrono::milliseconds> known = {};
  /// When it was set right: the pin's end, the recover command's start, or the first good state that was seen.
  std::optional<std::chrono::milliseconds> recovery = {};
  /// When it was last seen unhealthy, once it is healthy again: answers may name it from here on.
  std::optional<std::chrono::milliseconds> bad_until = {};
  bool asks_dns = true;
  /// By door: answers in a row without it that show that it is clean; 1 where each holds all healthy instances.
  std::array<std::size_t, kDoors> decisive = {1, 1};
  /// No other instance is healthy: that it is still answered is right.
  bool fails_open = false;
};

struct WrongAnswers {
  std::uint64_t dns_named = 0;  ///< the dead address, asked for after detection
  std::uint64_t api_named = 0;
  std::uint64_t empty = 0;
  std::uint64_t negative = 0;
  std::uint64_t failed = 0;
  std::uint64_t total() const { return dns_named + api_named + empty + negative + failed; }
};

/// Durations since the breaking (`recovered`: since the recovery); absent: not reached.
struct FailoverReport {
  std::optional<std::chrono::milliseconds> detected = {};
  std::optional<std::chrono::milliseconds> dns_clean = {};
  std::optional<std::chrono::milliseconds> api_clean = {};
  std::optional<std::chrono::milliseconds> caches_clean = {};
  std::optional<std::chrono::milliseconds> recovered = {};
  WrongAnswers wrong = {};
  std::uint32_t ttl_s = 0;  ///< of the last DNS answer with it
};

/// Pure. O(answers).
FailoverReport Analyse(const FailoverRecord& record);

/// What of a report was looked for: the rest is absent by intent.
struct FailoverScope {
  bool dns = true;
  bool clean = true;  ///< false: failing open, it stays in the answers
  bool recovery = true;
};

/// One line of the verdict.
struct FailoverCheck {
  std::string name = {};   ///< "detected", "dns_clean", …: as in JSON, without the unit
  std::string bound = {};  ///< "max-detect"; empty: none was given
  std::string limit = {};  ///< "2s", "0"
  std::string value = {};  ///< "340 ms"; empty: not reached
  double seconds = 0;      ///< the same for JUnit
  bool skipped = false;    ///< not looked for
  bool bound_broken = false;
  bool failed = false;  ///< bound broken, or not reached
};

/// In the order of the report: detected, dns_clean, api_clean, caches_clean, wrong_answers, recovered. Pure.
std::vector<FailoverCheck> Judge(const FailoverReport& report, const FailoverBounds& bounds,
                                 const FailoverScope& scope);

}  // namespace waypost::cli
