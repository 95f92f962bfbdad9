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

void ApplyInstance(view::Edit& edit, const Change& change, std::optional<model::HealthState> health,
                   model::Revision revision) {
  if (change.value) {
    edit.PutInstance(Must(store::DecodeInstance(change.key->id, *change.value)), health, revision);
    return;
  }
  const auto [service, id] = Must(store::SplitServiceKey(change.key->id));
  edit.EraseInstance(service, id, revision);
}

void ApplyOne(view::Edit& edit, const Change& change, model::Revision revision) {
  switch (change.key->table) {
    case Table::kNamespace:
      if (change.value) {
        edit.PutNamespace(Must(store::DecodeNamespace(change.key->id, *change.value)), revision);
      } else {
        edit.EraseNamespace(model::NamespaceId::Parse(change.key->id).value());
      }
      break;
    case Table::kService:
      if (change.value) {
        edit.PutService(Must(store::DecodeService(change.key->id, *change.value)), revision);
      } else {
        edit.EraseService(model::ServiceId::Parse(change.key->id).value(), revision);
      }
      break;
    case Table::kHealth: {
      if (!change.value) break;  // goes with its instance, or before its new registration
      const auto [service, id] = Must(store::SplitServiceKey(change.key->id));
      edit.SetHealth(service, id, Must(store::DecodeHealth(*change.value)), revision);
      break;
    }
    case Table::kInstance:
      ApplyInstance(edit, change, std::nullopt, revision);
      break;
    case Table::kMeta:
    case Table::kNamespaceName:
    case Table::kServiceName:
    case Table::kOperation:
    case Table::kBump:
      break;
  }
}

}  // namespace

void ViewFeed::Apply(const store::ChangeSet& set) {
  view::Edit edit(view_);
  for (std::size_t i = 0; i < set.changes.size(); ++i) {
    const Change& change = set.changes[i];
    const Change* next = i + 1 < set.changes.size() ? &set.changes[i + 1] : nullptr;
    if (change.key->table == Table::kHealth && change.value && RegistersSame(change, next)) {
      ApplyInstance(edit, *next, Must(store::DecodeHealth(*change.value)), set.revision);
      ++i;
      continue;
    }
    ApplyOne(edit, change, set.revision);
  }
  edit.SetApplied(set.revision);
}

}  // namespace waypost::registry
