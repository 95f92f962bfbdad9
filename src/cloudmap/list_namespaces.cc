#include "cloudmap/filter.h"
#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/output.h"

namespace waypost::cloudmap {
namespace {

std::span<const FilterRule> Rules() {
  static const std::vector<FilterRule> rules = {{"TYPE", {Condition::kEqual, Condition::kBeginsWith}},
                                                {"NAME", {Condition::kEqual, Condition::kBeginsWith}},
                                                {"HTTP_NAME", {Condition::kEqual, Condition::kBeginsWith}},
                                                {"RESOURCE_OWNER", {Condition::kEqual}}};
  return rules;
}

bool Accepts(const std::vector<Filter>& filters, const model::Namespace& value) {
  for (const Filter& filter : filters) {
    if (filter.name == "TYPE" && !filter.Accepts(model::NamespaceTypeName(value.type))) return false;
    if (filter.name == "NAME" && !filter.Accepts(value.name)) return false;
    if (filter.name == "HTTP_NAME" && !filter.Accepts(value.http_name)) return false;
  }
  return true;
}

model::Status CheckType(const Filter& filter) {
  using model::NamespaceType;
  if (filter.condition != Condition::kEqual) return model::Ok();
  for (const NamespaceType type : {NamespaceType::kHttp, NamespaceType::kDnsPrivate, NamespaceType::kDnsPublic}) {
    if (filter.values.front() == model::NamespaceTypeName(type)) return model::Ok();
  }
  return Violation("Filters", "TYPE takes HTTP, DNS_PRIVATE or DNS_PUBLIC");
}

}  // namespace

Served ListNamespaces(Call& call, const Value& input) {
  WP_TRY(page, ReadPage(call, input));
  WP_TRY(filters, ReadFilters(input, Rules()));
  bool owned = true;
  for (const Filter& filter : filters) {
    if (filter.name == "TYPE") WP_CHECK(CheckType(filter));
    if (filter.name != "RESOURCE_OWNER") continue;
    WP_TRY(accepts, AcceptsOwner(filter, call.context.identity().account));
    owned = owned && accepts;
  }
  std::vector<view::NamespaceInfo> found;
  if (owned) {
    // One more than is shown, to know whether something follows.
    found = call.context.view.ListNamespaces(model::NamespaceId::Parse(page.cursor), page.limit + 1,
                                             [&](const model::Namespace& value) { return Accepts(filters, value); });
  }
  const bool more = found.size() > page.limit;
  if (more) found.pop_back();
  JsonWriter json(call.response.body);
  json.Open('{').Key("Namespaces").Open('[');
  for (const view::NamespaceInfo& info : found) {
    WriteNamespace(info, call.context.identity(), Detail::kSummary, json);
  }
  json.Close(']');
  if (more) json.Text("NextToken", page.Next(call, found.back().value.id.str()));
  json.Close('}');
  return http::Progress::kDone;
}

}  // namespace waypost::cloudmap
