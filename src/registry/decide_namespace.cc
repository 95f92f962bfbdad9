#include "registry/decide.h"
#include "registry/unique_names.h"
#include "waypost/model/owner_name.h"
#include "waypost/store/record.h"

namespace waypost::registry {

using model::Code;
using model::Error;
using model::MakeError;
using model::Namespace;
using model::NamespaceType;
using model::OperationType;
using model::Result;
using store::Expect;
using store::Table;

namespace {

constexpr std::size_t kHttpNameSuffix = 8;

model::Operation Record(const OperationId& operation, OperationType type, model::Timestamp at, const std::string& id) {
  model::Operation record;
  record.id = operation.text;
  record.type = type;
  record.created = at;
  record.namespace_id = id;
  return record;
}

Error Exists(const Namespace& wanted, const std::string& holder, const view::View& view) {
  Error error =
      MakeError(Code::kNamespaceAlreadyExists, "a namespace with the name " + wanted.name + " exists already");
  error.details.emplace_back("NamespaceId", holder);
  const auto id = model::NamespaceId::Parse(holder);
  const view::NamespaceNode* node = id ? view.FindNamespace(*id) : nullptr;
  if (node != nullptr && node->state().value.creator_request_id) {
    error.details.emplace_back("CreatorRequestId", *node->state().value.creator_request_id);
  }
  return error;
}

}  // namespace

std::vector<std::string> NamespaceNames(const Namespace& value) {
  std::vector<std::string> names{"http/" + value.http_name};
  // A trailing dot is the same zone.
  std::string zone = model::Folded(value.name);
  if (zone.ends_with('.')) zone.pop_back();
  if (value.type == NamespaceType::kDnsPublic) names.push_back("public/" + zone);
  if (value.type == NamespaceType::kDnsPrivate) names.push_back("private/" + value.vpc + "/" + zone);
  return names;
}

Result<Decision> Decider::On(const CreateNamespace& change, model::Timestamp at) const {
  WP_TRY(repeated, Repeated(change.operation, at));
  if (repeated) return std::move(*repeated);
  Namespace value = change.value;
  WP_CHECK(model::CheckNamespaceName(value.type, value.name));
  WP_CHECK(model::CheckTags(value.tags, false));
  value.http_name = value.name;
  const std::vector<std::string> wanted = NamespaceNames(value);
  WP_TRY(holder, store_.Read({Table::kNamespaceName, wanted.back()}));
  if (holder) return Exists(value, *holder, view_);
  if (value.has_dns() && view_.FindNamespaceByHttpName(value.http_name) != nullptr) {
    // The name is taken in discovery, by another VPC's or another type's namespace.
    value.http_name += "-" + value.id.str().substr(model::NamespaceKind::kPrefix.size(), kHttpNameSuffix);
  }
  Decision decision;
  for (const std::string& name : NamespaceNames(value)) {
    Expecting(decision.unit, Expect::Kind::kAbsent, Table::kNamespaceName, name);
    Putting(decision.unit, Table::kNamespaceName, name, value.id.str());
  }
  Putting(decision.unit, Table::kNamespace, value.id.str(), store::EncodeNamespace(value));
  AddOperation(decision, change.operation,
               Record(change.operation, OperationType::kCreateNamespace, at, value.id.str()));
  return decision;
}

Result<Decision> Decider::On(const UpdateNamespace& change, model::Timestamp at) const {
  WP_TRY(repeated, Repeated(change.operation, at));
  if (repeated) return std::move(*repeated);
  WP_TRY(node, NeedNamespace(change.id));
  Namespace value = node->state().value;
  if (value.type != change.type) {
    return MakeError(Code::kInvalidInput, "namespace " + change.id.str() + " is of type " +
                                              std::string(model::NamespaceTypeName(value.type)) + ", not " +
                                              std::string(model::NamespaceTypeName(change.type)));
  }
  if (change.description) {
    value.description = change.description->empty() ? std::nullopt : change.description;
  }
  if (change.soa_ttl) value.soa_ttl = *change.soa_ttl;
  Decision decision;
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kNamespace, value.id.str());
  Putting(decision.unit, Table::kNamespace, value.id.str(), store::EncodeNamespace(value));
  AddOperation(decision, change.operation,
               Record(change.operation, OperationType::kUpdateNamespace, at, value.id.str()));
  return decision;
}

Result<Decision> Decider::On(const DeleteNamespace& change, model::Timestamp at) const {
  WP_TRY(node, NeedNamespace(change.id));
  const Namespace& value = node->state().value;
  const std::string id = value.id.str();
  if (!view_.ListServices(value.id, std::nullopt, 1).empty()) {
    return MakeError(Code::kResourceInUse, "namespace " + id + " has services; delete them first");
  }
  Decision decision;
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kNamespace, id);
  Expecting(decision.unit, Expect::Kind::kEmptyPrefix, Table::kServiceName, id + "/");
  DropQueriesIn(decision.unit, value.id);
  for (const std::string& name : NamespaceNames(value)) Erasing(decision.unit, Table::kNamespaceName, name);
  Erasing(decision.unit, Table::kBump, id);
  Erasing(decision.unit, Table::kNamespace, id);
  AddOperation(decision, change.operation, Record(change.operation, OperationType::kDeleteNamespace, at, id));
  return decision;
}

}  // namespace waypost::registry
