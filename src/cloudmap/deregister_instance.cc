#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/submit.h"

namespace waypost::cloudmap {

Served DeregisterInstance(Call& call, const Value& input) {
  WP_TRY(service_id, ReadServiceId(input.Text("ServiceId")));
  registry::DeregisterInstance change{service_id, std::string(input.Text("InstanceId")), DrawnOperationId(call)};
  return Submit(call, {std::move(change), AnswerOperation});
}

}  // namespace waypost::cloudmap
