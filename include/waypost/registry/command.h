#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "waypost/model/attributes.h"
#include "waypost/model/clock.h"
#include "waypost/model/health.h"
#include "waypost/model/id.h"
#include "waypost/model/instance.h"
#include "waypost/model/named_query.h"
#include "waypost/model/namespace.h"
#include "waypost/model/operation.h"
#include "waypost/model/service.h"

namespace waypost::registry {

/// The operation that a command leaves behind. The id is drawn, or derived from the caller's request id
/// (model::DeriveOperationId): then a finished operation of this id means that the command was carried out before, and
/// it is answered again without effect.
struct OperationId {
  std::string text;
  bool derived = false;
};

// Commands. All ids, times and random choices are made by the caller, so that deciding twice gives the same. What can
// be checked without looking at the registry (form, sizes) was checked by the caller; everything else the writer
// checks.

/// Err: kNamespaceAlreadyExists {NamespaceId, CreatorRequestId}, kTooManyTags, kInvalidInput. `value.http_name` is
/// given as the name; the writer makes it unique for DNS types.
struct CreateNamespace {
  model::Namespace value;
  OperationId operation;
};
/// Absent members keep their value; an empty description clears it. Err: kNamespaceNotFound, kInvalidInput (other
/// type).
struct UpdateNamespace {
  model::NamespaceId id;
  model::NamespaceType type = model::NamespaceType::kHttp;
  std::optional<std::string> description = {};
  std::optional<std::uint32_t> soa_ttl = {};
  OperationId operation = {};
};
/// Its views go with it. Err: kNamespaceNotFound, kResourceInUse (has services).
struct DeleteNamespace {
  model::NamespaceId id;
  OperationId operation;
};
/// `value.type` is worked out by the writer. Same name, CreatorRequestId and content again: the existing service.
/// Err: kNamespaceNotFound, kServiceAlreadyExists {ServiceId, CreatorRequestId}, kInvalidInput (a view has the name,
/// too), kTooManyTags.
struct CreateService {
  model::Service value;
};
/// Omitted records or health check are deleted in a DNS service; an omitted description stays.
/// Err: kServiceNotFound, kInvalidInput (HTTP namespace, other record types, other check type).
struct UpdateService {
  model::ServiceId id;
  std::optional<std::string> description = {};
  std::optional<std::vector<model::DnsRecord>> records = {};
  std::optional<model::HealthCheck> health_check = {};
  OperationId operation = {};
};
/// Its views go with it, and views that fall back to it lose their fallback: clients that know no views must not get
/// stuck on them. Err: kServiceNotFound, kResourceInUse.
struct DeleteService {
  model::ServiceId id;
};
/// Adds or replaces. `value.attributes` may hold AWS_INIT_HEALTH_STATUS. Err: kServiceNotFound, kInvalidInput.
struct RegisterInstance {
  model::Instance value;
  OperationId operation;
};
/// Err: kServiceNotFound, kInstanceNotFound.
struct DeregisterInstance {
  model::ServiceId service_id;
  std::string instance_id;
  OperationId operation;
};
/// A client's report. Services whose health is reported (custom health, heartbeat) take it. Err: kServiceNotFound,
/// kInstanceNotFound, kCustomHealthNotFound.
struct UpdateCustomHealth {
  model::ServiceId service_id;
  std::string instance_id;
  model::HealthState state = model::HealthState::kHealthy;
  /// For history; empty: "reported by UpdateInstanceCustomHealthStatus".
  std::string cause = {};
};
/// What checks found out: the view shows it already (view::Edit::SetChecked), this makes it durable. Those whose
/// instance was registered anew or is gone by now are left out; never an error.
struct RecordChecks {
  struct Checked {
    model::Transition transition;
    /// Of the registration that was checked (view::Member::revision).
    model::Revision registration = 0;
    /// Drop this instance's oldest history rows beyond so many; 0: not now, it costs a look at all of them.
    std::uint32_t keep_history = 0;
  };
  std::vector<Checked> checks;
};
/// Sets, replaces or prolongs. `pin.until` lies behind `Command::at`. Err: kServiceNotFound, kInstanceNotFound.
struct PinHealth {
  model::Pin pin;
};
/// Absent pins are no error. With `expired`, only a pin that ends no later than that is taken away.
struct UnpinHealth {
  model::ServiceId service_id;
  std::string instance_id;
  std::optional<model::Timestamp> expired = {};
};
struct ShiftZone {
  model::Shift shift;
};
struct EndShift {
  std::string zone;
  std::optional<model::Timestamp> expired = {};
};
/// Ends `waypost:hold-last` of a service; only a hold that ends no later than `expired`.
struct EndHold {
  model::ServiceId service_id;
  model::Timestamp expired = {};
};
/// Adds a view or puts it anew. Err: kServiceNotFound (of the fallback, too), kNamespaceNotFound,
/// kResourceLimitExceeded, kInvalidInput (a service has the name, the fallback is the service or lacks its record
/// types).
struct PutView {
  model::NamedQuery value;
};
/// Err: kResourceNotFound.
struct DeleteView {
  model::NamespaceId namespace_id;
  std::string name;
};
using ResourceId = std::variant<model::NamespaceId, model::ServiceId>;
/// Adds or replaces tags. Err: kResourceNotFound, kTooManyTags, kInvalidInput (a waypost: tag that is unknown or bad).
struct TagResource {
  ResourceId resource;
  model::Tags tags;
};
/// Err: kResourceNotFound.
struct UntagResource {
  ResourceId resource;
  std::vector<std::string> keys;
};
/// Err: kServiceNotFound, kServiceAttributesLimitExceeded.
struct UpdateServiceAttributes {
  model::ServiceId id;
  model::Attributes attributes;
};
/// Err: kServiceNotFound.
struct DeleteServiceAttributes {
  model::ServiceId id;
  std::vector<std::string> keys;
};

using Change = std::variant<CreateNamespace, UpdateNamespace, DeleteNamespace, CreateService, UpdateService,
                            DeleteService, RegisterInstance, DeregisterInstance, UpdateCustomHealth, TagResource,
                            UntagResource, UpdateServiceAttributes, DeleteServiceAttributes, RecordChecks, PinHealth,
                            UnpinHealth, ShiftZone, EndShift, EndHold, PutView, DeleteView>;

struct Command {
  Change change;
  model::Timestamp at = {};  ///< when it was asked for
};

/// What a carried-out command answers.
struct Receipt {
  model::Revision revision = 0;  ///< at which it became visible
  std::string operation_id = {};
  /// CreateService: the new or the existing service, and how many instances it has.
  std::optional<model::Service> service = {};
  std::uint32_t instance_count = 0;
};

}  // namespace waypost::registry
