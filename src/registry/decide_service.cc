#include <algorithm>

#include "registry/decide.h"
#include "registry/unique_names.h"
#include "waypost/model/owner_name.h"
#include "waypost/store/record.h"

namespace waypost::registry {

using model::Code;
using model::Error;
using model::MakeError;
using model::Result;
using model::Service;
using model::Status;
using store::Expect;
using store::Table;

namespace {

/// Whether a request to create asks for just this service.
bool SameRequest(const Service& asked, const Service& existing) {
  return asked.creator_request_id && asked.creator_request_id == existing.creator_request_id &&
         asked.namespace_id == existing.namespace_id && asked.name == existing.name &&
         asked.description == existing.description && asked.dns == existing.dns &&
         asked.health_check == existing.health_check && asked.custom_health == existing.custom_health &&
         asked.type_given == existing.type_given && asked.tags == existing.tags;
}

/// The records after an update: TTLs may change and records may go, but none may be added.
Result<std::optional<model::DnsConfig>> Updated(const std::optional<model::DnsConfig>& before,
                                                const std::optional<std::vector<model::DnsRecord>>& records) {
  std::optional<model::DnsConfig> after;
  if (!records || records->empty()) return after;
  for (const model::DnsRecord& record : *records) {
    if (!before || before->Find(record.type) == nullptr) {
      return MakeError(Code::kInvalidInput, "the service has no " + std::string(model::RecordTypeName(record.type)) +
                                                " records: record types cannot be added, only their TTL changes");
    }
  }
  after = model::DnsConfig{before->routing, *records};
  return after;
}

/// A name can be the registry's or a zone file's, not both's.
Status CheckForeignZones(const view::View& view, const view::NamespaceNode& in, const Service& value) {
  if (!value.has_dns()) return model::Ok();
  WP_TRY(relative, model::OwnerName::Parse(value.name));
  const std::string_view labels = relative.wire();
  const std::string owner = std::string(labels.substr(0, labels.size() - 1)) + in.apex;
  const std::string origin = view.ForeignOrigin(in.apex, owner);
  if (origin.empty()) return model::Ok();
  return MakeError(Code::kInvalidInput, "the static zone has records at " + value.name + "." + in.state().value.name +
                                            " already: " + origin);
}

}  // namespace

std::vector<std::string> ServiceNames(const Service& value) {
  std::vector<std::string> names{value.namespace_id.str() + "/=" + value.name};
  if (value.has_dns()) names.push_back(value.namespace_id.str() + "/~" + model::Folded(value.name));
  return names;
}

std::vector<std::string> QueryNames(const model::NamedQuery& value) {
  const std::string home = value.namespace_id.str();
  return {home + "/=" + value.name, home + "/~" + model::Folded(value.name)};
}

Result<Decision> Decider::On(const CreateService& change, model::Timestamp) const {
  Service value = change.value;
  WP_TRY(in, NeedNamespace(value.namespace_id));
  const model::Namespace& home = in->state().value;
  WP_CHECK(model::CheckService(value, home));
  if (options_.strict_aws && value.health_check && home.type == model::NamespaceType::kDnsPrivate) {
    return MakeError(Code::kInvalidInput, "HealthCheckConfig is not allowed in a private DNS namespace (strict-aws)");
  }
  value.type = value.has_dns() ? model::ServiceType::kDnsHttp : model::ServiceType::kHttp;
  Decision decision;
  for (const std::string& name : ServiceNames(value)) {
    WP_TRY(holder, store_.Read({Table::kServiceName, name}));
    if (!holder) {
      Expecting(decision.unit, Expect::Kind::kAbsent, Table::kServiceName, name);
      Putting(decision.unit, Table::kServiceName, name, value.id.str());
      continue;
    }
    const auto id = model::ServiceId::Parse(*holder);
    const view::ServiceNode* node = id ? view_.FindService(*id) : nullptr;
    Error error = MakeError(Code::kServiceAlreadyExists, "a service with the name " + value.name + " exists already");
    if (node == nullptr) return error;
    const view::ServiceState& state = node->state();
    if (SameRequest(value, state.config().service)) {
      Decision again;
      again.receipt.service = state.config().service;
      again.receipt.instance_count = state.count();
      return again;
    }
    error.details.emplace_back("ServiceId", *holder);
    if (state.config().service.creator_request_id) {
      error.details.emplace_back("CreatorRequestId", *state.config().service.creator_request_id);
    }
    return error;
  }
  WP_CHECK(CheckForeignZones(view_, *in, value));
  WP_CHECK(CheckNoView(decision.unit, home.id, value.name));
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kNamespace, home.id.str());
  Putting(decision.unit, Table::kService, value.id.str(), store::EncodeService(value));
  // So that a service that is made anew under an old name never shows a lower InstancesRevision.
  Touching(decision.unit, value.id.str());
  decision.receipt.service = std::move(value);
  return decision;
}

Result<Decision> Decider::On(const UpdateService& change, model::Timestamp at) const {
  WP_TRY(node, NeedService(change.id));
  const model::Namespace& home = node->in().state().value;
  Service value = node->state().config().service;
  if (!home.has_dns()) {
    return MakeError(Code::kInvalidInput, "a service in an HTTP namespace cannot be updated");
  }
  WP_TRY(dns, Updated(value.dns, change.records));
  if (change.health_check && value.health_check && change.health_check->type != value.health_check->type) {
    return MakeError(Code::kInvalidInput, "Type of health check cannot be changed");
  }
  if (change.health_check && value.custom_health) {
    return MakeError(Code::kInvalidInput, "a service with HealthCheckCustomConfig cannot have a HealthCheckConfig");
  }
  const std::vector<std::string> names_before = ServiceNames(value);
  value.dns = std::move(dns);
  value.health_check = change.health_check;
  if (!value.has_dns()) value.type = model::ServiceType::kHttp;
  if (change.description) value.description = change.description->empty() ? std::nullopt : change.description;
  WP_CHECK(model::CheckService(value, home));
  Decision decision;
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kService, value.id.str());
  const std::vector<std::string> names_after = ServiceNames(value);
  for (const std::string& name : names_before) {
    if (std::find(names_after.begin(), names_after.end(), name) == names_after.end()) {
      Erasing(decision.unit, Table::kServiceName, name);
    }
  }
  Putting(decision.unit, Table::kService, value.id.str(), store::EncodeService(value));
  DropOldHealth(decision.unit, node->state(), value);
  model::Operation record;
  record.id = change.operation.text;
  record.type = model::OperationType::kUpdateService;
  record.created = at;
  record.service_id = value.id.str();
  AddOperation(decision, change.operation, record);
  return decision;
}

Result<Decision> Decider::On(const DeleteService& change, model::Timestamp) const {
  WP_TRY(node, NeedService(change.id));
  const view::ServiceState& state = node->state();
  const std::string id = change.id.str();
  if (state.count() != 0) {
    return MakeError(Code::kResourceInUse, "service " + id + " has instances; deregister them first");
  }
  Decision decision;
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kService, id);
  Expecting(decision.unit, Expect::Kind::kEmptyPrefix, Table::kInstance, id + "/");
  DropQueriesOf(decision.unit, change.id);
  for (const std::string& name : ServiceNames(state.config().service))
    Erasing(decision.unit, Table::kServiceName, name);
  Erasing(decision.unit, Table::kBump, id);
  if (state.config().tuning.hold_last.count() != 0 || state.held() != nullptr) Erasing(decision.unit, Table::kHold, id);
  // Its records leave the zone, and nothing else keeps the revision of that.
  Touching(decision.unit, node->in().id.str());
  Erasing(decision.unit, Table::kService, id);
  return decision;
}

}  // namespace waypost::registry
