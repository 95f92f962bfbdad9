#include <algorithm>

#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/output.h"

namespace waypost::cloudmap {
namespace {

using view::ServiceState;

/// Ids asked for, sorted, each once.
std::vector<std::string_view> ReadIds(const Value& input) {
  std::vector<std::string_view> ids;
  for (const Value& item : input.Items("Instances")) ids.push_back(*item.string());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

/// Those of `ids` behind the cursor, one more than the page shows. Err: kInstanceNotFound for any of all.
model::Result<std::vector<std::string_view>> Choose(const std::vector<std::string_view>& ids, const ServiceState& state,
                                                    const Page& page) {
  std::vector<std::string_view> chosen;
  for (const std::string_view id : ids) {
    if (state.Find(id) == state.count()) return InstanceMissing(id, state.config().service.id.str());
    if (id > page.cursor && chosen.size() <= page.limit) chosen.push_back(id);
  }
  return chosen;
}

model::HealthState HealthOf(const ServiceState& state, std::string_view id) {
  const std::uint32_t index = state.Find(id);
  return state.chunk(index / view::Chunk::kMembersMax).health(index % view::Chunk::kMembersMax);
}

}  // namespace

Served GetInstancesHealthStatus(Call& call, const Value& input) {
  WP_TRY(page, ReadPage(call, input));
  WP_TRY(service_id, ReadServiceId(input.Text("ServiceId")));
  const view::ReadSection section(call.worker.reader);
  const view::ServiceNode* node = call.context.view.FindService(service_id);
  if (node == nullptr) return ServiceMissing(input.Text("ServiceId"));
  const ServiceState& state = node->state();
  std::vector<std::string_view> ids;
  if (input.Find("Instances") != nullptr) {
    WP_TRY(chosen, Choose(ReadIds(input), state, page));
    ids = std::move(chosen);
  } else {
    for (const view::Member* member : view::ListMembers(state, page.cursor, page.limit + 1))
      ids.push_back(member->id());
  }
  if (!state.config().has_health()) {
    return model::MakeError(
        model::Code::kInvalidInput,
        "service " + service_id.str() + " has neither HealthCheckConfig nor HealthCheckCustomConfig");
  }
  const bool more = ids.size() > page.limit;
  if (more) ids.pop_back();
  JsonWriter json(call.response.body);
  json.Open('{').Key("Status").Open('{');
  for (const std::string_view id : ids) json.Text(id, model::HealthStateName(HealthOf(state, id)));
  json.Close('}');
  if (more) json.Text("NextToken", page.Next(call, ids.back()));
  json.Close('}');
  return http::Progress::kDone;
}

}  // namespace waypost::cloudmap
