#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "waypost/dns/address.h"

namespace waypost::dns {

/// The zones below in-addr.arpa and ip6.arpa (RFC 1035 3.5, RFC 3596 2.5) that a network covers wholly, canonical wire
/// form: one, or, where its length is no multiple of 8 (IPv6: 4), as many as its last label has values.
/// Err: kConfig, also for networks of length 0.
model::Result<std::vector<std::string>> ReverseApexes(std::string_view network);

/// The address that a whole reverse name stands for.
std::optional<Address> AddressOfReverseName(std::string_view name);

}  // namespace waypost::dns
