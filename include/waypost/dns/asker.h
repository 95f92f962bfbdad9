#pragma once

#include <cstdint>

#include "waypost/dns/address.h"

namespace waypost::dns {

/// How a message came. On kUdp the client's payload size bounds the response, 1,232 octets at most; on the others
/// 65,535.
enum class Transport : std::uint8_t { kUdp, kTcp, kTls, kHttps };
constexpr bool IsEncrypted(Transport transport) {
  return transport == Transport::kTls || transport == Transport::kHttps;
}

/// Who asks, and where.
struct Asker {
  Address client = {};
  Address local = {};  ///< the address that was asked
  Transport transport = Transport::kUdp;
  /// The message was deferred before, and what it waited for has been fetched.
  bool again = false;
};

}  // namespace waypost::dns
