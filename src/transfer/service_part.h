#pragma once

#include <string>
#include <string_view>

#include "transfer/records.h"
#include "waypost/view/view.h"
#include "waypost/zone/zone.h"

namespace waypost::transfer {

/// Where names are looked for.
struct World {
  const view::View& view;
  const zone::ZoneSet* zones = nullptr;  ///< null: there are no static zones
  bool sees_private = false;             ///< whether aliases may lead into private namespaces
};

/// All that a service, or a view, has in its zone: the records of the instances that are answered now. Secondaries
/// cannot draw, so they get all of them; of CNAMEs and aliases one, that stays as long as it is answered.
struct ServicePart {
  Part records = {};
  std::string chosen = {};       ///< the id of the instance that stands for all; empty: there is no need for one
  std::string left_out = {};     ///< an alias's target that is in no zone of ours (canonical wire form)
  bool leads_elsewhere = false;  ///< an alias's addresses are another name's
};

/// Section. `chosen`: that of the part before. O(members).
ServicePart BuildServicePart(const World& world, const view::ServiceNode& service, std::string_view chosen);

}  // namespace waypost::transfer
