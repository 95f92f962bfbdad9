#include "dns/cookie.h"

#include <bit>
#include <cstring>

#include "waypost/dns/wire.h"

namespace waypost::dns {
namespace {

constexpr std::size_t kClientOctets = 8;
constexpr std::size_t kWholeOctets = 24;
constexpr std::size_t kHashAt = 16;  // behind client part, version, reserved, time
// Seconds: how old a cookie may be, how far ahead its maker's clock, and from when on it is made anew (RFC 9018 4.3).
constexpr std::int32_t kAgeMax = 3600;
constexpr std::int32_t kAheadMax = 300;
constexpr std::int32_t kRenewAge = 1800;

std::uint64_t LoadLittle(const std::uint8_t* at, std::size_t count) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) word |= static_cast<std::uint64_t>(at[i]) << (8 * i);
  return word;
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;
  void Rounds(unsigned count) {
    while (count-- != 0) {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
  }
  void Take(std::uint64_t word) {
    v3 ^= word;
    Rounds(2);
    v0 ^= word;
  }
};

/// The hash over what stands before it and the client's address (RFC 9018 4.4).
std::uint64_t HashOf(const CookieSecret& secret, const Address& client, const std::uint8_t* cookie) {
  std::array<std::uint8_t, kHashAt + 16> input;
  std::memcpy(input.data(), cookie, kHashAt);
  std::memcpy(input.data() + kHashAt, client.octets.data(), client.size);
  return SipHash24(secret, {input.data(), kHashAt + client.size});
}

}  // namespace

std::uint64_t SipHash24(const CookieSecret& key, std::span<const std::uint8_t> octets) {
  const std::uint64_t k0 = LoadLittle(key.data(), 8);
  const std::uint64_t k1 = LoadLittle(key.data() + 8, 8);
  SipState state{k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL, k0 ^ 0x6c7967656e657261ULL,
                 k1 ^ 0x7465646279746573ULL};
  std::size_t at = 0;
  for (; at + 8 <= octets.size(); at += 8) state.Take(LoadLittle(octets.data() + at, 8));
  state.Take(LoadLittle(octets.data() + at, octets.size() - at) | static_cast<std::uint64_t>(octets.size()) << 56);
  state.v2 ^= 0xff;
  state.Rounds(4);
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

Cookie AnswerCookie(const CookieSecret& secret, const Address& client, const std::uint8_t* cookie, std::size_t length,
                    std::uint32_t now) {
  Cookie answer;
  if (length == kWholeOctets && cookie[kClientOctets] == 1) {
    const auto age = static_cast<std::int32_t>(now - Load32(cookie + kClientOctets + 4));
    answer.known =
        age <= kAgeMax && age >= -kAheadMax && HashOf(secret, client, cookie) == LoadLittle(cookie + kHashAt, 8);
    if (answer.known && age <= kRenewAge) {
      std::memcpy(answer.octets.data(), cookie, kWholeOctets);
      return answer;
    }
  }
  std::uint8_t* out = answer.octets.data();
  std::memcpy(out, cookie, kClientOctets);
  std::memset(out + kClientOctets, 0, 4);
  out[kClientOctets] = 1;  // version
  Store32(out + kClientOctets + 4, now);
  const std::uint64_t hash = HashOf(secret, client, out);
  for (unsigned i = 0; i < 8; ++i) out[kHashAt + i] = static_cast<std::uint8_t>(hash >> (8 * i));
  return answer;
}

}  // namespace waypost::dns
