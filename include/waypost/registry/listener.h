#pragma once

#include <span>
#include <string>
#include <variant>

#include "waypost/model/clock.h"
#include "waypost/model/health.h"
#include "waypost/model/id.h"
#include "waypost/model/named_query.h"
#include "waypost/model/namespace.h"
#include "waypost/model/service.h"

namespace waypost::view {
class View;
}

namespace waypost::registry {

// What one committed batch did, as values: a thing as it is now, or what is no more.

struct NamespaceErased {
  model::NamespaceId id;
};
struct ServiceErased {
  model::ServiceId id;
};
/// Registered, or registered anew: then its health check starts anew too.
struct InstancePut {
  model::Instance value;
};
struct InstanceErased {
  model::ServiceId service_id;
  std::string instance_id;
};
struct PinErased {
  model::ServiceId service_id;
  std::string instance_id;
};
struct ShiftErased {
  std::string zone;
};
/// `waypost:hold-last` begins for a service whose last instance left.
struct HoldPut {
  model::ServiceId service_id;
  model::Hold value;
};
struct HoldErased {
  model::ServiceId service_id;
};
struct ViewPut {
  model::NamedQuery value;
};
struct ViewErased {
  model::NamespaceId namespace_id;
  std::string name;
  model::ServiceId service_id;
};

using Event = std::variant<model::Namespace, NamespaceErased, model::Service, ServiceErased, InstancePut,
                           InstanceErased, model::Transition, model::Pin, PinErased, model::Shift, ShiftErased, HoldPut,
                           HoldErased, ViewPut, ViewErased>;

/// Follows the registry. All calls but Loaded come from the writer's thread, which must not be kept waiting: copy,
/// post, return.
class Listener {
 public:
  virtual ~Listener() = default;
  /// Once, when everything is in the view and before the first write can be.
  virtual void Loaded(const view::View& /*view*/) {}
  /// Once for each committed batch, in the order of revisions, after the view shows it. Borrowed.
  virtual void Committed(model::Revision /*revision*/, std::span<const Event> /*events*/) {}
  /// A client reported this instance's health, whether that changed anything or not.
  virtual void Reported(const model::ServiceId& /*service*/, const std::string& /*instance*/,
                        model::HealthState /*state*/) {}
};

}  // namespace waypost::registry
