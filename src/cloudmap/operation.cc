#include "cloudmap/operation.h"

#include <algorithm>

#include "cloudmap/shapes.h"

namespace waypost::cloudmap {
namespace {

constexpr Operation kOperations[] = {
    {"CreateHttpNamespace", &kCreateHttpNamespaceInput, CreateHttpNamespace},
    {"CreatePrivateDnsNamespace", &kCreatePrivateDnsNamespaceInput, CreatePrivateDnsNamespace},
    {"CreatePublicDnsNamespace", &kCreatePublicDnsNamespaceInput, CreatePublicDnsNamespace},
    {"CreateService", &kCreateServiceInput, CreateService},
    {"DeleteNamespace", &kIdInput, DeleteNamespace},
    {"DeleteService", &kIdInput, DeleteService},
    {"DeleteServiceAttributes", &kDeleteServiceAttributesInput, DeleteServiceAttributes},
    {"DeregisterInstance", &kInstanceInput, DeregisterInstance},
    {"DiscoverInstances", &kDiscoverInstancesInput, DiscoverInstances, DiscoverInstancesQuickly, Plane::kData},
    {"DiscoverInstancesRevision", &kDiscoverInstancesRevisionInput, DiscoverInstancesRevision,
     DiscoverInstancesRevisionQuickly, Plane::kData},
    {"GetInstance", &kInstanceInput, GetInstance},
    {"GetInstancesHealthStatus", &kGetInstancesHealthStatusInput, GetInstancesHealthStatus},
    {"GetNamespace", &kIdInput, GetNamespace},
    {"GetOperation", &kGetOperationInput, GetOperation},
    {"GetService", &kIdInput, GetService},
    {"GetServiceAttributes", &kServiceIdInput, GetServiceAttributes},
    {"ListInstances", &kListInstancesInput, ListInstances},
    {"ListNamespaces", &kListNamespacesInput, ListNamespaces},
    {"ListOperations", &kListOperationsInput, ListOperations},
    {"ListServices", &kListServicesInput, ListServices},
    {"ListTagsForResource", &kListTagsForResourceInput, ListTagsForResource},
    {"RegisterInstance", &kRegisterInstanceInput, RegisterInstance},
    {"TagResource", &kTagResourceInput, TagResource},
    {"UntagResource", &kUntagResourceInput, UntagResource},
    {"UpdateHttpNamespace", &kUpdateHttpNamespaceInput, UpdateHttpNamespace},
    {"UpdateInstanceCustomHealthStatus", &kUpdateInstanceCustomHealthStatusInput, UpdateInstanceCustomHealthStatus},
    {"UpdatePrivateDnsNamespace", &kUpdateDnsNamespaceInput, UpdatePrivateDnsNamespace},
    {"UpdatePublicDnsNamespace", &kUpdateDnsNamespaceInput, UpdatePublicDnsNamespace},
    {"UpdateService", &kUpdateServiceInput, UpdateService},
    {"UpdateServiceAttributes", &kUpdateServiceAttributesInput, UpdateServiceAttributes},
};

constexpr bool Before(const Operation& a, const Operation& b) { return a.name < b.name; }
static_assert(std::is_sorted(std::begin(kOperations), std::end(kOperations), Before));

}  // namespace

std::span<const Operation> Operations() { return kOperations; }

const Operation* FindOperation(std::string_view name) {
  const auto* at =
      std::lower_bound(std::begin(kOperations), std::end(kOperations), name,
                       [](const Operation& operation, std::string_view key) { return operation.name < key; });
  return at != std::end(kOperations) && at->name == name ? at : nullptr;
}

model::Result<Value> ReadInput(const Operation& operation, std::string_view body) {
  WP_TRY(value, ParseJson(body));
  WP_CHECK(Check(*operation.input, value));
  return value;
}

}  // namespace waypost::cloudmap
