#include "waypost/dns/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace waypost::dns {
namespace {

using model::Code;
using model::MakeError;

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// A whole decimal number of at most `max`, or -1.
int Decimal(std::string_view text, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && value >= 0 && value <= max ? value : -1;
}

}  // namespace

model::Result<Address> Address::Parse(std::string_view text) {
  const std::string terminated(text);
  Address address;
  if (inet_pton(AF_INET, terminated.c_str(), address.octets.data()) == 1) {
    address.size = 4;
  } else if (inet_pton(AF_INET6, terminated.c_str(), address.octets.data()) == 1) {
    address.size = 16;
  } else {
    return MakeError(Code::kConfig, "\"" + terminated + "\" is not an IPv4 or IPv6 address");
  }
  return address;
}

Address Address::From(const sockaddr_storage& from) {
  Address address;
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    std::memcpy(address.octets.data(), &v4.sin_addr, 4);
    address.size = 4;
  } else if (from.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    if (std::memcmp(&v6.sin6_addr, kMappedPrefix.data(), kMappedPrefix.size()) == 0) {
      std::memcpy(address.octets.data(), reinterpret_cast<const std::uint8_t*>(&v6.sin6_addr) + 12, 4);
      address.size = 4;
    } else {
      std::memcpy(address.octets.data(), &v6.sin6_addr, 16);
      address.size = 16;
    }
  }
  return address;
}

std::string Address::str() const {
  char text[INET6_ADDRSTRLEN] = "none";
  if (size != 0) inet_ntop(is_v4() ? AF_INET : AF_INET6, octets.data(), text, sizeof text);
  return text;
}

model::Result<Endpoint> Endpoint::Parse(std::string_view text) {
  const auto fail = [&] {
    return MakeError(Code::kConfig,
                     "\"" + std::string(text) + "\" is not ADDRESS:PORT, as in 127.0.0.1:5300 or [::1]:53");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail();
  const int port = Decimal(text.substr(colon + 1), 65535);
  if (port < 0) return fail();
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  auto address = Address::Parse(host);
  if (!address.ok() || address->is_v6() != bracketed) return fail();
  return Endpoint{*address, static_cast<std::uint16_t>(port)};
}

std::string Endpoint::str() const {
  const std::string host = address.is_v6() ? "[" + address.str() + "]" : address.str();
  return host + ":" + std::to_string(port);
}

model::Result<Networks> Networks::Parse(const std::vector<std::string>& ranges) {
  Networks networks;
  for (const std::string& text : ranges) {
    const std::size_t slash = text.find('/');
    WP_TRY(address, Address::Parse(std::string_view(text).substr(0, slash)));
    const int bits_max = address.size * 8;
    const int bits =
        slash == std::string::npos ? bits_max : Decimal(std::string_view(text).substr(slash + 1), bits_max);
    if (bits < 0) {
      return MakeError(Code::kConfig, "\"" + text + "\" is not a network, as in 10.0.0.0/8 or fc00::/7");
    }
    Range range{address.octets, {}, address.size};
    for (int i = 0; i < address.size; ++i) {
      const int here = std::min(8, std::max(0, bits - i * 8));
      range.mask[i] = static_cast<std::uint8_t>(0xff00 >> here);
      range.octets[i] &= range.mask[i];
    }
    networks.ranges_.push_back(range);
  }
  return networks;
}

Networks Networks::Private() {
  return Parse({"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1", "fc00::/7",
                "fe80::/10"})
      .value();
}

bool Networks::Contains(const Address& address) const {
  for (const Range& range : ranges_) {
    if (range.size != address.size) continue;
    bool inside = true;
    for (int i = 0; i < range.size && inside; ++i) inside = (address.octets[i] & range.mask[i]) == range.octets[i];
    if (inside) return true;
  }
  return false;
}

}  // namespace waypost::dns
