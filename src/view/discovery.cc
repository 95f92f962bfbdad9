#include "waypost/view/discovery.h"

#include <bit>

#include "view/ranking.h"

namespace waypost::view {
namespace {

constexpr std::uint32_t kPerChunk = Chunk::kMembersMax;

/// Which members a query wants, after the service's own rules.
enum class Wanted : std::uint8_t { kHealthy, kHealthyUnshifted, kUnhealthy, kEveryone, kAll };

std::uint64_t OfHealth(const Chunk& chunk, Wanted wanted) {
  switch (wanted) {
    case Wanted::kHealthy:
      return chunk.healthy() & chunk.all();
    case Wanted::kHealthyUnshifted:
      return chunk.healthy() & chunk.all() & ~chunk.shifted();
    case Wanted::kUnhealthy:
      return ~chunk.healthy() & chunk.all();
    case Wanted::kEveryone:
      return chunk.everyone();
    case Wanted::kAll:
      break;
  }
  return chunk.all();
}

Wanted WantedOf(const ServiceState& state, HealthFilter filter) {
  if (filter == HealthFilter::kUnhealthy) return Wanted::kUnhealthy;
  if (filter == HealthFilter::kAll) return Wanted::kAll;
  if (!state.ranked()) return Wanted::kHealthy;
  const Selection::Outcome outcome = Selection::Decide(state);
  if (outcome.protecting && filter == HealthFilter::kHealthyOrElseAll) return Wanted::kEveryone;
  return outcome.shifting ? Wanted::kHealthyUnshifted : Wanted::kHealthy;
}

bool HasAll(const Member& member, std::span<const AttributeFilter> filters) {
  for (const auto& [key, value] : filters) {
    if (!member.HasAttribute(key, value)) return false;
  }
  return true;
}

/// Narrows masks to members that have all the attributes. What the hashes propose is looked at, so the result is exact.
std::uint64_t Narrow(const ServiceState& state, std::span<const AttributeFilter> filters,
                     std::vector<std::uint64_t>& masks, std::size_t from, std::size_t to) {
  std::uint64_t total = 0;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const Chunk& chunk = state.chunk(c);
    std::uint64_t mask = masks[from + c];
    for (const auto& [key, value] : filters) {
      if (mask == 0) break;
      mask &= chunk.WithAttribute(AttributeHash(key, value));
    }
    for (std::uint64_t rest = mask; rest != 0 && !filters.empty(); rest &= rest - 1) {
      const auto i = static_cast<std::uint32_t>(std::countr_zero(rest));
      if (!HasAll(chunk.member(i), filters)) mask &= ~(1ULL << i);
    }
    masks[to + c] = mask;
    total += static_cast<std::uint64_t>(std::popcount(mask));
  }
  return total;
}

/// Fills masks[0, chunks) with the members that match attributes (required, and optional where any has them) and
/// health.
std::uint64_t Match(const ServiceState& state, const DiscoverQuery& query, Wanted wanted,
                    std::vector<std::uint64_t>& masks) {
  const std::size_t chunks = state.chunk_count();
  masks.resize(chunks * 2);
  for (std::uint32_t c = 0; c < chunks; ++c) masks[c] = OfHealth(state.chunk(c), wanted);
  const std::uint64_t total = Narrow(state, query.required, masks, 0, 0);
  if (query.optional.empty() || total == 0) return total;
  const std::uint64_t preferred = Narrow(state, query.optional, masks, 0, chunks);
  if (preferred == 0) return total;
  std::copy(masks.begin() + static_cast<std::ptrdiff_t>(chunks), masks.end(), masks.begin());
  return preferred;
}

}  // namespace

std::uint32_t Discover(const ServiceState& live, const DiscoverQuery& query, model::Random& random,
                       DiscoverScratch& scratch, std::string& out) {
  const ServiceState& state = live.answering();
  const ServiceConfig& config = state.config();
  // Where nothing reports health only pins and shifted zones can leave anybody out.
  const HealthFilter health = config.has_health() ? query.health : HealthFilter::kHealthyOrElseAll;
  std::uint64_t total = Match(state, query, WantedOf(state, health), scratch.masks);
  if (total == 0 && health == HealthFilter::kHealthyOrElseAll) {
    total = Match(state, query, Wanted::kEveryone, scratch.masks);
  }
  scratch.picks.clear();
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    for (std::uint64_t rest = scratch.masks[c]; rest != 0; rest &= rest - 1) {
      scratch.picks.push_back(c * kPerChunk + static_cast<std::uint32_t>(std::countr_zero(rest)));
    }
  }
  const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(total, query.max_results));
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t other = i + random.Below(static_cast<std::uint32_t>(scratch.picks.size()) - i);
    std::swap(scratch.picks[i], scratch.picks[other]);
    const std::uint32_t index = scratch.picks[i];
    const Chunk& chunk = state.chunk(index / kPerChunk);
    if (i != 0) out += ',';
    out += chunk.member(index % kPerChunk).discovery_json();
    out += config.tails[static_cast<std::size_t>(chunk.health(index % kPerChunk))];
  }
  return count;
}

}  // namespace waypost::view
