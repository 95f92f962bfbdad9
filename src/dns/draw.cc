#include "dns/draw.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace waypost::dns {
namespace {

using model::Random;
using view::Chunk;
using view::ServiceState;

constexpr std::uint32_t kRejectionMax = 32;  // picks; above, telling a repetition costs more than a walk
constexpr std::uint32_t kTriesPerPick = 8;

/// Of whom is drawn.
struct Pool {
  bool everyone = false;
  std::uint32_t zone = 0;  // 0: of any
};

std::uint64_t BitsOf(const Chunk& chunk, Pool pool) {
  const std::uint64_t bits = pool.everyone ? chunk.everyone() : chunk.served() & chunk.all();
  if (pool.zone == 0) return bits;
  std::uint64_t in_zone = 0;
  for (std::uint64_t rest = bits; rest != 0; rest &= rest - 1) {
    const auto i = static_cast<std::uint32_t>(std::countr_zero(rest));
    if (chunk.member(i).zone() == pool.zone) in_zone |= 1ULL << i;
  }
  return in_zone;
}

std::uint32_t CountBits(const ServiceState& state, Pool pool) {
  std::uint32_t total = 0;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    total += static_cast<std::uint32_t>(std::popcount(BitsOf(state.chunk(c), pool)));
  }
  return total;
}

/// Several small uniform numbers out of one random word: each is cut off the top by multiplication. The product of all
/// bounds drawn from a word stays below 2^32, so the bias below 2^-32.
class SmallNumbers {
 public:
  explicit SmallNumbers(Random& random) : random_(random) {}
  /// Uniform in [0, bound), bound 1…64.
  std::uint32_t Below(std::uint32_t bound) {
    if (left_ == 0) {
      word_ = random_.Next();
      left_ = kPerWord;
    }
    --left_;
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(word_) * bound;
    word_ = static_cast<std::uint64_t>(product);
    return static_cast<std::uint32_t>(product >> 64);
  }

 private:
  static constexpr unsigned kPerWord = 5;  // 64^5 = 2^30
  Random& random_;
  std::uint64_t word_ = 0;
  unsigned left_ = 0;
};

/// Tries members at random until `want` different ones that may be answered are found. False: too many tries.
bool DrawByRejection(const ServiceState& state, Pool pool, std::uint32_t want, Random& random, Picks& picks) {
  picks.count = 0;
  for (std::uint32_t tries = want * kTriesPerPick; picks.count < want && tries != 0; --tries) {
    const std::uint32_t index = random.Below(state.count());
    const std::uint64_t bits = BitsOf(state.chunk(index / Chunk::kMembersMax), pool);
    if ((bits >> (index % Chunk::kMembersMax) & 1) == 0) continue;
    const auto* end = picks.index.begin() + picks.count;
    if (std::find(picks.index.cbegin(), end, index) == end) picks.index[picks.count++] = index;
  }
  return picks.count == want;
}

/// One walk over all members that takes each with the right probability (Knuth's algorithm S), then a shuffle. The
/// health bits may change between the count and the walk: then a few more or fewer are taken, never none of many.
void DrawByWalk(const ServiceState& state, Pool pool, std::uint32_t total, std::uint32_t want, Random& random,
                Picks& picks) {
  picks.count = 0;
  for (std::uint32_t c = 0; c < state.chunk_count() && picks.count < want; ++c) {
    for (std::uint64_t bits = BitsOf(state.chunk(c), pool); bits != 0 && picks.count < want; bits &= bits - 1) {
      if (total > want - picks.count && random.Below(total) >= want - picks.count) {
        --total;
        continue;
      }
      if (total > 0) --total;
      picks.index[picks.count++] = c * Chunk::kMembersMax + static_cast<std::uint32_t>(std::countr_zero(bits));
    }
  }
  for (std::uint32_t i = picks.count; i > 1; --i) std::swap(picks.index[i - 1], picks.index[random.Below(i)]);
}

std::uint32_t NthBit(std::uint64_t bits, std::uint32_t n) {
  for (; n != 0; --n) bits &= bits - 1;
  return static_cast<std::uint32_t>(std::countr_zero(bits));
}

/// The member at which `ticket` falls, when each that may be answered holds `weighted ? weight : 1` tickets.
std::uint32_t MemberOfTicket(const ServiceState& state, Pool pool, bool weighted, std::uint64_t ticket) {
  std::uint32_t last = 0;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const Chunk& chunk = state.chunk(c);
    std::uint64_t bits = BitsOf(chunk, pool);
    const auto here = static_cast<std::uint32_t>(std::popcount(bits));
    if (!weighted && ticket < here) return c * Chunk::kMembersMax + NthBit(bits, static_cast<std::uint32_t>(ticket));
    if (!weighted) ticket -= here;
    for (; weighted && bits != 0; bits &= bits - 1) {
      const auto i = static_cast<std::uint32_t>(std::countr_zero(bits));
      const std::uint64_t weight = chunk.member(i).weight();
      last = c * Chunk::kMembersMax + i;
      if (ticket < weight) return last;
      ticket -= weight;
    }
  }
  return last;  // the bits changed since they were counted
}

std::uint64_t SumWeights(const ServiceState& state, Pool pool) {
  std::uint64_t sum = 0;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const Chunk& chunk = state.chunk(c);
    for (std::uint64_t bits = BitsOf(chunk, pool); bits != 0; bits &= bits - 1) {
      sum += chunk.member(static_cast<std::uint32_t>(std::countr_zero(bits))).weight();
    }
  }
  return sum;
}

}  // namespace

std::uint32_t DrawFromBits(std::uint64_t bits, std::uint32_t limit, Random& random, std::uint8_t* out) {
  std::uint32_t count = 0;
  for (; bits != 0; bits &= bits - 1) out[count++] = static_cast<std::uint8_t>(std::countr_zero(bits));
  const std::uint32_t want = std::min(limit, count);
  SmallNumbers numbers(random);
  for (std::uint32_t i = 0; i < want; ++i) std::swap(out[i], out[i + numbers.Below(count - i)]);
  return want;
}

namespace {

/// The pool that has somebody, of those that may answer; `count` is how many.
Pool ChoosePool(const ServiceState& state, std::uint32_t zone, std::uint32_t& count) {
  if (zone != 0) {
    count = CountBits(state, {false, zone});
    if (count != 0) return {false, zone};
  }
  count = CountBits(state, {});
  if (count != 0) return {};
  count = CountBits(state, {true, 0});
  return {true, 0};
}

}  // namespace

void DrawMany(const ServiceState& state, std::uint32_t zone, std::uint32_t limit, Random& random, Picks& picks) {
  picks.count = 0;
  if (state.count() == 0) return;
  limit = std::min(limit, Picks::kMax);
  if (state.chunk_count() == 1 && zone == 0) {
    const Chunk& chunk = state.chunk(0);
    const std::uint64_t served = BitsOf(chunk, {});
    std::uint8_t drawn[Chunk::kMembersMax];
    picks.count = DrawFromBits(served != 0 ? served : chunk.everyone(), limit, random, drawn);
    std::copy_n(drawn, picks.count, picks.index.begin());
    return;
  }
  const std::uint32_t served = state.served_count();
  const bool many = zone == 0 && limit <= kRejectionMax && served >= limit * 2;
  if (many && DrawByRejection(state, {}, limit, random, picks)) return;
  std::uint32_t count = 0;
  const Pool pool = ChoosePool(state, zone, count);
  DrawByWalk(state, pool, count, std::min(limit, count), random, picks);
  // All left the pool since they were counted.
  if (picks.count == 0) DrawByWalk(state, {true, 0}, state.count(), std::min(limit, state.count()), random, picks);
}

std::uint32_t DrawOne(const ServiceState& state, std::uint32_t zone, Random& random) {
  std::uint32_t count = 0;
  const Pool pool = ChoosePool(state, zone, count);
  if (count == 0) return kNobody;
  const std::uint64_t weights = state.uniform_weights() ? 0 : SumWeights(state, pool);
  const bool weighted = weights != 0;
  // Weights sum to 2^16 times the members at most, which may be more than 32 bits.
  const std::uint64_t ticket = weighted ? random.Next() % weights : random.Below(count);
  return MemberOfTicket(state, pool, weighted, ticket);
}

}  // namespace waypost::dns
