#include "cloudmap/operation.h"
#include "cloudmap/output.h"

namespace waypost::cloudmap {

Served GetOperation(Call& call, const Value& input) {
  const std::string_view id = input.Text("OperationId");
  const model::Identity& identity = call.context.identity();
  const std::string_view owner = input.Text("OwnerAccount");
  if (!owner.empty() && owner != identity.account) {
    return model::MakeError(model::Code::kOperationNotFound,
                            "account " + std::string(owner) + " has no operation " + std::string(id));
  }
  WP_TRY(operation, call.context.registry.GetOperation(id));
  JsonWriter json(call.response.body);
  json.Open('{').Key("Operation");
  WriteOperation(operation, identity, Detail::kFull, json);
  json.Close('}');
  return http::Progress::kDone;
}

}  // namespace waypost::cloudmap
