#include <utility>

#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/output.h"
#include "cloudmap/submit.h"

namespace waypost::cloudmap {

Served GetServiceAttributes(Call& call, const Value& input) {
  WP_TRY(id, ReadServiceId(input.Text("ServiceId")));
  const auto info = call.context.view.GetService(id);
  if (!info) return ServiceMissing(input.Text("ServiceId"));
  const model::Identity& identity = call.context.identity();
  JsonWriter json(call.response.body);
  json.Open('{').Key("ServiceAttributes").Open('{');
  json.Text("ServiceArn", model::ServiceArn(identity, id.str())).Text("ResourceOwner", identity.account);
  json.Key("Attributes").Map(info->config->service.attributes).Close('}').Close('}');
  return http::Progress::kDone;
}

Served UpdateServiceAttributes(Call& call, const Value& input) {
  WP_TRY(id, ReadServiceId(input.Text("ServiceId")));
  return Submit(call, {registry::UpdateServiceAttributes{id, ReadAttributes(input.Pairs("Attributes"))}});
}

Served DeleteServiceAttributes(Call& call, const Value& input) {
  WP_TRY(id, ReadServiceId(input.Text("ServiceId")));
  return Submit(call, {registry::DeleteServiceAttributes{id, ReadStrings(input.Items("Attributes"))}});
}

}  // namespace waypost::cloudmap
