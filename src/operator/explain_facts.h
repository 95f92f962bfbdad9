#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "operator/explain_query.h"
#include "waypost/model/health.h"
#include "waypost/registry/registry.h"
#include "waypost/view/epoch.h"
#include "waypost/view/selection.h"
#include "waypost/view/view.h"

namespace waypost::oper {

/// Why an instance is not answered, the first reason that holds.
enum class Missing : std::uint8_t {
  kNot,  ///< it is answered
  kRefused,
  kOutside,   ///< has not the view's attributes
  kFallback,  ///< the view's fallback answers
  kFiltered,
  kWaiting,
  kPinned,
  kDrained,
  kUnhealthy,
  kShifted,
  kLowerTier,
  kOtherZone,
  kWeightZero,
};
inline constexpr std::size_t kMissingCount = static_cast<std::size_t>(Missing::kWeightZero) + 1;

/// What is known of one instance.
struct InstanceFacts {
  std::string id;
  view::MemberStanding standing = {};
  model::Attributes attributes = {};
  std::uint16_t weight = 1;
  std::uint16_t priority = 0;
  bool in_view = true;  ///< has the attributes of the view that was asked for
  bool matches = true;  ///< has the attributes that were asked for
  bool dns = false;
  bool discovery = false;
  bool answered = false;
  std::optional<model::HealthRecord> record = {};  ///< where it is unhealthy
  std::optional<model::Pin> pin = {};
  std::optional<model::Shift> shift = {};  ///< of its zone

  std::string zone() const {
    const std::string* value = attributes.Find(model::kAttributeZone);
    return value == nullptr ? "" : *value;
  }
};

/// A view that was asked for.
struct ViewFacts {
  std::string service;  ///< `<service>.<namespace>` that it selects from
  model::Attributes filters;
  std::string fallback = {};  ///< empty: none
  bool falls_back = false;    ///< that one answers now
  std::uint32_t served_there = 0;
};

/// What is known of a service and of those of its instances that are looked at.
struct ServiceFacts {
  ExplainQuery query;
  model::Timestamp now = {};
  std::string name;  ///< `<service>.<namespace>`
  model::ServiceId id;
  std::shared_ptr<const view::ServiceConfig> config;
  bool in_dns = false;
  bool weighted = false;
  std::uint32_t answer_limit = 0;
  view::ServiceStanding standing = {};
  std::string client_zone = {};
  bool refused = false;        ///< a private namespace, and the client is outside
  bool any_match_fit = false;  ///< of those with the attributes asked for, some would be found as healthy
  std::optional<model::Timestamp> held_until = {};
  std::optional<ViewFacts> view = {};
  std::optional<std::string> target = {};  ///< only the instances whose SRV target this is were asked for

  std::size_t total = 0;
  std::size_t answered = 0;
  std::size_t drawn = 0;  ///< that may be drawn for a DNS answer
  std::size_t missing[kMissingCount] = {};
  std::vector<InstanceFacts> listed = {};  ///< by id

  bool filters() const { return !query.attributes.empty(); }
};

/// What a client is to the service.
struct ExplainClient {
  std::string zone = {};
  bool sees_private = true;
};

/// Looks at the view, for `listed_max` instances closely. Err: kServiceNotFound, kInstanceNotFound.
model::Result<ServiceFacts> Look(const view::View& view, view::Reader& reader, ExplainQuery query,
                                 const ExplainClient& client, std::size_t listed_max);

/// Adds what only the registry knows: since when and why, until when. Err: kCorrupt, kIo.
model::Status AddRecords(const registry::Registry& registry, ServiceFacts& facts);

}  // namespace waypost::oper
