#include "cloudmap/filter.h"
#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/output.h"

namespace waypost::cloudmap {
namespace {

std::span<const FilterRule> Rules() {
  static const std::vector<FilterRule> rules = {{"NAMESPACE_ID", {Condition::kEqual}},
                                                {"RESOURCE_OWNER", {Condition::kEqual}}};
  return rules;
}

/// What the filters leave: nothing, or the services of one namespace or of all.
struct Choice {
  bool nothing = false;
  std::optional<model::NamespaceId> in = {};
};

model::Result<Choice> Choose(const std::vector<Filter>& filters, std::string_view account) {
  Choice choice;
  for (const Filter& filter : filters) {
    if (filter.name == "RESOURCE_OWNER") {
      WP_TRY(accepts, AcceptsOwner(filter, account));
      choice.nothing = choice.nothing || !accepts;
      continue;
    }
    // A namespace that does not exist has no services; the API has no error for it here.
    const auto id = ReadNamespaceId(filter.values.front());
    if (!id.ok() || (choice.in && *choice.in != id.value())) {
      choice.nothing = true;
    } else {
      choice.in = id.value();
    }
  }
  return choice;
}

}  // namespace

Served ListServices(Call& call, const Value& input) {
  WP_TRY(page, ReadPage(call, input));
  WP_TRY(filters, ReadFilters(input, Rules()));
  WP_TRY(choice, Choose(filters, call.context.identity().account));
  std::vector<view::ServiceInfo> found;
  if (!choice.nothing) {
    // One more than is shown, to know whether something follows.
    found = call.context.view.ListServices(choice.in, model::ServiceId::Parse(page.cursor), page.limit + 1);
  }
  const bool more = found.size() > page.limit;
  if (more) found.pop_back();
  JsonWriter json(call.response.body);
  json.Open('{').Key("Services").Open('[');
  for (const view::ServiceInfo& info : found) {
    WriteService(info.config->service, info.instance_count, call.context.identity(), Detail::kSummary, json);
  }
  json.Close(']');
  if (more) json.Text("NextToken", page.Next(call, found.back().config->service.id.str()));
  json.Close('}');
  return http::Progress::kDone;
}

}  // namespace waypost::cloudmap
