#include "health/feed.h"

namespace waypost::health {

struct Feed::Reading {
  Feed& feed;
  std::vector<Note>& notes;

  void operator()(const model::Namespace&) const {}
  void operator()(const registry::NamespaceErased&) const {}
  void operator()(const model::Service& service) const {
    const auto tuning = model::ParseServiceTuning(service.tags);
    const auto known = feed.plans_.find(service.id);
    const auto before = known == feed.plans_.end() ? nullptr : known->second;
    // A committed service's tags were checked; without them it is checked as one without tags.
    auto plan = feed.Learn(service, tuning.ok() ? *tuning : model::ServiceTuning());
    const bool same = before == nullptr || plan == nullptr ? before == plan : *before == *plan;
    if (!same) notes.emplace_back(PlanChanged{service.id, std::move(plan)});
  }
  void operator()(const registry::ServiceErased& erased) const {
    if (feed.plans_.erase(erased.id) != 0) notes.emplace_back(PlanChanged{erased.id, nullptr});
  }
  void operator()(const registry::InstancePut& put) const { Instance(put.value.service_id, put.value.id); }
  void operator()(const registry::InstanceErased& erased) const { Instance(erased.service_id, erased.instance_id); }
  void Instance(const model::ServiceId& service, const std::string& id) const {
    if (feed.plans_.contains(service)) notes.emplace_back(InstanceChanged{service, id});
  }
  void operator()(const model::Transition& transition) const {
    if (!feed.HasHeartbeat(transition.service_id)) return;
    notes.emplace_back(StateChanged{transition.service_id, transition.instance_id});
  }
  void operator()(const model::Pin& pin) const {
    notes.emplace_back(EndingPut{PinOf{pin.service_id, pin.instance_id}, pin.until});
  }
  void operator()(const registry::PinErased& erased) const {
    notes.emplace_back(EndingErased{PinOf{erased.service_id, erased.instance_id}});
  }
  void operator()(const model::Shift& shift) const { notes.emplace_back(EndingPut{ShiftOf{shift.zone}, shift.until}); }
  void operator()(const registry::ShiftErased& erased) const { notes.emplace_back(EndingErased{ShiftOf{erased.zone}}); }
  void operator()(const registry::HoldPut& hold) const {
    notes.emplace_back(EndingPut{HoldOf{hold.service_id}, hold.value.until});
  }
  void operator()(const registry::HoldErased& erased) const {
    notes.emplace_back(EndingErased{HoldOf{erased.service_id}});
  }
  // A view's instances are its service's, and checked there.
  void operator()(const registry::ViewPut&) const {}
  void operator()(const registry::ViewErased&) const {}
};

std::shared_ptr<const model::CheckPlan> Feed::Learn(const model::Service& service, const model::ServiceTuning& tuning) {
  const auto plan = model::PlanOf(service, tuning, defaults_);
  if (!plan) {
    plans_.erase(service.id);
    return nullptr;
  }
  return plans_[service.id] = std::make_shared<const model::CheckPlan>(*plan);
}

void Feed::Read(std::span<const registry::Event> events, std::vector<Note>& notes) {
  for (const registry::Event& event : events) std::visit(Reading{*this, notes}, event);
}

void Feed::ReadReport(const model::ServiceId& service, const std::string& instance, model::HealthState state,
                      std::vector<Note>& notes) const {
  if (state == model::HealthState::kHealthy && HasHeartbeat(service)) notes.emplace_back(Beaten{service, instance});
}

bool Feed::HasHeartbeat(const model::ServiceId& service) const {
  const auto plan = plans_.find(service);
  return plan != plans_.end() && plan->second->kind == model::CheckKind::kHeartbeat;
}

}  // namespace waypost::health
