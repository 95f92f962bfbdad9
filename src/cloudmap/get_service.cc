#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/output.h"

namespace waypost::cloudmap {

Served GetService(Call& call, const Value& input) {
  WP_TRY(id, ReadServiceId(input.Text("Id")));
  const auto info = call.context.view.GetService(id);
  if (!info) return ServiceMissing(input.Text("Id"));
  JsonWriter json(call.response.body);
  json.Open('{').Key("Service");
  WriteService(info->config->service, info->instance_count, call.context.identity(), Detail::kFull, json);
  json.Close('}');
  return http::Progress::kDone;
}

}  // namespace waypost::cloudmap
