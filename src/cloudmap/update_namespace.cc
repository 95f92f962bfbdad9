#include "cloudmap/namespace_commands.h"
#include "cloudmap/operation.h"

namespace waypost::cloudmap {

Served UpdateHttpNamespace(Call& call, const Value& input) {
  return SubmitNamespaceChange(call, input, model::NamespaceType::kHttp);
}

Served UpdatePrivateDnsNamespace(Call& call, const Value& input) {
  return SubmitNamespaceChange(call, input, model::NamespaceType::kDnsPrivate);
}

Served UpdatePublicDnsNamespace(Call& call, const Value& input) {
  return SubmitNamespaceChange(call, input, model::NamespaceType::kDnsPublic);
}

}  // namespace waypost::cloudmap
