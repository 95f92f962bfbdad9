#include "waypost/view/selection.h"

#include <algorithm>
#include <bit>

#include "view/ranking.h"
#include "waypost/model/hash.h"

namespace waypost::view {
namespace {

constexpr std::uint32_t kPerChunk = Chunk::kMembersMax;

std::uint32_t Count(std::uint64_t bits) { return static_cast<std::uint32_t>(std::popcount(bits)); }

template <class Visit>
void ForBits(std::uint64_t bits, Visit visit) {
  for (; bits != 0; bits &= bits - 1) visit(static_cast<std::uint32_t>(std::countr_zero(bits)));
}

bool Has(std::uint64_t bits, std::uint32_t i) { return (bits >> i & 1) != 0; }

}  // namespace

std::uint32_t ZoneHash(std::string_view zone) {
  if (zone.empty()) return 0;
  const auto hash = static_cast<std::uint32_t>(model::Hash64(zone));
  return hash == 0 ? 1 : hash;
}

bool Selection::NeedsRanking(const ServiceState& state) {
  if (state.config().tuning.protect > 0) return true;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const Chunk& chunk = state.chunk(c);
    if (chunk.shifted() != 0) return true;
    for (std::uint32_t i = 0; i < chunk.count(); ++i) {
      if (chunk.member(i).priority() != 0) return true;
    }
  }
  return false;
}

std::uint64_t Selection::CandidatesOf(const Chunk& chunk, const Outcome& outcome) {
  if (outcome.protecting) return chunk.everyone();
  return chunk.healthy() & chunk.all() & ~(outcome.shifting ? chunk.shifted() : 0);
}

Selection::Outcome Selection::Decide(const ServiceState& state) {
  Outcome outcome;
  std::uint32_t elsewhere = 0;  // healthy, and not in a shifted zone
  bool shifted = false;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const Chunk& chunk = state.chunk(c);
    const std::uint64_t healthy = chunk.healthy() & chunk.all();
    outcome.members += chunk.count();
    outcome.healthy += Count(healthy);
    outcome.admitted += Count(chunk.everyone());
    elsewhere += Count(healthy & ~chunk.shifted());
    shifted = shifted || (healthy & chunk.shifted()) != 0;
  }
  outcome.fail_open = outcome.healthy == 0;
  if (outcome.fail_open) return outcome;
  const double needed = state.config().tuning.protect * static_cast<double>(outcome.admitted);
  outcome.protecting = static_cast<double>(outcome.healthy) < needed;
  if (outcome.protecting) return outcome;
  outcome.shifting = shifted && elsewhere != 0;
  outcome.tier = 0xffff;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const Chunk& chunk = state.chunk(c);
    ForBits(CandidatesOf(chunk, outcome),
            [&](std::uint32_t i) { outcome.tier = std::min(outcome.tier, chunk.member(i).priority()); });
  }
  return outcome;
}

std::uint64_t Selection::ServedOf(const Chunk& chunk, const Outcome& outcome) {
  if (outcome.fail_open) return 0;
  const std::uint64_t candidates = CandidatesOf(chunk, outcome);
  if (outcome.protecting) return candidates;
  std::uint64_t served = 0;
  ForBits(candidates, [&](std::uint32_t i) {
    if (chunk.member(i).priority() == outcome.tier) served |= 1ULL << i;
  });
  return served;
}

void Selection::Rank(const ServiceState& state) {
  const Outcome outcome = Decide(state);
  std::uint32_t count = 0;
  // What is to be answered comes in before what is not goes out.
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const std::uint64_t served = ServedOf(state.chunk(c), outcome);
    state.chunk(c).served_.fetch_or(served, std::memory_order_release);
    count += Count(served);
  }
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    state.chunk(c).served_.fetch_and(ServedOf(state.chunk(c), outcome), std::memory_order_release);
  }
  state.served_count_.store(count, std::memory_order_release);
}

void Selection::Recount(const ServiceState& state) {
  std::uint32_t count = 0;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const std::uint64_t healthy = state.chunk(c).healthy() & state.chunk(c).all();
    // As in Rank: never nothing in between.
    state.chunk(c).served_.fetch_or(healthy, std::memory_order_release);
    count += Count(healthy);
  }
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    state.chunk(c).served_.fetch_and(state.chunk(c).healthy(), std::memory_order_release);
  }
  state.served_count_.store(count, std::memory_order_release);
}

namespace {

MemberStanding StandingOf(const Chunk& chunk, std::uint32_t i, std::optional<model::PinState> pin,
                          model::HealthState measured) {
  MemberStanding standing;
  standing.health = chunk.health(i);
  standing.measured = measured;
  standing.pin = pin;
  standing.waiting = !Has(chunk.everyone(), i);
  return standing;
}

/// Leaves out what the client's zone and weights leave out of those that may be drawn.
void Narrow(const ServiceState& state, std::uint32_t client_zone, Standings& out) {
  bool in_zone = false;
  bool any_weight = false;
  for (const MemberStanding& standing : out.members) {
    const Member& member = state.member(standing.index);
    in_zone = in_zone || (standing.in_dns && client_zone != 0 && member.zone() == client_zone);
  }
  out.service.affinity = state.zone_affinity() && in_zone;
  for (MemberStanding& standing : out.members) {
    const Member& member = state.member(standing.index);
    if (out.service.affinity && standing.in_dns && member.zone() != client_zone) {
      standing.other_zone = true;
      standing.in_dns = false;
    }
    any_weight = any_weight || (standing.in_dns && member.weight() != 0);
  }
  for (MemberStanding& standing : out.members) {
    const bool never = state.weighted() && any_weight && state.member(standing.index).weight() == 0;
    if (!standing.in_dns || !never) continue;
    standing.weight_zero = true;
    standing.in_dns = false;
  }
}

}  // namespace

Standings Explain(const ServiceState& live, std::uint32_t client_zone) {
  const ServiceState& state = live.answering();
  const Selection::Outcome outcome = Selection::Decide(state);
  Standings out;
  out.service = {outcome.members,    outcome.healthy,  outcome.admitted, outcome.fail_open,
                 outcome.protecting, outcome.shifting, outcome.tier,     false,
                 &state != &live};
  out.members.reserve(state.count());
  for (std::uint32_t index = 0; index < state.count(); ++index) {
    const Chunk& chunk = state.chunk(index / kPerChunk);
    const std::uint32_t i = index % kPerChunk;
    MemberStanding standing = StandingOf(chunk, i, chunk.pin(i), chunk.measured(i));
    standing.index = index;
    const std::uint64_t drawn = outcome.fail_open ? chunk.everyone() : chunk.served();
    standing.in_dns = Has(drawn, i);
    const bool healthy = Has(chunk.healthy(), i);
    standing.shifted = outcome.shifting && healthy && Has(chunk.shifted(), i);
    const bool candidate = healthy && !standing.shifted && !outcome.protecting;
    standing.lower_tier = candidate && chunk.member(i).priority() > outcome.tier;
    const bool all = outcome.fail_open || outcome.protecting;
    standing.in_discovery = all ? Has(chunk.everyone(), i) : healthy && !standing.shifted;
    out.members.push_back(standing);
  }
  Narrow(state, client_zone, out);
  return out;
}

}  // namespace waypost::view
