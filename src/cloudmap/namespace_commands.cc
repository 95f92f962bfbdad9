#include "cloudmap/namespace_commands.h"

#include <utility>

#include "cloudmap/input.h"
#include "cloudmap/submit.h"

namespace waypost::cloudmap {

model::Namespace NewNamespace(Call& call, const Value& input, model::NamespaceType type) {
  model::Namespace value;
  value.id = model::NamespaceId::Draw(call.worker.random);
  value.type = type;
  value.name = input.Text("Name");
  value.http_name = value.name;
  value.description = NonEmpty(input.OptionalText("Description"));
  // Every namespace shows one; SDKs fill it in by themselves.
  value.creator_request_id = NonEmpty(input.OptionalText("CreatorRequestId"));
  if (!value.creator_request_id) value.creator_request_id = DrawUuid(call.worker.random);
  value.created = call.context.clock.Now();
  value.tags = ReadTags(input);
  return value;
}

Served SubmitNewNamespace(Call& call, const Value& input, model::Namespace value) {
  if (const model::Status named = model::CheckNamespaceName(value.type, value.name); !named.ok()) {
    return Violation("Name", named.error().message);
  }
  Write write;
  write.resource_name = value.name;
  write.answer = AnswerOperation;
  write.change = registry::CreateNamespace{std::move(value), OperationIdFor(call, input, "CreatorRequestId")};
  return Submit(call, std::move(write));
}

Served SubmitNamespaceChange(Call& call, const Value& input, model::NamespaceType type) {
  registry::UpdateNamespace change;
  WP_TRY(id, ReadNamespaceId(input.Text("Id")));
  change.id = id;
  change.type = type;
  if (const Value* given = input.Find("Namespace")) {
    change.description = given->OptionalText("Description");
    change.soa_ttl = ReadSoaTtl(*given);
  }
  change.operation = OperationIdFor(call, input, "UpdaterRequestId");
  return Submit(call, {std::move(change), AnswerOperation});
}

}  // namespace waypost::cloudmap
