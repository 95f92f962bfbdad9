#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "waypost/dns/address.h"
#include "waypost/dns/policy.h"

namespace waypost::dns {

/// SipHash-2-4 of `octets` (Aumasson, Bernstein 2012), 64 bits.
std::uint64_t SipHash24(const CookieSecret& key, std::span<const std::uint8_t> octets);

/// A whole cookie, client's and server's part, as it goes back (RFC 9018 4).
struct Cookie {
  std::array<std::uint8_t, 24> octets;
  bool known = false;  ///< the client showed one that we made for it within the last hour
  std::string_view str() const { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }
};

/// Answers the cookie of `length` octets (8, or 16…40) that a client sent: its own comes back while it is fresh, else a
/// new one. `now`: seconds of Unix time.
Cookie AnswerCookie(const CookieSecret& secret, const Address& client, const std::uint8_t* cookie, std::size_t length,
                    std::uint32_t now);

}  // namespace waypost::dns
