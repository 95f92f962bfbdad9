#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/submit.h"

namespace waypost::cloudmap {

Served DeleteService(Call& call, const Value& input) {
  WP_TRY(id, ReadServiceId(input.Text("Id")));
  return Submit(call, {registry::DeleteService{id}});
}

}  // namespace waypost::cloudmap
