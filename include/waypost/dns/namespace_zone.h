#pragma once

#include <cstdint>
#include <string_view>

namespace waypost::dns {

/// What the zone of every namespace says of itself, to whoever asks and to secondaries alike. Seconds.
struct NamespaceZone {
  static constexpr std::uint32_t kRefresh = 7200;
  static constexpr std::uint32_t kRetry = 900;
  static constexpr std::uint32_t kExpire = 1209600;
  static constexpr std::uint32_t kNameserverTtl = 3600;
  static constexpr std::uint16_t kServerPriority = 1;  ///< of SRV records without WAYPOST_PRIORITY, as Cloud Map has it
  // Labels in front of the apex.
  static constexpr std::string_view kNameserver{"\003ns1", 4};
  static constexpr std::string_view kHostmaster{"\012hostmaster", 11};
};

}  // namespace waypost::dns
