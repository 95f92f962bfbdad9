#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/submit.h"

namespace waypost::cloudmap {

Served DeleteNamespace(Call& call, const Value& input) {
  WP_TRY(id, ReadNamespaceId(input.Text("Id")));
  return Submit(call, {registry::DeleteNamespace{id, DrawnOperationId(call)}, AnswerOperation});
}

}  // namespace waypost::cloudmap
