#include "registry/view_feed.h"

#include <cstdio>
#include <cstdlib>

#include "waypost/store/record.h"

namespace waypost::registry {
namespace {

using store::Change;
using store::Table;

template <class T>
T Must(model::Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "a committed record cannot be applied: %s\n", result.error().message.c_str());
    std::abort();
  }
  return std::move(result).value();
}

/// Whether `next` is the registration that a health record belongs to.
bool RegistersSame(const Change& health, const Change* next) {
  return next != nullptr && next->key->table == Table::kInstance && next->value.has_value() &&
         next->key->id == health.key->id;
}

}  // namespace

void ViewFeed::Tell(Event event) {
  if (!listeners_.empty()) events_.push_back(std::move(event));
}

void ViewFeed::ApplyInstance(view::Edit& edit, const Change& change, std::optional<model::HealthState> health,
                             model::Revision revision) {
  if (change.value) {
    model::Instance value = Must(store::DecodeInstance(change.key->id, *change.value));
    edit.PutInstance(value, health, revision);
    Tell(InstancePut{std::move(value)});
    return;
  }
  const auto [service, id] = Must(store::SplitServiceKey(change.key->id));
  edit.EraseInstance(service, id, revision);
  Tell(InstanceErased{service, std::string(id)});
}

void ViewFeed::ApplyHealth(view::Edit& edit, const Change& change, model::Revision revision) const {
  if (!change.value) return;  // goes with its instance, or before its new registration
  const auto [service, id] = Must(store::SplitServiceKey(change.key->id));
  const model::HealthRecord record = Must(store::DecodeHealth(*change.value));
  if (record.checked) {
    // In the view since it was decided, and perhaps changed again since.
    edit.NoteChange(service, revision);
  } else {
    edit.SetHealth(service, id, record.state, revision);
  }
}

void ViewFeed::ApplyPin(view::Edit& edit, const Change& change, model::Revision revision) {
  const auto [service, id] = Must(store::SplitServiceKey(change.key->id));
  if (!change.value) {
    edit.SetPin(service, id, std::nullopt, revision);
    return Tell(PinErased{service, std::string(id)});
  }
  const model::Pin pin = Must(store::DecodePin(change.key->id, *change.value));
  edit.SetPin(service, id, pin.state, revision);
  Tell(pin);
}

void ViewFeed::ApplyShift(view::Edit& edit, const Change& change, model::Revision revision) {
  edit.SetShifted(change.key->id, change.value.has_value(), revision);
  if (!change.value) return Tell(ShiftErased{change.key->id});
  Tell(Must(store::DecodeShift(change.key->id, *change.value)));
}

void ViewFeed::ApplyHold(view::Edit& edit, const Change& change, model::Revision revision) {
  const auto service = model::ServiceId::Parse(change.key->id).value();
  if (!change.value) {
    edit.SetHold(service, nullptr, revision);
    return Tell(HoldErased{service});
  }
  const model::Hold hold = Must(store::DecodeHold(change.key->id, *change.value));
  edit.SetHold(service, &hold, revision);
  Tell(HoldPut{service, hold});
}

void ViewFeed::ApplyQuery(view::Edit& edit, const Change& change, model::Revision revision) {
  const std::size_t slash = change.key->id.find('/');
  if (slash == std::string::npos) return;  // only keeps commands apart
  if (change.value) {
    model::NamedQuery query = Must(store::DecodeNamedQuery(change.key->id, *change.value));
    edit.PutNamedQuery(query, revision);
    return Tell(ViewPut{std::move(query)});
  }
  const auto in = model::NamespaceId::Parse(change.key->id.substr(0, slash)).value();
  const std::string name = change.key->id.substr(slash + 1);
  const auto before = view_.GetNamedQuery(in, name);
  edit.EraseNamedQuery(in, name, revision);
  Tell(ViewErased{in, before->value.name, before->value.service_id});
}

void ViewFeed::ApplyOne(view::Edit& edit, const Change& change, model::Revision revision) {
  switch (change.key->table) {
    case Table::kNamespace:
      if (change.value) {
        model::Namespace value = Must(store::DecodeNamespace(change.key->id, *change.value));
        edit.PutNamespace(value, revision);
        Tell(std::move(value));
      } else {
        const auto id = model::NamespaceId::Parse(change.key->id).value();
        edit.EraseNamespace(id);
        Tell(NamespaceErased{id});
      }
      break;
    case Table::kService:
      if (change.value) {
        model::Service value = Must(store::DecodeService(change.key->id, *change.value));
        edit.PutService(value, revision);
        Tell(std::move(value));
      } else {
        const auto id = model::ServiceId::Parse(change.key->id).value();
        edit.EraseService(id, revision);
        Tell(ServiceErased{id});
      }
      break;
    case Table::kHealth:
      ApplyHealth(edit, change, revision);
      break;
    case Table::kInstance:
      ApplyInstance(edit, change, std::nullopt, revision);
      break;
    case Table::kHistory:
      if (change.value) Tell(Must(store::DecodeTransition(change.key->id, *change.value)));
      break;
    case Table::kPin:
      ApplyPin(edit, change, revision);
      break;
    case Table::kShift:
      ApplyShift(edit, change, revision);
      break;
    case Table::kHold:
      ApplyHold(edit, change, revision);
      break;
    case Table::kView:
      ApplyQuery(edit, change, revision);
      break;
    case Table::kMeta:
    case Table::kNamespaceName:
    case Table::kServiceName:
    case Table::kOperation:
    case Table::kBump:
      break;
  }
}

void ViewFeed::ApplyTo(view::Edit& edit, const store::ChangeSet& set) {
  for (std::size_t i = 0; i < set.changes.size(); ++i) {
    const Change& change = set.changes[i];
    const Change* next = i + 1 < set.changes.size() ? &set.changes[i + 1] : nullptr;
    if (change.key->table == Table::kHealth && change.value && RegistersSame(change, next)) {
      ApplyInstance(edit, *next, Must(store::DecodeHealth(*change.value)).state, set.revision);
      ++i;
      continue;
    }
    ApplyOne(edit, change, set.revision);
  }
  edit.SetApplied(set.revision);
}

void ViewFeed::Apply(const store::ChangeSet& set) {
  events_.clear();
  {
    view::Edit edit(view_);
    ApplyTo(edit, set);
  }
  if (events_.empty()) return;
  for (Listener* listener : listeners_) listener->Committed(set.revision, events_);
}

}  // namespace waypost::registry
