#include "dns/rate_limit.h"

#include <algorithm>
#include <cstring>

#include "waypost/dns/protocol.h"
#include "waypost/dns/wire.h"
#include "waypost/model/hash.h"

namespace waypost::dns {
namespace {

// A bucket's word: 16 bits of tag, 8 of refusals, 40 of the time when it is full again, in ticks of 64 ns, which wrap
// around after 19 hours. What lies further ahead than a second is a time long past.
constexpr unsigned kTickShift = 6;
constexpr unsigned kTimeBits = 40;
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << kTimeBits) - 1;
constexpr std::uint64_t kSecond = 1'000'000'000 >> kTickShift;
constexpr unsigned kExchangesMax = 8;

std::uint64_t DebtOf(std::uint64_t word, std::uint64_t now) {
  const std::uint64_t debt = (word - now) & kTimeMask;
  return debt <= kSecond ? debt : 0;
}

std::uint64_t Pack(std::uint16_t tag, std::uint64_t refused, std::uint64_t full_at) {
  return std::uint64_t{tag} << 48 | (refused & 0xff) << kTimeBits | (full_at & kTimeMask);
}

/// The octet behind the name at `at`; `size` when it does not end.
std::size_t SkipName(const std::uint8_t* message, std::size_t size, std::size_t at) {
  while (at < size) {
    if (message[at] == 0) return at + 1;
    if (message[at] >= 0xc0) return std::min(at + 2, size);
    at += 1U + message[at];
  }
  return size;
}

std::size_t SkipQuestions(const std::uint8_t* message, std::size_t size) {
  std::size_t at = kHeaderOctets;
  for (unsigned left = Load16(message + 4); left != 0 && at < size; --left) at = SkipName(message, size, at) + 4;
  return std::min(at, size);
}

/// The end of the record at `at`.
std::size_t SkipRecord(const std::uint8_t* message, std::size_t size, std::size_t at) {
  at = SkipName(message, size, at);
  return at + 10 > size ? size : std::min(at + 10U + Load16(message + at + 8), size);
}

bool IsOpt(const std::uint8_t* message, std::size_t size, std::size_t at) {
  return at + kOptOctets <= size && message[at] == 0 && Load16(message + at + 1) == static_cast<unsigned>(Type::kOpt);
}

enum class Kind : std::uint8_t { kAnswer, kNegative, kError };

Kind KindOf(const std::uint8_t* message, std::size_t size) {
  const auto rcode = static_cast<Rcode>(message[3] & 0x0f);
  const unsigned answers = Load16(message + 6), authority = Load16(message + 8), additional = Load16(message + 10);
  if (rcode == Rcode::kNxDomain) return Kind::kNegative;
  if (rcode != Rcode::kNoError && rcode != Rcode::kYxDomain) return Kind::kError;
  if (answers != 0) return Kind::kAnswer;
  if (authority != 0 || additional == 0) return Kind::kNegative;
  // The upper bits of response codes above 15 are in the OPT record.
  const std::size_t opt = SkipQuestions(message, size);
  return IsOpt(message, size, opt) && message[opt + 5] != 0 ? Kind::kError : Kind::kNegative;
}

/// Errors that cost the client nothing to provoke.
bool IsCapped(Kind kind, const std::uint8_t* message) {
  return kind == Kind::kError && static_cast<Rcode>(message[3] & 0x0f) != Rcode::kServFail;
}

std::uint64_t HashOf(const Address& client, Kind kind, std::uint64_t seed) {
  // One network: /24 or /56.
  char key[9] = {static_cast<char>(kind), static_cast<char>(client.size)};
  const std::size_t octets = client.is_v4() ? 3 : 7;
  std::memcpy(key + 2, client.octets.data(), octets);
  return model::Hash64({key, 2 + octets}, seed);
}

}  // namespace

TokenBucket::Verdict TokenBucket::Take(std::uint64_t now_ns, std::uint32_t rate, std::uint32_t slip,
                                       std::uint16_t tag) {
  const std::uint64_t now = now_ns >> kTickShift;
  const std::uint64_t step = std::max<std::uint64_t>(kSecond / rate, 1);
  std::uint64_t word = word_.load(std::memory_order_relaxed);
  for (unsigned tries = 0; tries < kExchangesMax; ++tries) {
    const bool ours = static_cast<std::uint16_t>(word >> 48) == tag;
    const std::uint64_t debt = ours ? DebtOf(word, now) : 0;
    std::uint64_t refused = ours ? word >> kTimeBits & 0xff : 0;
    Verdict verdict = Verdict::kTaken;
    std::uint64_t full_at = now + debt;
    if (debt + step <= kSecond) {
      full_at += step;
    } else if (slip != 0 && ++refused >= slip) {
      refused = 0;
      verdict = Verdict::kSlipped;
    } else {
      verdict = Verdict::kEmpty;
    }
    if (word_.compare_exchange_weak(word, Pack(tag, refused, full_at), std::memory_order_relaxed)) return verdict;
  }
  return Verdict::kTaken;  // many threads at one bucket: a few answers too many
}

std::uint64_t TokenBucket::Debt(std::uint64_t now_ns) const {
  return DebtOf(word_.load(std::memory_order_relaxed), now_ns >> kTickShift);
}

RateLimiter::RateLimiter(const RateLimits& limits, std::uint64_t seed) : limits_(limits), seed_(seed) {
  if (limits.responses_per_second != 0) lines_ = std::make_unique<Line[]>(kLines);
}

/// The bucket of this network and kind, or the one of its line that comes closest to being full.
TokenBucket& RateLimiter::Find(std::uint64_t hash, std::uint64_t now_ns) {
  Line& line = lines_[hash % kLines];
  const auto tag = static_cast<std::uint16_t>(hash >> 48);
  TokenBucket* best = nullptr;
  std::uint64_t least = ~std::uint64_t{0};
  for (TokenBucket& bucket : line.buckets) {
    if (bucket.tag() == tag) return bucket;
    if (const std::uint64_t debt = bucket.Debt(now_ns); debt < least) {
      least = debt;
      best = &bucket;
    }
  }
  return *best;
}

std::size_t RateLimiter::Limit(std::uint8_t* response, std::size_t size, const Address& client,
                               std::chrono::steady_clock::time_point now) {
  const auto now_ns = static_cast<std::uint64_t>(now.time_since_epoch().count());
  const Kind kind = KindOf(response, size);
  auto verdict = TokenBucket::Verdict::kTaken;
  if (limits_.errors_per_second != 0 && IsCapped(kind, response)) {
    verdict = errors_.Take(now_ns, limits_.errors_per_second, 0, 0);
  }
  if (limits_.responses_per_second != 0 && verdict == TokenBucket::Verdict::kTaken) {
    const std::uint64_t hash = HashOf(client, kind, seed_);
    verdict = Find(hash, now_ns)
                  .Take(now_ns, limits_.responses_per_second, limits_.slip, static_cast<std::uint16_t>(hash >> 48));
  }
  if (verdict == TokenBucket::Verdict::kTaken) return size;
  limited_.fetch_add(1, std::memory_order_relaxed);
  return verdict == TokenBucket::Verdict::kSlipped ? CutToTruncated(response, size) : 0;
}

std::size_t CutToTruncated(std::uint8_t* response, std::size_t size) {
  const std::size_t question_end = SkipQuestions(response, size);
  std::size_t at = question_end;
  unsigned left = Load16(response + 6) + Load16(response + 8) + Load16(response + 10);
  while (left != 0 && at < size && !IsOpt(response, size, at)) {
    at = SkipRecord(response, size, at);
    --left;
  }
  const bool has_opt = left != 0 && at < size;
  std::size_t end = question_end;
  if (has_opt) {
    const std::size_t opt_size = SkipRecord(response, size, at) - at;
    std::memmove(response + question_end, response + at, opt_size);
    response[question_end + 5] = 0;  // the upper bits of the response code
    end += opt_size;
  }
  const unsigned flags = Load16(response + 2);
  Store16(response + 2, static_cast<std::uint16_t>((flags & ~0x0fU) | kFlagTruncated));
  Store16(response + 6, 0);
  Store16(response + 8, 0);
  Store16(response + 10, has_opt ? 1 : 0);
  return end;
}

}  // namespace waypost::dns
