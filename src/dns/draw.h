#pragma once

#include <array>
#include <cstdint>

#include "waypost/model/random.h"
#include "waypost/view/service_state.h"

namespace waypost::dns {

/// Members drawn for one answer, in the order in which they are answered. Large, so it is reused: one a thread.
struct Picks {
  /// The most records that any message holds: 65,535 octets of 16 each.
  static constexpr std::uint32_t kMax = 4096;
  std::uint32_t count = 0;
  std::array<std::uint32_t, kMax> index;
};

/// Draws min(limit, healthy) of the healthy members uniformly, in random order, anew each time; when none is healthy,
/// as if all were. `limit` is cut to Picks::kMax. O(limit) where most members are healthy and the limit is small, else
/// O(members).
void DrawMany(const view::ServiceState& state, std::uint32_t limit, model::Random& random, Picks& picks);

/// The same for the members of one chunk, of which `bits` (not empty) may be answered. Returns how many were put at
/// `out`, which has room for 64.
std::uint32_t DrawFromBits(std::uint64_t bits, std::uint32_t limit, model::Random& random, std::uint8_t* out);

/// Draws one healthy member, as often as its weight says; members of weight 0 only when all have it. When none is
/// healthy, as if all were. The state must have members.
std::uint32_t DrawOne(const view::ServiceState& state, model::Random& random);

}  // namespace waypost::dns
