#include "registry/decide.h"
#include "waypost/store/record.h"

namespace waypost::registry {

using model::Code;
using model::HealthState;
using model::MakeError;
using model::Result;
using store::Expect;
using store::Table;

namespace {

model::Operation Record(const OperationId& operation, model::OperationType type, model::Timestamp at,
                        const view::ServiceNode& node, const std::string& instance) {
  model::Operation record;
  record.id = operation.text;
  record.type = type;
  record.created = at;
  record.service_id = node.id().str();
  record.instance_id = instance;
  return record;
}

/// `waypost:hold-last`: the last instance of a service that is a good one goes on being answered for a while.
void HoldLast(store::Unit& unit, const view::ServiceState& state, const std::string& id, model::Timestamp at) {
  const std::uint32_t index = state.Find(id);
  const view::Chunk& chunk = state.chunk(index / view::Chunk::kMembersMax);
  const model::HealthState health = chunk.health(index % view::Chunk::kMembersMax);
  const std::string service = state.config().service.id.str();
  if (state.count() != 1 || health == HealthState::kUnhealthy) return Erasing(unit, Table::kHold, service);
  const view::Member& member = state.member(index);
  model::Hold hold;
  hold.instance.service_id = state.config().service.id;
  hold.instance.id = id;
  hold.instance.attributes = member.attributes();
  hold.instance.registered = member.registered();
  hold.health = health;
  hold.until.ms = at.ms + state.config().tuning.hold_last.count();
  Putting(unit, Table::kHold, service, store::EncodeHold(hold));
}

}  // namespace

model::Error NoInstance(const std::string& id, const model::ServiceId& service) {
  return MakeError(Code::kInstanceNotFound, "there is no instance \"" + id + "\" in service " + service.str());
}

Result<Decision> Decider::On(const RegisterInstance& change, model::Timestamp at) const {
  WP_TRY(repeated, Repeated(change.operation, at));
  if (repeated) return std::move(*repeated);
  WP_TRY(node, NeedService(change.value.service_id));
  const view::ServiceState& state = node->state();
  const view::ServiceConfig& config = state.config();
  const model::Service& service = config.service;
  model::Instance value = change.value;
  WP_CHECK(model::CheckInstanceId(value.id));
  WP_TRY(health, model::TakeInitialHealth(value.attributes, service));
  WP_CHECK(model::CheckInstanceAttributes(value.attributes, service, node->in().type));
  const std::string key = store::InstanceKey(value.service_id, value.id);
  Decision decision;
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kService, service.id.str());
  // Health first: whoever applies the unit knows it when the instance appears.
  if (health == HealthState::kUnhealthy) {
    const model::HealthRecord record{health, false, false, at, "registered with AWS_INIT_HEALTH_STATUS UNHEALTHY"};
    Putting(decision.unit, Table::kHealth, key, store::EncodeHealth(record));
  } else if (config.has_health() || state.Find(value.id) != state.count()) {
    Erasing(decision.unit, Table::kHealth, key);
  }
  // With it, commands that may add and take the last instance never share a batch.
  if (config.tuning.hold_last.count() != 0) Erasing(decision.unit, Table::kHold, service.id.str());
  Putting(decision.unit, Table::kInstance, key, store::EncodeInstance(value));
  AddOperation(decision, change.operation,
               Record(change.operation, model::OperationType::kRegisterInstance, at, *node, value.id));
  return decision;
}

Result<Decision> Decider::On(const DeregisterInstance& change, model::Timestamp at) const {
  WP_TRY(node, NeedService(change.service_id));
  const view::ServiceState& state = node->state();
  if (state.Find(change.instance_id) == state.count()) return NoInstance(change.instance_id, change.service_id);
  const std::string key = store::InstanceKey(change.service_id, change.instance_id);
  Decision decision;
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kInstance, key);
  if (state.config().has_health()) Erasing(decision.unit, Table::kHealth, key);
  WP_TRY(pin, store_.Read({Table::kPin, key}));
  if (pin) Erasing(decision.unit, Table::kPin, key);
  Erasing(decision.unit, Table::kInstance, key);
  if (state.config().tuning.hold_last.count() != 0) HoldLast(decision.unit, state, change.instance_id, at);
  Touching(decision.unit, change.service_id.str());
  AddOperation(decision, change.operation,
               Record(change.operation, model::OperationType::kDeregisterInstance, at, *node, change.instance_id));
  return decision;
}

}  // namespace waypost::registry
