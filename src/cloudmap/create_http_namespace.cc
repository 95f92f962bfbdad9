#include "cloudmap/namespace_commands.h"
#include "cloudmap/operation.h"

namespace waypost::cloudmap {

Served CreateHttpNamespace(Call& call, const Value& input) {
  return SubmitNewNamespace(call, input, NewNamespace(call, input, model::NamespaceType::kHttp));
}

}  // namespace waypost::cloudmap
