#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/operation_filter.h"
#include "cloudmap/output.h"

namespace waypost::cloudmap {

Served ListOperations(Call& call, const Value& input) {
  WP_TRY(page, ReadPage(call, input));
  WP_TRY(filter, ReadOperationFilter(input));
  registry::OperationPage found;
  if (!filter.nothing) {
    WP_TRY(listed, call.context.registry.ListOperations(
                       {page.cursor, page.limit, [&](const model::Operation& each) { return filter.Accepts(each); }}));
    found = std::move(listed);
  }
  JsonWriter json(call.response.body);
  json.Open('{').Key("Operations").Open('[');
  for (const model::Operation& operation : found.operations) {
    WriteOperation(operation, call.context.identity(), Detail::kSummary, json);
  }
  json.Close(']');
  if (found.next) json.Text("NextToken", page.Next(call, *found.next));
  json.Close('}');
  return http::Progress::kDone;
}

}  // namespace waypost::cloudmap
