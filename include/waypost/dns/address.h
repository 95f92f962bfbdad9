#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/model/result.h"

struct sockaddr_storage;

namespace waypost::dns {

/// An IPv4 or IPv6 address without a port, in network byte order. A plain value.
struct Address {
  std::array<std::uint8_t, 16> octets = {};
  std::uint8_t size = 0;  ///< 4, 16, or 0 for none

  bool is_v4() const { return size == 4; }
  bool is_v6() const { return size == 16; }
  /// All zeros: a listener on it takes queries to every local address.
  bool is_wildcard() const { return octets == std::array<std::uint8_t, 16>{}; }
  bool operator==(const Address&) const = default;

  /// `192.0.2.1` or `2001:db8::1`. Err: kConfig.
  static model::Result<Address> Parse(std::string_view text);
  /// From a socket's address; IPv4-mapped IPv6 becomes IPv4. size 0 for other families.
  static Address From(const sockaddr_storage& from);
  std::string str() const;
};

/// An address with a port: where a listener is.
struct Endpoint {
  Address address = {};
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;

  /// `127.0.0.1:5300`, `[::1]:53`. Err: kConfig, with the text and the form that is wanted.
  static model::Result<Endpoint> Parse(std::string_view text);
  std::string str() const;
};

/// A set of address ranges. Immutable, safe to share between threads.
class Networks {
 public:
  Networks() = default;
  /// From CIDR notation (`10.0.0.0/8`, `fc00::/7`; without a length: one address). Err: kConfig.
  static model::Result<Networks> Parse(const std::vector<std::string>& ranges);
  /// Loopback, RFC 1918, 100.64.0.0/10 (RFC 6598), fc00::/7 (RFC 4193) and fe80::/10.
  static Networks Private();

  /// O(ranges), no allocation.
  bool Contains(const Address& address) const;

 private:
  struct Range {
    std::array<std::uint8_t, 16> octets;
    std::array<std::uint8_t, 16> mask;
    std::uint8_t size;
  };
  std::vector<Range> ranges_;
};

}  // namespace waypost::dns
