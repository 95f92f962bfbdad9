#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/output.h"

namespace waypost::cloudmap {

Served ListInstances(Call& call, const Value& input) {
  WP_TRY(page, ReadPage(call, input));
  WP_TRY(service_id, ReadServiceId(input.Text("ServiceId")));
  const view::ReadSection section(call.worker.reader);
  const view::ServiceNode* node = call.context.view.FindService(service_id);
  if (node == nullptr) return ServiceMissing(input.Text("ServiceId"));
  // One more than is shown, to know whether something follows.
  auto members = view::ListMembers(node->state(), page.cursor, page.limit + 1);
  const bool more = members.size() > page.limit;
  if (more) members.pop_back();
  const model::Identity& identity = call.context.identity();
  JsonWriter json(call.response.body);
  json.Open('{').Text("ResourceOwner", identity.account).Key("Instances").Open('[');
  for (const view::Member* member : members) WriteInstance(*member, identity, Detail::kSummary, json);
  json.Close(']');
  if (more) json.Text("NextToken", page.Next(call, members.back()->id()));
  json.Close('}');
  return http::Progress::kDone;
}

}  // namespace waypost::cloudmap
