#include <utility>

#include "cloudmap/input.h"
#include "cloudmap/namespace_commands.h"
#include "cloudmap/operation.h"

namespace waypost::cloudmap {
namespace {

model::Namespace NewDnsNamespace(Call& call, const Value& input, model::NamespaceType type, std::uint32_t default_ttl) {
  model::Namespace value = NewNamespace(call, input, type);
  value.hosted_zone_id = model::DrawHostedZoneId(call.worker.random);
  value.soa_ttl = ReadSoaTtl(input).value_or(default_ttl);
  return value;
}

}  // namespace

Served CreatePrivateDnsNamespace(Call& call, const Value& input) {
  model::Namespace value =
      NewDnsNamespace(call, input, model::NamespaceType::kDnsPrivate, model::kDefaultSoaTtlPrivate);
  value.vpc = input.Text("Vpc");
  return SubmitNewNamespace(call, input, std::move(value));
}

Served CreatePublicDnsNamespace(Call& call, const Value& input) {
  return SubmitNewNamespace(
      call, input, NewDnsNamespace(call, input, model::NamespaceType::kDnsPublic, model::kDefaultSoaTtlPublic));
}

}  // namespace waypost::cloudmap
