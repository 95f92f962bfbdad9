#pragma once

#include <cstdint>

#include "waypost/view/service_state.h"

namespace waypost::view {

/// Works out which members of a service are answered, and writes it into its chunks (served) and counts. For the
/// editor. While it runs, readers see what was answered before, then both, then what is answered now: never nothing.
class Selection {
 public:
  /// Whether more than health decides: tiers, protection, zones shifted away, or members that wait.
  static bool NeedsRanking(const ServiceState& state);
  /// O(members).
  static void Rank(const ServiceState& state);
  /// The same where health alone decides. O(chunks).
  static void Recount(const ServiceState& state);

  /// What was decided for the service as a whole; members as in ServiceStanding.
  struct Outcome {
    std::uint32_t members = 0;
    std::uint32_t healthy = 0;
    std::uint32_t admitted = 0;
    bool fail_open = false;
    bool protecting = false;
    bool shifting = false;
    std::uint16_t tier = 0;
  };
  /// Decides for the whole service, without a look at single members but for their tier.
  static Outcome Decide(const ServiceState& state);
  /// Which of a chunk's members that outcome serves. With fail_open: none, everyone() is answered.
  static std::uint64_t ServedOf(const Chunk& chunk, const Outcome& outcome);

 private:
  static std::uint64_t CandidatesOf(const Chunk& chunk, const Outcome& outcome);
};

}  // namespace waypost::view
