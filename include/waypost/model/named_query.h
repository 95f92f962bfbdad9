#pragma once

#include <optional>
#include <string>

#include "waypost/model/attributes.h"
#include "waypost/model/clock.h"
#include "waypost/model/id.h"
#include "waypost/model/namespace.h"
#include "waypost/model/result.h"

namespace waypost::model {

inline constexpr std::size_t kMaxQueryFilters = 10;

/// A view, as people call it: a named query. It answers under a name of its own with those instances of a service that
/// have all of these attributes; while none of them can be answered, with those of another service.
struct NamedQuery {
  NamespaceId namespace_id;  ///< where the name lies; the service may be of another namespace
  std::string name;          ///< relative to the namespace, as a service's
  ServiceId service_id;
  Attributes filters = {};  ///< 1…kMaxQueryFilters
  std::optional<ServiceId> fallback = {};
  Timestamp created = {};  ///< or replaced
  bool operator==(const NamedQuery&) const = default;
};

/// Checks a view by itself: its name by the rules for services, its filters, its fallback. Err: kInvalidInput.
Status CheckNamedQuery(const NamedQuery& query);

/// Whether its name may stand in this namespace: a DNS one needs an owner name that is not too long. Err:
/// kInvalidInput.
Status CheckNamedQueryIn(const NamedQuery& query, const Namespace& in);

}  // namespace waypost::model
