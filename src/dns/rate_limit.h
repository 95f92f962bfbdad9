#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "waypost/dns/address.h"
#include "waypost/dns/server.h"

namespace waypost::dns {

/// A bucket that fills at a fixed rate and holds a second's worth, in 64 bits: when it will be full again, a count of
/// what it refused, and whose it is. Safe from any thread, without locks.
class TokenBucket {
 public:
  enum class Verdict : std::uint8_t { kTaken, kSlipped, kEmpty };

  /// Takes one of `rate` a second (1…1,000,000). Each `slip`th (0: none) that finds nothing is kSlipped. A bucket of
  /// another's tag is made this one's, and full.
  Verdict Take(std::uint64_t now_ns, std::uint32_t rate, std::uint32_t slip, std::uint16_t tag);
  std::uint16_t tag() const { return static_cast<std::uint16_t>(word_.load(std::memory_order_relaxed) >> 48); }
  /// How long until it is full again, in ticks; 0: it is.
  std::uint64_t Debt(std::uint64_t now_ns) const;

 private:
  std::atomic<std::uint64_t> word_{0};
};

/// Bounds what goes out by UDP, where clients can be forged (RateLimits). One for all threads.
class RateLimiter {
 public:
  static constexpr std::uint32_t kRateMax = 1'000'000;
  static constexpr std::uint32_t kSlipMax = 255;

  /// `seed`: of the hash that spreads networks over the table.
  RateLimiter(const RateLimits& limits, std::uint64_t seed);

  /// Whether Limit has anything to look at: cheap, and mostly false unless responses are limited.
  bool Concerns(const std::uint8_t* response) const {
    return lines_ != nullptr || (response[3] & 0x0f) != 0 || (response[6] | response[7]) == 0;
  }
  /// What of the whole response of `size` octets is to be sent: all of it, what is left after it was cut down to TC, or
  /// 0, nothing. `now`: a steady clock's.
  std::size_t Limit(std::uint8_t* response, std::size_t size, const Address& client,
                    std::chrono::steady_clock::time_point now);
  /// Responses that were withheld or cut down.
  std::uint64_t limited() const { return limited_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kWays = 8;      // buckets that share a cache line
  static constexpr std::size_t kLines = 8192;  // 65,536 buckets, 512 KiB
  struct alignas(64) Line {
    std::array<TokenBucket, kWays> buckets;
  };
  TokenBucket& Find(std::uint64_t hash, std::uint64_t now_ns);

  const RateLimits limits_;
  const std::uint64_t seed_;
  std::unique_ptr<Line[]> lines_;
  TokenBucket errors_;
  std::atomic<std::uint64_t> limited_{0};
};

/// Cuts a whole response down to header, question and OPT, with TC and NOERROR; returns its new size.
std::size_t CutToTruncated(std::uint8_t* response, std::size_t size);

}  // namespace waypost::dns
