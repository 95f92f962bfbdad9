#include "registry/decide.h"

#include "waypost/store/record.h"

namespace waypost::registry {

using model::Code;
using model::MakeError;
using model::Result;
using store::Expect;
using store::Table;
using store::Write;

void Expecting(store::Unit& unit, Expect::Kind kind, Table table, std::string id) {
  unit.expects.push_back({kind, {table, std::move(id)}});
}

void Putting(store::Unit& unit, Table table, std::string id, std::string value) {
  unit.writes.push_back({Write::Kind::kPut, {table, std::move(id)}, std::move(value)});
}

void Erasing(store::Unit& unit, Table table, std::string id) {
  unit.writes.push_back({Write::Kind::kErase, {table, std::move(id)}, {}});
}

void Touching(store::Unit& unit, std::string id) {
  unit.writes.push_back({Write::Kind::kTouch, {Table::kBump, std::move(id)}, {}});
}

void AddOperation(Decision& decision, const OperationId& operation, const model::Operation& record) {
  Expecting(decision.unit, Expect::Kind::kAbsent, Table::kOperation, operation.text);
  Putting(decision.unit, Table::kOperation, operation.text, store::EncodeOperation(record));
  decision.receipt.operation_id = operation.text;
}

Result<Decision> Decider::Decide(const Command& command) const {
  return std::visit([&](const auto& change) { return On(change, command.at); }, command.change);
}

Result<std::optional<Decision>> Decider::Repeated(const OperationId& operation, model::Timestamp at) const {
  std::optional<Decision> repeated;
  if (!operation.derived) return repeated;
  WP_TRY(bytes, store_.Read({Table::kOperation, operation.text}));
  if (!bytes) return repeated;
  WP_TRY(record, store::DecodeOperation(operation.text, *bytes));
  if (record.created.ms + model::kOperationKeptMs < at.ms) return repeated;
  repeated.emplace();
  repeated->receipt.operation_id = operation.text;
  return repeated;
}

Result<const view::ServiceNode*> Decider::NeedService(const model::ServiceId& id) const {
  const view::ServiceNode* node = view_.FindService(id);
  if (node != nullptr) return node;
  return MakeError(Code::kServiceNotFound, "there is no service with id " + id.str());
}

Result<const view::NamespaceNode*> Decider::NeedNamespace(const model::NamespaceId& id) const {
  const view::NamespaceNode* node = view_.FindNamespace(id);
  if (node != nullptr) return node;
  return MakeError(Code::kNamespaceNotFound, "there is no namespace with id " + id.str());
}

}  // namespace waypost::registry
