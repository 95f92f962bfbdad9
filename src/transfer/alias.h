#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/service_part.h"
#include "waypost/dns/protocol.h"

namespace waypost::transfer {

/// Addresses of a name in our zones, followed through CNAMEs and further aliases.
struct AliasAddresses {
  std::uint32_t ttl = 0;
  std::vector<std::string> rdata = {};
  std::string left_out = {};  ///< the name that the search ended at, since it is in no zone of ours
};

/// Section. `type`: kA or kAaaa; `name`: canonical wire form.
AliasAddresses FindAliasAddresses(const World& world, std::string_view name, dns::Type type);

}  // namespace waypost::transfer
