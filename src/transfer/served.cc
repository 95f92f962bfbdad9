#include "transfer/served.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace waypost::transfer {

using view::Chunk;
using view::Member;

std::vector<const Member*> ServedMembers(const view::ServiceState& state) {
  // Read once: health may change meanwhile.
  std::vector<std::uint64_t> served(state.chunk_count());
  bool any = false;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    served[c] = state.chunk(c).served() & state.chunk(c).all();
    any = any || served[c] != 0;
  }
  std::vector<const Member*> members;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const Chunk& chunk = state.chunk(c);
    for (std::uint64_t bits = any ? served[c] : chunk.everyone(); bits != 0; bits &= bits - 1) {
      members.push_back(&chunk.member(static_cast<std::uint32_t>(std::countr_zero(bits))));
    }
  }
  const auto has_weight = [](const Member* member) { return member->weight() != 0; };
  if (state.weighted() && std::any_of(members.begin(), members.end(), has_weight)) {
    std::erase_if(members, [&](const Member* member) { return !has_weight(member); });
  }
  return members;
}

const Member* StandIn(const std::vector<const Member*>& members, std::string_view before) {
  const Member* best = nullptr;
  for (const Member* member : members) {
    if (member->id() == before) return member;
    const bool heavier = best != nullptr && member->weight() != best->weight()
                             ? member->weight() > best->weight()
                             : best == nullptr || member->id() < best->id();
    if (heavier) best = member;
  }
  return best;
}

}  // namespace waypost::transfer
