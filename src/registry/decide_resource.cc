#include "registry/decide.h"
#include "waypost/store/record.h"

namespace waypost::registry {

using model::Code;
using model::MakeError;
using model::NamespaceId;
using model::Result;
using model::ServiceId;
using store::Expect;
using store::Table;

namespace {

Decision Rewrite(const model::Namespace& value) {
  Decision decision;
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kNamespace, value.id.str());
  Putting(decision.unit, Table::kNamespace, value.id.str(), store::EncodeNamespace(value));
  return decision;
}

Decision Rewrite(const model::Service& value) {
  Decision decision;
  Expecting(decision.unit, Expect::Kind::kPresent, Table::kService, value.id.str());
  Putting(decision.unit, Table::kService, value.id.str(), store::EncodeService(value));
  return decision;
}

model::Error NoResource(const std::string& id) {
  return MakeError(Code::kResourceNotFound, "there is no resource with id " + id);
}

/// The record of a resource with its tags changed by `edit`.
template <class Edit>
Result<Decision> Retag(const view::View& view, const ResourceId& resource, Edit edit) {
  if (const auto* id = std::get_if<NamespaceId>(&resource)) {
    const view::NamespaceNode* node = view.FindNamespace(*id);
    if (node == nullptr) return NoResource(id->str());
    model::Namespace value = node->state().value;
    edit(value.tags);
    WP_CHECK(model::CheckTags(value.tags, false));
    return Rewrite(value);
  }
  const auto& id = std::get<ServiceId>(resource);
  const view::ServiceNode* node = view.FindService(id);
  if (node == nullptr) return NoResource(id.str());
  model::Service value = node->state().config().service;
  edit(value.tags);
  WP_CHECK(model::CheckService(value, node->in().state().value));
  Decision decision = Rewrite(value);
  DropOldHealth(decision.unit, node->state(), value);
  return decision;
}

}  // namespace

Result<Decision> Decider::On(const TagResource& change, model::Timestamp) const {
  return Retag(view_, change.resource, [&](model::Tags& tags) {
    for (const auto& [key, value] : change.tags) tags.Set(key, value);
  });
}

Result<Decision> Decider::On(const UntagResource& change, model::Timestamp) const {
  return Retag(view_, change.resource, [&](model::Tags& tags) {
    for (const std::string& key : change.keys) tags.Erase(key);
  });
}

Result<Decision> Decider::On(const UpdateServiceAttributes& change, model::Timestamp) const {
  WP_TRY(node, NeedService(change.id));
  model::Service value = node->state().config().service;
  for (const auto& [key, text] : change.attributes) value.attributes.Set(key, text);
  if (value.attributes.size() > model::kMaxServiceAttributes) {
    return MakeError(Code::kServiceAttributesLimitExceeded,
                     "a service can have " + std::to_string(model::kMaxServiceAttributes) + " attributes at most");
  }
  return Rewrite(value);
}

Result<Decision> Decider::On(const DeleteServiceAttributes& change, model::Timestamp) const {
  WP_TRY(node, NeedService(change.id));
  model::Service value = node->state().config().service;
  for (const std::string& key : change.keys) value.attributes.Erase(key);
  return Rewrite(value);
}

}  // namespace waypost::registry
