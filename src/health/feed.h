#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "health/expiry.h"
#include "health/target.h"
#include "waypost/model/check.h"
#include "waypost/registry/listener.h"

namespace waypost::health {

// What checks and clocks must know of the registry's events, as values that name things: what they are now, the view
// says.

/// The service's plan has changed; null: nothing is checked any more.
struct PlanChanged {
  model::ServiceId service;
  std::shared_ptr<const model::CheckPlan> plan;
};
/// Registered, or gone.
struct InstanceChanged {
  model::ServiceId service;
  std::string instance;
};
/// A heartbeat's state was changed by a report, or by our own transition.
struct StateChanged {
  model::ServiceId service;
  std::string instance;
};
struct Beaten {
  model::ServiceId service;
  std::string instance;
};
struct EndingPut {
  Ending ending;
  model::Timestamp until;
};
struct EndingErased {
  Ending ending;
};
using Note = std::variant<PlanChanged, InstanceChanged, StateChanged, Beaten, EndingPut, EndingErased>;

/// Picks from the registry's events what concerns checks. It runs on the writer's thread and knows only which services
/// have a plan, so that all others cost a look into a table.
class Feed {
 public:
  explicit Feed(model::CheckDefaults defaults) : defaults_(defaults) {}

  /// The plan of a service; null: none. Remembers it.
  std::shared_ptr<const model::CheckPlan> Learn(const model::Service& service, const model::ServiceTuning& tuning);
  void Read(std::span<const registry::Event> events, std::vector<Note>& notes);
  void ReadReport(const model::ServiceId& service, const std::string& instance, model::HealthState state,
                  std::vector<Note>& notes) const;

 private:
  struct Reading;
  bool HasHeartbeat(const model::ServiceId& service) const;

  model::CheckDefaults defaults_;
  std::unordered_map<model::ServiceId, std::shared_ptr<const model::CheckPlan>, ServiceHash> plans_;
};

}  // namespace waypost::health
