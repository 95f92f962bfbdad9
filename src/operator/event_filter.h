#pragma once

#include <bitset>

#include "operator/event_batch.h"

namespace waypost::oper {

/// Which events one client wants.
class EventFilter {
 public:
  /// Of this namespace, its services and instances.
  void WantNamespace(const model::NamespaceId& id) { namespace_id_ = id; }
  void WantService(const model::ServiceId& id) { service_id_ = id; }
  /// Of these kinds; called never: of all.
  void WantKind(EventKind kind) { kinds_.set(static_cast<std::size_t>(kind)); }

  bool all() const { return !namespace_id_ && !service_id_ && kinds_.none(); }
  /// What concerns all services passes any namespace and service.
  bool Takes(const EventEntry& entry) const;

 private:
  std::optional<model::NamespaceId> namespace_id_;
  std::optional<model::ServiceId> service_id_;
  std::bitset<kEventKindCount> kinds_;
};

}  // namespace waypost::oper
