#pragma once

#include <memory>

#include "transfer/records.h"
#include "transfer/soa.h"
#include "waypost/zone/zone.h"

namespace waypost::transfer {

/// A static zone, kept alive by the set it is of.
struct FixedZone {
  std::shared_ptr<const zone::ZoneSet> set = {};
  const zone::Zone* zone = nullptr;  ///< null: there is none

  /// That of this apex, if there is one that could be read.
  static FixedZone Find(std::shared_ptr<const zone::ZoneSet> set, std::string_view apex);
};

/// Walks over all records of a zone but its SOA.
class FixedCursor {
 public:
  explicit FixedCursor(const zone::Zone& zone) : zone_(&zone) {}
  /// Null: that was all. Valid until the next call.
  const Record* Next();

 private:
  const zone::Zone* zone_;
  std::size_t node_ = 0;
  std::size_t rrset_ = 0;
  std::uint16_t index_ = 0;
  std::size_t offset_ = 0;
  Record record_;
};

Soa SoaOf(const zone::Zone& zone);

/// Adds to `change` what leads from one version of a zone to another (null: empty), SOA not included. O(records).
void AddDifference(const FixedZone& before, const FixedZone& after, Change& change);

/// Octets that its records would take as Records. O(records).
std::size_t CountOctets(const zone::Zone& zone);

}  // namespace waypost::transfer
