#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "zone/builder.h"

namespace waypost::zone {

/// A zone that is being built; its nodes are still with the drafts.
struct Unchecked {
  const Zone& zone;
  const ZoneBuilder& builder;
  std::span<const Draft> drafts;  ///< in canonical order
};

/// Where in its RDATA a type has the one name that ends it; none: it has no such name.
std::optional<std::size_t> TargetOffset(std::uint16_t type);

/// What makes a zone one at all, and what must not stand beside or below each other.
void CheckStructure(const Unchecked& unchecked, Complaints& complaints);

/// Whether what NS, MX and SRV records name is there, as far as it lies in the zone. Needs a good structure.
void CheckTargets(const Unchecked& unchecked, Complaints& complaints);

}  // namespace waypost::zone
