#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace waypost::cli {

/// What must hold for a failover to pass; absent: not asked for.
struct FailoverBounds {
  std::optional<std::chrono::milliseconds> detect = {};    ///< `--max-detect`
  std::optional<std::chrono::milliseconds> dns = {};       ///< `--max-dns`
  std::optional<std::chrono::milliseconds> api = {};       ///< `--max-api`
  std::optional<std::chrono::milliseconds> caches = {};    ///< `--max-caches`
  std::optional<std::chrono::milliseconds> recovery = {};  ///< `--max-recovery`
  std::optional<std::uint64_t> wrong = {};                 ///< `--max-wrong`
};

struct FailoverOptions {
  static constexpr unsigned kRateMax = 200;  ///< queries a second on a door
  static constexpr std::chrono::milliseconds kDurationMax{3'600'000};

  std::string service = {};                    ///< `srv-…` or `service.namespace`
  std::string instance = {};                   ///< the one that will break; empty: the first healthy one
  std::string endpoint = {};                   ///< empty: WAYPOST_ENDPOINT, then http://127.0.0.1:5380
  std::string dns = {};                        ///< `ADDR:PORT`; empty: the server's first DNS door
  unsigned rate = 20;                          ///< queries a second on each door, 1…kRateMax
  std::chrono::milliseconds duration{60'000};  ///< give up; at most kDurationMax
  bool pin = false;                            ///< break it by a pin
  std::chrono::milliseconds pin_for{10'000};   ///< shorter than `duration`
  std::string run = {};                        ///< `sh -c` command that breaks it
  std::string recover = {};                    ///< `sh -c` command that mends it
  bool no_recovery = false;                    ///< end when it has left all answers
  bool allow_fail_open = false;                ///< start although no other instance is healthy
  FailoverBounds bounds = {};
  bool json = false;
  std::string junit = {};  ///< a file; empty: none
};

/// Asks DNS and DiscoverInstances of a running server while an instance breaks and recovers, and prints when who knew
/// it. SIGINT and SIGTERM end it early; what it pinned is unpinned. Returns the exit code: 0 when everything was
/// reached within the bounds, 1 when not or when it could not start, 2 for options that contradict each other.
int RunFailoverTest(const FailoverOptions& options);

}  // namespace waypost::cli
