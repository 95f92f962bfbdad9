#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace waypost::view {

/// Zones that are not made of the registry but share the tree of names with it (static zone files). Names are canonical
/// wire form. Immutable.
struct ForeignZones {
  std::vector<std::string> apexes;
  /// Where the records of `owner` in the zone of `apex` were written (`zones/kouzie.com.zone:12`); empty: it has none
  /// there. Safe from any thread.
  std::function<std::string(std::string_view apex, std::string_view owner)> origin;
};

}  // namespace waypost::view
