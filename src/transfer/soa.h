#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "transfer/records.h"
#include "waypost/dns/protocol.h"

namespace waypost::transfer {

/// A version's SOA record; its owner is the zone's apex.
struct Soa {
  std::uint32_t serial = 0;
  std::uint32_t ttl = 0;
  std::string rdata = {};

  Record AsRecord(std::string_view apex) const {
    return {apex, static_cast<std::uint16_t>(dns::Type::kSoa), ttl, rdata};
  }
  Part AsPart(std::string_view apex) const {
    auto part = std::make_shared<Records>();
    part->Add(AsRecord(apex));
    return part;
  }
};

/// Whether serial `a` is later than `b` (RFC 1982 3.2).
constexpr bool IsLater(std::uint32_t a, std::uint32_t b) { return a != b && a - b < 0x80000000U; }

}  // namespace waypost::transfer
