#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/model/check.h"
#include "waypost/view/view.h"

namespace waypost::health {

/// An instance as it is registered, in what concerns its checks.
struct Registered {
  std::string id;
  model::Revision registration = 0;
  model::HealthState state = model::HealthState::kUnknown;  ///< measured or reported, whatever is pinned
  bool proven = true;                                       ///< does not wait for its first good check
  model::CheckDoor door = {};                               ///< empty for heartbeats
  std::string obstacle = {};                                ///< why it cannot be checked; empty: it can
};

/// What this plan finds of an instance with these attributes: door or obstacle.
void FindDoor(Registered& instance, const model::CheckPlan& plan, const model::Attributes& attributes);

// Reads of the view; each has a read section of its own.

/// All instances of a service; none when it is no more.
std::vector<Registered> ReadInstances(const view::View& view, view::Reader& reader, const model::ServiceId& service,
                                      const model::CheckPlan& plan);
/// None: it is no more.
std::optional<Registered> ReadInstance(const view::View& view, view::Reader& reader, const model::ServiceId& service,
                                       std::string_view instance, const model::CheckPlan& plan);

/// As people name it, `backend.kouzie.com`; its id when it is no more.
std::string ReadServiceName(const view::View& view, view::Reader& reader, const model::ServiceId& service);

}  // namespace waypost::health
