#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <utility>

#include "health/schedule.h"

namespace waypost::health {

/// How many instances, of how many services, must fail at once before the checker suspects itself.
inline constexpr std::uint32_t kSuspectTargetsMin = 10;
inline constexpr std::uint32_t kSuspectServicesMin = 5;

/// What an instance says of the checker; lives beside the instance and must not move.
struct Witness {
  enum class Says : std::uint8_t {
    kNothing,  ///< not checked yet, or failing for so long that it is the instance
    kGood,
    kFailing,  ///< its last results are bad, and were good, or none, a short time ago
  };
  Says says = Says::kNothing;
  bool failed = false;                     ///< its last result was bad
  Instant until = {};                      ///< kFailing: so long the failure is a recent one
  std::uint32_t* service_count = nullptr;  ///< kFailing: how many of the same service are
};

/// Finds out when it is the checker itself that is cut off: more instances began to fail within a short time than are
/// good now, and in many services. Then falls are held back, for a bounded time.
///
/// An episode ends when the good ones are the majority again, or after `hold`; after that it does not begin again
/// before the good ones have been the majority of what is good or has failed lately. While it lasts, recent failures
/// stay recent.
class Suspicion {
 public:
  /// 0: never.
  explicit Suspicion(std::chrono::milliseconds hold) : hold_(hold) {}

  void Good(Witness& witness);
  /// `recent`: for how long a failure that begins now counts as recent. `service_count` is shared by the witnesses of
  /// one service, starts at 0 and is this class's to change.
  void Bad(Witness& witness, Instant now, std::chrono::milliseconds recent, std::uint32_t& service_count);
  /// A failure that was to be expected, of an instance that is unhealthy already.
  void BadAsKnown(Witness& witness);
  /// The instance is no more, or is not checked any more.
  void Leave(Witness& witness);

  enum class Change : std::uint8_t { kNone, kBegan, kRecovered, kTimedOut };
  /// To be called after results and no later than next().
  Change Judge(Instant now);

  bool suspect() const { return phase_ == Phase::kSuspect; }
  /// When Judge is due even if nothing happens.
  Instant next() const { return suspect() ? ends_ : kNever; }
  std::uint32_t failing() const { return static_cast<std::uint32_t>(failing_.size()); }
  std::uint32_t good() const { return good_; }
  std::uint32_t services() const { return services_; }

 private:
  enum class Phase : std::uint8_t { kCalm, kSuspect, kSpent };
  void Silence(Witness& witness);

  std::chrono::milliseconds hold_;
  Phase phase_ = Phase::kCalm;
  Instant ends_ = {};
  std::set<std::pair<Instant, Witness*>> failing_;  // by `until`
  std::uint32_t services_ = 0;                      // that have some in failing_
  std::uint32_t good_ = 0;
};

}  // namespace waypost::health
