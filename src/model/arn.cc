#include "waypost/model/arn.h"

namespace waypost::model {
namespace {

std::string Arn(const Identity& identity, std::string_view type, std::string_view id) {
  std::string arn = "arn:aws:servicediscovery:";
  arn += identity.region;
  arn += ':';
  arn += identity.account;
  arn += ':';
  arn += type;
  arn += '/';
  arn += id;
  return arn;
}

}  // namespace

std::string NamespaceArn(const Identity& identity, std::string_view id) { return Arn(identity, "namespace", id); }
std::string ServiceArn(const Identity& identity, std::string_view id) { return Arn(identity, "service", id); }

std::string_view IdFromArn(std::string_view id_or_arn, std::string_view resource_type) {
  // arn:partition:servicediscovery:region:account:type/id
  if (!id_or_arn.starts_with("arn:")) return id_or_arn;
  std::string_view rest = id_or_arn;
  for (int field = 0; field < 5; ++field) {
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return id_or_arn;
    if (field == 2 && rest.substr(0, colon) != "servicediscovery") return id_or_arn;
    rest.remove_prefix(colon + 1);
  }
  if (!rest.starts_with(resource_type)) return id_or_arn;
  rest.remove_prefix(resource_type.size());
  if (rest.size() < 2 || rest[0] != '/') return id_or_arn;
  return rest.substr(1);
}

}  // namespace waypost::model
