#pragma once

#include <string_view>
#include <vector>

#include "waypost/view/service_state.h"

namespace waypost::transfer {

/// The members that are answered now: those of a WEIGHTED service without those of weight 0, as long as others have
/// more. Section. O(members).
std::vector<const view::Member*> ServedMembers(const view::ServiceState& state);

/// The one that stands for all: `before` if it is among them, else the first by id of the highest weight. Null: there
/// are none.
const view::Member* StandIn(const std::vector<const view::Member*>& members, std::string_view before);

}  // namespace waypost::transfer
