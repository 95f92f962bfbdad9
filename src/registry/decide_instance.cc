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

model::Error NoInstance(const std::string& id, const model::ServiceId& service) {
  return MakeError(Code::kInstanceNotFound, "there is no instance \"" + id + "\" in service " + service.str());
}

}  // namespace

Result<Decision> Decider::On(const RegisterInstance& change, model::Timestamp at) const {
  WP_TRY(repeated, Repeated(change.operation, at));
  if (repeated) return std::move(*repeated);
  WP_TRY(node, NeedService(change.value.service_id));
  const model::Service& service = node->state().config().service;
  model::Instance value = change.value;
  WP_CHECK(model::CheckInstanceId(value.id));
  WP_TRY(health, model::TakeInitialHealth(value.attributes, service));
  WP_CHECK(model::CheckInstanceAttributes(value.attributes, service, node->in().type));
  const std::string key = store::InstanceKey(value.service_id, value.id);
  Decision decision;
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kService, service.id.str());
  // Health first: whoever applies the unit knows it when the instance appears.
  if (health == HealthState::kUnhealthy) {
    Putting(decision.unit, Table::kHealth, key, store::EncodeHealth(health));
  } else if (service.has_health()) {
    Erasing(decision.unit, Table::kHealth, key);
  }
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
  if (state.config().service.has_health()) Erasing(decision.unit, Table::kHealth, key);
  Erasing(decision.unit, Table::kInstance, key);
  Touching(decision.unit, change.service_id.str());
  AddOperation(decision, change.operation,
               Record(change.operation, model::OperationType::kDeregisterInstance, at, *node, change.instance_id));
  return decision;
}

Result<Decision> Decider::On(const UpdateCustomHealth& change, model::Timestamp) const {
  WP_TRY(node, NeedService(change.service_id));
  const view::ServiceState& state = node->state();
  const std::uint32_t index = state.Find(change.instance_id);
  if (index == state.count()) return NoInstance(change.instance_id, change.service_id);
  if (!state.config().service.custom_health) {
    return MakeError(Code::kCustomHealthNotFound,
                     "service " + change.service_id.str() + " has no HealthCheckCustomConfig");
  }
  Decision decision;
  const view::Chunk& chunk = state.chunk(index / view::Chunk::kMembersMax);
  if (chunk.health(index % view::Chunk::kMembersMax) == change.state) return decision;
  const std::string key = store::InstanceKey(change.service_id, change.instance_id);
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kInstance, key);
  Putting(decision.unit, Table::kHealth, key, store::EncodeHealth(change.state));
  return decision;
}

}  // namespace waypost::registry
