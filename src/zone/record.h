#pragma once

#include <cstdint>
#include <string>

namespace waypost::zone {

/// A record as it was read. Its RDATA lies with the ZoneBuilder.
struct Record {
  std::string owner = {};  ///< canonical wire form
  std::uint16_t type = 0;
  std::uint16_t rdata_size = 0;
  std::uint32_t ttl = 0;   ///< seconds
  std::uint32_t line = 0;  ///< where it begins
  std::uint32_t file = 0;  ///< of the ZoneBuilder's files
  std::uint64_t rdata_at = 0;
};

}  // namespace waypost::zone
