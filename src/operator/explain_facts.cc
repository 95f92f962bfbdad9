#include "operator/explain_facts.h"

#include <algorithm>
#include <map>
#include <utility>

namespace waypost::oper {
namespace {

using model::Code;
using model::HealthState;
using model::MakeError;
using model::PinState;
using view::Member;
using view::MemberStanding;

/// A service, and where only one SRV target of it was asked for, that target's first labels.
struct Found {
  const view::ServiceNode* node = nullptr;
  std::optional<std::string> target = {};
};

bool HasTargets(const view::ServiceNode& node) {
  return node.state().ttl(model::RecordType::kSrv) != view::ServiceState::kNoRecord;
}

/// Whether `label` names this member's SRV target below `owner` (wire form).
bool IsTarget(const Member& member, std::string_view owner, std::string_view label) {
  const bool by_id = member.Has(Member::kHostId) && member.id().size() + 1 + owner.size() <= model::kMaxNameOctets;
  if (by_id) return model::EqualFolded(member.id(), label);
  const auto drawn = view::TargetLabel(member.id());
  return model::EqualFolded(std::string_view(drawn.data(), drawn.size()), label);
}

/// Whether the service has an instance whose target this is.
bool HasTarget(const view::ServiceNode& node, std::string_view label) {
  const view::ServiceState& state = node.state().answering();
  for (std::uint32_t i = 0; i < state.count(); ++i) {
    if (IsTarget(state.member(i), node.owner_wire(), label)) return true;
  }
  return false;
}

/// The service of that name; else the SRV service below which it is a target, the nearest first.
model::Result<Found> Find(const view::View& view, const std::string& name) {
  if (const view::ServiceNode* node = view.FindServiceByText(name); node != nullptr) return Found{node};
  const view::ServiceNode* parent = nullptr;
  for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    const view::ServiceNode* node = view.FindServiceByText(std::string_view(name).substr(dot + 1));
    if (node == nullptr) continue;
    if (parent == nullptr) parent = node;
    std::string label = name.substr(0, dot);
    if (HasTargets(*node) && HasTarget(*node, label)) return Found{node, std::move(label)};
  }
  if (parent == nullptr) {
    return MakeError(Code::kServiceNotFound,
                     "no service is " + name + "; wanted is service.namespace, its id (srv-...) or an SRV target");
  }
  const std::string service = parent->state().config().service.name;
  return MakeError(Code::kInstanceNotFound,
                   HasTargets(*parent) ? "service " + service + " has no instance whose SRV target is " + name
                                       : "service " + service + " has no SRV records, so " + name +
                                             " is no name; ask for the service, each of its instances is explained");
}

bool Matches(const Member& member, const ExplainQuery& query) {
  return std::all_of(query.attributes.begin(), query.attributes.end(),
                     [&](const auto& pair) { return member.HasAttribute(pair.first, pair.second); });
}

Missing HealthMissing(const MemberStanding& standing) {
  if (standing.waiting) return Missing::kWaiting;
  if (standing.pin == PinState::kUnhealthy) return Missing::kPinned;
  if (standing.pin == PinState::kDrained) return Missing::kDrained;
  if (standing.health == HealthState::kUnhealthy) return Missing::kUnhealthy;
  return standing.shifted ? Missing::kShifted : Missing::kNot;
}

/// Why this instance, which is not answered, is not.
Missing WhyMissing(const ServiceFacts& facts, const InstanceFacts& instance) {
  if (!instance.in_view) return Missing::kOutside;
  if (facts.view && facts.view->falls_back) return Missing::kFallback;
  if (!instance.matches) return Missing::kFiltered;
  const Missing of_health = HealthMissing(instance.standing);
  if (of_health != Missing::kNot) return of_health;
  if (instance.standing.lower_tier) return Missing::kLowerTier;
  if (instance.standing.other_zone) return Missing::kOtherZone;
  if (instance.standing.weight_zero) return Missing::kWeightZero;
  return facts.refused ? Missing::kRefused : Missing::kUnhealthy;
}

InstanceFacts LookAt(const ServiceFacts& facts, const Member& member, const MemberStanding& standing) {
  InstanceFacts instance;
  instance.standing = standing;
  instance.weight = member.weight();
  instance.priority = member.priority();
  instance.matches = Matches(member, facts.query);
  instance.dns = facts.in_dns && standing.in_dns && !facts.refused;
  instance.discovery = standing.in_discovery;
  if (facts.filters()) {
    // HEALTHY_OR_ELSE_ALL is about those that match.
    const bool found = facts.any_match_fit ? standing.in_discovery : !standing.waiting;
    instance.discovery = instance.matches && found;
  }
  if (facts.view && facts.view->falls_back) instance.dns = instance.discovery = false;
  instance.answered = facts.in_dns && !facts.filters() ? instance.dns : instance.discovery;
  return instance;
}

std::string FullName(const view::ServiceNode& node) {
  const model::Service& service = node.state().config().service;
  return service.name + "." + (service.has_dns() ? node.in().state().value.name : node.in().http_name);
}

std::optional<ViewFacts> LookAtView(const view::ServiceNode& node) {
  const view::QueryPart* query = node.query();
  if (query == nullptr) return std::nullopt;
  ViewFacts facts{FullName(*query->service), query->value.filters};
  if (query->fallback == nullptr) return facts;
  facts.fallback = FullName(*query->fallback);
  const view::ServiceState& answering = node.Answering();
  facts.falls_back = &answering == query->fallback->state_pointer();
  if (facts.falls_back) facts.served_there = answering.served_count();
  return facts;
}

/// Adds those instances of a view's service that are not in the view: what they lack is the reason.
void LookOutside(const view::ServiceNode& node, std::size_t listed_max, ServiceFacts& facts) {
  const view::ServiceState& inside = node.state();
  const view::ServiceState& all = node.query()->service->state();
  for (const MemberStanding& stands : view::Explain(all, 0).members) {
    // One that left since is held, and is in no state's numbers.
    if (stands.index >= all.count()) break;
    const Member& member = all.member(stands.index);
    if (inside.Find(member.id()) != inside.count()) continue;
    ++facts.total;
    ++facts.missing[static_cast<std::size_t>(Missing::kOutside)];
    if (facts.target || facts.listed.size() == listed_max) continue;
    InstanceFacts instance;
    instance.id = member.id();
    instance.attributes = member.attributes();
    instance.standing.health = stands.health;
    instance.standing.measured = stands.measured;
    instance.standing.pin = stands.pin;
    instance.standing.waiting = stands.waiting;
    instance.in_view = false;
    facts.listed.push_back(std::move(instance));
  }
}

void LookAtService(const view::ServiceNode& node, const ExplainClient& client, ServiceFacts& facts) {
  const view::ServiceState& state = node.state().answering();
  facts.id = node.id();
  facts.config = state.shared_config();
  facts.in_dns = facts.config->service.has_dns();
  facts.name = FullName(node);
  facts.view = LookAtView(node);
  facts.weighted = state.weighted();
  facts.answer_limit = state.answer_limit();
  facts.client_zone = client.zone;
  facts.refused = facts.in_dns && node.in().is_private() && !client.sees_private;
}

}  // namespace

model::Result<ServiceFacts> Look(const view::View& view, view::Reader& reader, ExplainQuery query,
                                 const ExplainClient& client, std::size_t listed_max) {
  const view::ReadSection section(reader);
  WP_TRY(found, Find(view, query.name));
  ServiceFacts facts;
  facts.query = std::move(query);
  facts.target = std::move(found.target);
  LookAtService(*found.node, client, facts);
  const view::ServiceState& live = found.node->state();
  const view::ServiceState& state = live.answering();
  const view::Standings standings = view::Explain(live, view::ZoneHash(client.zone));
  facts.standing = standings.service;
  facts.total = standings.members.size();
  for (const MemberStanding& standing : standings.members) {
    const bool fits = standing.in_discovery && standing.health != HealthState::kUnhealthy;
    if (fits && facts.filters() && Matches(state.member(standing.index), facts.query)) facts.any_match_fit = true;
  }
  for (const MemberStanding& standing : standings.members) {
    const Member& member = state.member(standing.index);
    InstanceFacts instance = LookAt(facts, member, standing);
    facts.answered += instance.answered ? 1 : 0;
    facts.drawn += standing.in_dns ? 1 : 0;
    ++facts.missing[static_cast<std::size_t>(instance.answered ? Missing::kNot : WhyMissing(facts, instance))];
    const bool asked = !facts.target || IsTarget(member, found.node->owner_wire(), *facts.target);
    if (!asked || facts.listed.size() == listed_max) continue;
    instance.id = member.id();
    instance.attributes = member.attributes();
    facts.listed.push_back(std::move(instance));
  }
  if (facts.view) LookOutside(*found.node, listed_max, facts);
  std::sort(facts.listed.begin(), facts.listed.end(),
            [](const InstanceFacts& a, const InstanceFacts& b) { return a.id < b.id; });
  return facts;
}

model::Status AddRecords(const registry::Registry& registry, ServiceFacts& facts) {
  WP_TRY(pins, registry.GetPins());
  WP_TRY(shifts, registry.GetShifts());
  WP_TRY(holds, registry.GetHolds());
  std::map<std::string_view, const model::Pin*> by_instance;
  for (const model::Pin& pin : pins) {
    if (pin.service_id == facts.id) by_instance[pin.instance_id] = &pin;
  }
  for (InstanceFacts& instance : facts.listed) {
    const auto pin = by_instance.find(instance.id);
    if (pin != by_instance.end() && instance.standing.pin) instance.pin = *pin->second;
    const std::string zone = instance.zone();
    const auto shift =
        std::find_if(shifts.begin(), shifts.end(), [&](const model::Shift& each) { return each.zone == zone; });
    if (shift != shifts.end()) instance.shift = *shift;
    if (instance.standing.measured != HealthState::kUnhealthy) continue;
    WP_TRY(record, registry.GetHealth(facts.id, instance.id));
    instance.record = std::move(record);
  }
  for (const registry::HoldPut& hold : holds) {
    if (hold.service_id == facts.id && facts.standing.held) facts.held_until = hold.value.until;
  }
  return model::Ok();
}

}  // namespace waypost::oper
