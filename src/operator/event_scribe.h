#pragma once

#include <span>
#include <unordered_map>

#include "operator/event_batch.h"
#include "waypost/registry/listener.h"

namespace waypost::oper {

/// Which namespace each service is in: of one that was just deleted nobody else knows it any more.
class ServiceHomes {
 public:
  /// All services of a view. O(services).
  static ServiceHomes Of(const view::View& view);

  void Put(const model::ServiceId& service, const model::NamespaceId& in) { homes_[service] = in; }
  void Erase(const model::ServiceId& service) { homes_.erase(service); }
  /// None: not known.
  std::optional<model::NamespaceId> Find(const model::ServiceId& service) const;

 private:
  struct Hash {
    std::size_t operator()(const model::ServiceId& id) const { return id.hash(); }
  };
  std::unordered_map<model::ServiceId, model::NamespaceId, Hash> homes_;
};

/// Puts what the registry committed into words, once for everybody.
class EventScribe {
 public:
  void SetHomes(ServiceHomes homes) { homes_ = std::move(homes); }
  EventBatch Write(model::Revision revision, std::span<const registry::Event> events);

 private:
  ServiceHomes homes_;
};

}  // namespace waypost::oper
