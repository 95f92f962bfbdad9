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

/// Draws min(limit, served) of the served members uniformly, in random order, anew each time; when none is served, of
/// everyone. With a `zone` (view::ZoneHash; 0: none) that has served members, of those only. `limit` is cut to
/// Picks::kMax. O(limit) where most members are healthy and the limit is small, else O(members).
void DrawMany(const view::ServiceState& state, std::uint32_t zone, std::uint32_t limit, model::Random& random,
              Picks& picks);

/// The same for the members of one chunk, of which `bits` (not empty) may be answered. Returns how many were put at
/// `out`, which has room for 64.
std::uint32_t DrawFromBits(std::uint64_t bits, std::uint32_t limit, model::Random& random, std::uint8_t* out);

inline constexpr std::uint32_t kNobody = 0xffffffff;
/// Draws one served member, as often as its weight says; members of weight 0 only when all have it. When none is
/// served, of everyone; `zone` as above. kNobody: all wait for their first good check, or there are none.
std::uint32_t DrawOne(const view::ServiceState& state, std::uint32_t zone, model::Random& random);

}  // namespace waypost::dns
