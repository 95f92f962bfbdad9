#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/output.h"

namespace waypost::cloudmap {

Served GetInstance(Call& call, const Value& input) {
  const std::string_view wanted = input.Text("InstanceId");
  WP_TRY(service_id, ReadServiceId(input.Text("ServiceId")));
  const view::ReadSection section(call.worker.reader);
  const view::ServiceNode* node = call.context.view.FindService(service_id);
  if (node == nullptr) return ServiceMissing(input.Text("ServiceId"));
  const view::ServiceState& state = node->state();
  const std::uint32_t index = state.Find(wanted);
  if (index == state.count()) return InstanceMissing(wanted, service_id.str());
  const model::Identity& identity = call.context.identity();
  JsonWriter json(call.response.body);
  json.Open('{').Text("ResourceOwner", identity.account).Key("Instance");
  WriteInstance(state.member(index), identity, Detail::kFull, json);
  json.Close('}');
  return http::Progress::kDone;
}

}  // namespace waypost::cloudmap
