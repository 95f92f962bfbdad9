#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/output.h"

namespace waypost::cloudmap {

Served GetNamespace(Call& call, const Value& input) {
  WP_TRY(id, ReadNamespaceId(input.Text("Id")));
  const auto info = call.context.view.GetNamespace(id);
  if (!info) return NamespaceMissing(input.Text("Id"));
  JsonWriter json(call.response.body);
  json.Open('{').Key("Namespace");
  WriteNamespace(*info, call.context.identity(), Detail::kFull, json);
  json.Close('}');
  return http::Progress::kDone;
}

}  // namespace waypost::cloudmap
