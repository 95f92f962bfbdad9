#include <algorithm>

#include "registry/decide.h"
#include "waypost/model/duration.h"
#include "waypost/store/record.h"

namespace waypost::registry {

using model::Code;
using model::HealthState;
using model::MakeError;
using model::Result;
using model::Status;
using model::Timestamp;
using store::Expect;
using store::Table;

namespace {

constexpr std::uint32_t kPerChunk = view::Chunk::kMembersMax;

/// A member of a service, found by its id.
struct Found {
  const view::ServiceState& state;
  std::uint32_t index;

  bool there() const { return index != state.count(); }
  const view::Chunk& chunk() const { return state.chunk(index / kPerChunk); }
  std::uint32_t bit() const { return index % kPerChunk; }
};

std::string Lasting(Timestamp from, Timestamp until) {
  return model::FormatDuration(std::chrono::milliseconds(until.ms - from.ms));
}

HealthState ShownAs(model::PinState pin) {
  return pin == model::PinState::kHealthy ? HealthState::kHealthy : HealthState::kUnhealthy;
}

std::string PinCause(const model::Pin& pin) {
  const std::string lasting = Lasting(pin.set, pin.until);
  if (pin.state == model::PinState::kDrained) return "drained for " + lasting;
  return "pinned " + std::string(model::PinStateName(pin.state)) + " for " + lasting;
}

}  // namespace

Status Decider::AddTransition(store::Unit& unit, const model::Transition& transition, std::size_t turn,
                              std::uint32_t keep) const {
  const std::string prefix = store::HistoryPrefix(transition.service_id, transition.instance_id);
  if (keep != 0) {
    std::vector<std::string> rows;
    WP_CHECK(store_.Scan(Table::kHistory, prefix, prefix + std::string(12, '\xff'),
                         [&](const store::Record& record) -> Result<store::Visit> {
                           rows.emplace_back(record.id);
                           return store::Visit::kContinue;
                         }));
    for (std::size_t i = 0; i + keep <= rows.size(); ++i) Erasing(unit, Table::kHistory, rows[i]);
  }
  const auto ordinal = static_cast<std::uint16_t>(store_.revision() + turn);
  Putting(unit, Table::kHistory,
          store::HistoryKey(transition.service_id, transition.instance_id, transition.at, ordinal),
          store::EncodeTransition(transition));
  return model::Ok();
}

void DropOldHealth(store::Unit& unit, const view::ServiceState& before, const model::Service& after) {
  const auto tuning = model::ParseServiceTuning(after.tags);
  if (!tuning.ok() || model::HealthSourceOf(after, *tuning) == before.config().health_source) return;
  for (std::uint32_t i = 0; i < before.count(); ++i) {
    Erasing(unit, Table::kHealth, store::InstanceKey(after.id, before.member(i).id()));
  }
}

Result<Decision> Decider::On(const UpdateCustomHealth& change, Timestamp at) const {
  WP_TRY(node, NeedService(change.service_id));
  const Found found{node->state(), node->state().Find(change.instance_id)};
  if (!found.there()) return NoInstance(change.instance_id, change.service_id);
  if (found.state.config().health_source != model::HealthSource::kReported) {
    return MakeError(Code::kCustomHealthNotFound,
                     "service " + change.service_id.str() + " has no HealthCheckCustomConfig");
  }
  Decision decision;
  const HealthState before = found.chunk().measured(found.bit());
  if (before == change.state) return decision;
  const std::string key = store::InstanceKey(change.service_id, change.instance_id);
  const std::string cause = change.cause.empty() ? "reported by UpdateInstanceCustomHealthStatus" : change.cause;
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kInstance, key);
  Putting(decision.unit, Table::kHealth, key, store::EncodeHealth({change.state, false, false, at, cause}));
  WP_CHECK(AddTransition(decision.unit, {change.service_id, change.instance_id, at, before, change.state, cause, {}}, 0,
                         options_.history_per_instance));
  return decision;
}

Result<Decision> Decider::On(const RecordChecks& change, Timestamp) const {
  Decision decision;
  std::size_t turn = 0;
  for (const RecordChecks::Checked& checked : change.checks) {
    const model::Transition& transition = checked.transition;
    const view::ServiceNode* node = view_.FindService(transition.service_id);
    if (node == nullptr || !node->state().config().has_health()) continue;
    const Found found{node->state(), node->state().Find(transition.instance_id)};
    if (!found.there() || found.state.member(found.index).revision() != checked.registration) continue;
    const std::string key = store::InstanceKey(transition.service_id, transition.instance_id);
    const bool waiting = transition.to == HealthState::kUnhealthy && (found.chunk().everyone() >> found.bit() & 1) == 0;
    Expecting(decision.unit, Expect::Kind::kPresent, Table::kInstance, key);
    Putting(decision.unit, Table::kHealth, key,
            store::EncodeHealth({transition.to, true, waiting, transition.at, transition.cause}));
    WP_CHECK(AddTransition(decision.unit, transition, turn++, checked.keep_history));
  }
  return decision;
}

Result<Decision> Decider::On(const PinHealth& change, Timestamp at) const {
  const model::Pin& pin = change.pin;
  WP_TRY(node, NeedService(pin.service_id));
  const Found found{node->state(), node->state().Find(pin.instance_id)};
  if (!found.there()) return NoInstance(pin.instance_id, pin.service_id);
  if (pin.until <= at || pin.until.ms - at.ms > model::kMaxPinned.count()) {
    return MakeError(Code::kInvalidInput, "a pin must last from 1ms to " + model::FormatDuration(model::kMaxPinned));
  }
  Decision decision;
  const std::string key = store::InstanceKey(pin.service_id, pin.instance_id);
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kInstance, key);
  Putting(decision.unit, Table::kPin, key, store::EncodePin(pin));
  const HealthState before = found.chunk().health(found.bit());
  if (before != ShownAs(pin.state)) {
    const model::Transition row{pin.service_id, pin.instance_id, at, before, ShownAs(pin.state), PinCause(pin), {}};
    WP_CHECK(AddTransition(decision.unit, row, 0, options_.history_per_instance));
  }
  return decision;
}

Result<Decision> Decider::On(const UnpinHealth& change, Timestamp at) const {
  Decision decision;
  const std::string key = store::InstanceKey(change.service_id, change.instance_id);
  WP_TRY(bytes, store_.Read({Table::kPin, key}));
  if (!bytes) return decision;
  WP_TRY(pin, store::DecodePin(key, *bytes));
  if (change.expired && pin.until > *change.expired) return decision;
  Erasing(decision.unit, Table::kPin, key);
  const view::ServiceNode* node = view_.FindService(change.service_id);
  if (node == nullptr) return decision;
  const Found found{node->state(), node->state().Find(change.instance_id)};
  if (!found.there()) return decision;
  const HealthState before = found.chunk().health(found.bit());
  const HealthState after = found.chunk().measured(found.bit());
  if (before == after) return decision;
  const std::string what = pin.state == model::PinState::kDrained ? "drained" : "pinned";
  const std::string cause = change.expired ? "no longer " + what + ": its time is over" : "no longer " + what;
  WP_CHECK(AddTransition(decision.unit, {change.service_id, change.instance_id, at, before, after, cause, {}}, 0,
                         options_.history_per_instance));
  return decision;
}

Result<Decision> Decider::On(const ShiftZone& change, Timestamp at) const {
  const model::Shift& shift = change.shift;
  if (shift.zone.empty() || shift.zone.size() > model::kMaxZoneName) {
    return MakeError(Code::kInvalidInput,
                     "a zone's name has 1 to " + std::to_string(model::kMaxZoneName) + " characters");
  }
  if (shift.until <= at || shift.until.ms - at.ms > model::kMaxPinned.count()) {
    return MakeError(Code::kInvalidInput, "a shift must last from 1ms to " + model::FormatDuration(model::kMaxPinned));
  }
  Decision decision;
  Putting(decision.unit, Table::kShift, shift.zone, store::EncodeShift(shift));
  return decision;
}

Result<Decision> Decider::On(const EndShift& change, Timestamp) const {
  Decision decision;
  WP_TRY(bytes, store_.Read({Table::kShift, change.zone}));
  if (!bytes) return decision;
  WP_TRY(shift, store::DecodeShift(change.zone, *bytes));
  if (!change.expired || shift.until <= *change.expired) Erasing(decision.unit, Table::kShift, change.zone);
  return decision;
}

Result<Decision> Decider::On(const EndHold& change, Timestamp) const {
  Decision decision;
  const std::string key = change.service_id.str();
  WP_TRY(bytes, store_.Read({Table::kHold, key}));
  if (!bytes) return decision;
  WP_TRY(hold, store::DecodeHold(key, *bytes));
  if (hold.until <= change.expired) Erasing(decision.unit, Table::kHold, key);
  return decision;
}

}  // namespace waypost::registry
