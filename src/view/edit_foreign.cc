// Zones from elsewhere, beside the namespaces' own.
#include "waypost/view/edit.h"

namespace waypost::view {

void Edit::SetForeignZones(ForeignZones zones) {
  view_.foreign_zones_ = std::move(zones);
  RefreshAlone();
}

std::string View::ForeignOrigin(std::string_view apex, std::string_view owner) const {
  const std::lock_guard lock(edit_mutex_);
  return foreign_zones_.origin ? foreign_zones_.origin(apex, owner) : std::string();
}

}  // namespace waypost::view
