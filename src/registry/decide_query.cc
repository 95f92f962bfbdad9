// Views: named queries.
#include "registry/decide.h"
#include "registry/unique_names.h"
#include "waypost/model/owner_name.h"
#include "waypost/store/record.h"

namespace waypost::registry {

using model::Code;
using model::MakeError;
using model::NamedQuery;
using model::Result;
using model::Status;
using store::Expect;
using store::Table;

namespace {

/// Each view costs something whenever its service changes.
constexpr std::size_t kMaxQueriesOfService = 100;

/// The record types that a view has and its fallback has not would have no answer there.
Status CheckFallback(const view::ServiceNode& service, const view::ServiceNode& fallback, const model::Namespace& in) {
  if (!in.has_dns() || !service.state().config().service.has_dns()) return model::Ok();
  for (const model::DnsRecord& record : service.state().config().service.dns->records) {
    if (fallback.state().ttl(record.type) != view::ServiceState::kNoRecord) continue;
    return MakeError(Code::kInvalidInput, "the fallback " + fallback.state().config().service.name + " has no " +
                                              std::string(model::RecordTypeName(record.type)) +
                                              " records, which the view has");
  }
  return model::Ok();
}

/// A name can be the registry's or a zone file's, not both's.
Status CheckForeignZones(const view::View& view, const view::NamespaceNode& in, const view::ServiceNode& service,
                         const std::string& name) {
  if (in.apex.empty() || !service.state().config().service.has_dns()) return model::Ok();
  WP_TRY(relative, model::OwnerName::Parse(name));
  const std::string_view labels = relative.wire();
  const std::string owner = std::string(labels.substr(0, labels.size() - 1)) + in.apex;
  const std::string origin = view.ForeignOrigin(in.apex, owner);
  if (origin.empty()) return model::Ok();
  return MakeError(Code::kInvalidInput,
                   "the static zone has records at " + name + "." + in.state().value.name + " already: " + origin);
}

/// With it, commands that may make and delete these never share a batch. Nothing ever stands there.
void Excluding(store::Unit& unit, std::string id) { Erasing(unit, Table::kView, std::move(id)); }

}  // namespace

Result<Decision> Decider::On(const PutView& change, model::Timestamp) const {
  const NamedQuery& value = change.value;
  WP_CHECK(model::CheckNamedQuery(value));
  WP_TRY(in, NeedNamespace(value.namespace_id));
  WP_TRY(service, NeedService(value.service_id));
  const model::Namespace& home = in->state().value;
  WP_CHECK(model::CheckNamedQueryIn(value, home));
  const view::ServiceNode* holder = view_.FindService(home.http_name, value.name);
  if (holder != nullptr && holder->query() == nullptr) {
    return MakeError(Code::kInvalidInput, "a service has the name " + value.name + " in namespace " + home.name);
  }
  WP_CHECK(CheckForeignZones(view_, *in, *service, value.name));
  const std::string id = value.service_id.str();
  Decision decision;
  if (value.fallback) {
    WP_TRY(fallback, NeedService(*value.fallback));
    WP_CHECK(CheckFallback(*service, *fallback, home));
    Expecting(decision.unit, Expect::Kind::kPresent, Table::kService, value.fallback->str());
    Excluding(decision.unit, value.fallback->str());
  }
  const std::string key = store::NamedQueryKey(value.namespace_id, value.name);
  const auto others = view_.ListNamedQueries([&](const NamedQuery& query) {
    return query.service_id == value.service_id && store::NamedQueryKey(query.namespace_id, query.name) != key;
  });
  if (others.size() >= kMaxQueriesOfService) {
    return MakeError(Code::kResourceLimitExceeded, "service " + id + " has " + std::to_string(kMaxQueriesOfService) +
                                                       " views, as many as it can have");
  }
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kNamespace, home.id.str());
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kService, id);
  for (const std::string& name : QueryNames(value)) {
    Expecting(decision.unit, Expect::Kind::kAbsent, Table::kServiceName, name);
  }
  Excluding(decision.unit, id);
  Excluding(decision.unit, home.id.str());
  Putting(decision.unit, Table::kView, key, store::EncodeNamedQuery(value));
  return decision;
}

Result<Decision> Decider::On(const DeleteView& change, model::Timestamp) const {
  const auto found = view_.GetNamedQuery(change.namespace_id, change.name);
  if (!found) {
    return MakeError(Code::kResourceNotFound,
                     "there is no view " + change.name + " in namespace " + change.namespace_id.str());
  }
  const std::string key = store::NamedQueryKey(change.namespace_id, change.name);
  Decision decision;
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kView, key);
  Erasing(decision.unit, Table::kView, key);
  // Its records leave the zone, and nothing else keeps the revision of that.
  Touching(decision.unit, change.namespace_id.str());
  return decision;
}

Status Decider::CheckNoView(store::Unit& unit, const model::NamespaceId& in, const std::string& name) const {
  if (view_.GetNamedQuery(in, name)) {
    return MakeError(Code::kInvalidInput, "a view has the name " + name + "; delete it first");
  }
  Expecting(unit, Expect::Kind::kAbsent, Table::kView, store::NamedQueryKey(in, name));
  return model::Ok();
}

void Decider::DropQueriesOf(store::Unit& unit, const model::ServiceId& service) const {
  Excluding(unit, service.str());
  for (const view::NamedQueryInfo& info : view_.ListNamedQueries(
           [&](const NamedQuery& query) { return query.service_id == service || query.fallback == service; })) {
    const std::string key = store::NamedQueryKey(info.value.namespace_id, info.value.name);
    if (info.value.service_id == service) {
      Erasing(unit, Table::kView, key);
      Touching(unit, info.value.namespace_id.str());
      continue;
    }
    NamedQuery alone = info.value;
    alone.fallback.reset();
    Putting(unit, Table::kView, key, store::EncodeNamedQuery(alone));
  }
}

void Decider::DropQueriesIn(store::Unit& unit, const model::NamespaceId& in) const {
  Excluding(unit, in.str());
  for (const view::NamedQueryInfo& info :
       view_.ListNamedQueries([&](const NamedQuery& query) { return query.namespace_id == in; })) {
    Erasing(unit, Table::kView, store::NamedQueryKey(in, info.value.name));
  }
}

}  // namespace waypost::registry
