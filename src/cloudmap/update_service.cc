#include <utility>

#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/submit.h"

namespace waypost::cloudmap {

Served UpdateService(Call& call, const Value& input) {
  registry::UpdateService change;
  WP_TRY(id, ReadServiceId(input.Text("Id")));
  change.id = id;
  if (const Value* given = input.Find("Service")) {
    WP_TRY(check, ReadHealthCheck(*given));
    change.health_check = std::move(check);
    change.description = given->OptionalText("Description");
    if (const Value* dns = given->Find("DnsConfig")) change.records = ReadRecords(dns->Items("DnsRecords"));
  }
  change.operation = DrawnOperationId(call);
  return Submit(call, {std::move(change), AnswerOperation});
}

}  // namespace waypost::cloudmap
