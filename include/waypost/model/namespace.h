#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "waypost/model/attributes.h"
#include "waypost/model/clock.h"
#include "waypost/model/id.h"
#include "waypost/model/result.h"

namespace waypost::model {

enum class NamespaceType : std::uint8_t { kHttp = 0, kDnsPrivate = 1, kDnsPublic = 2 };
/// `HTTP`, `DNS_PRIVATE`, `DNS_PUBLIC`.
std::string_view NamespaceTypeName(NamespaceType type);

inline constexpr std::uint32_t kDefaultSoaTtlPrivate = 15;
inline constexpr std::uint32_t kDefaultSoaTtlPublic = 60;

/// A Cloud Map namespace. For the DNS types, `name` is also the zone's apex.
struct Namespace {
  NamespaceId id;
  NamespaceType type = NamespaceType::kHttp;
  std::string name;
  std::string http_name;  ///< what NamespaceName means in discovery; unique in the registry
  std::optional<std::string> description = {};
  std::optional<std::string> creator_request_id = {};
  std::string vpc = {};             ///< private DNS only
  std::string hosted_zone_id = {};  ///< DNS only
  std::uint32_t soa_ttl = 0;        ///< seconds; SOA TTL and MINIMUM, so the negative TTL; DNS only
  Timestamp created = {};
  Tags tags = {};

  bool has_dns() const { return type != NamespaceType::kHttp; }
  bool operator==(const Namespace&) const = default;
};

/// Checks a new namespace's name against its type's rules (API reference: Create*Namespace Name; a DNS type's name must
/// also be a valid owner name). Err: kInvalidInput.
Status CheckNamespaceName(NamespaceType type, std::string_view name);

}  // namespace waypost::model
