#pragma once

#include "cloudmap/shape.h"

namespace waypost::cloudmap {

// The input of each operation, as the API reference has it. Update*DnsNamespace share one, as their members are the
// same.
extern const Shape kCreateHttpNamespaceInput;
extern const Shape kCreatePrivateDnsNamespaceInput;
extern const Shape kCreatePublicDnsNamespaceInput;
extern const Shape kUpdateHttpNamespaceInput;
extern const Shape kUpdateDnsNamespaceInput;
extern const Shape kCreateServiceInput;
extern const Shape kUpdateServiceInput;
extern const Shape kRegisterInstanceInput;
extern const Shape kUpdateInstanceCustomHealthStatusInput;
extern const Shape kDiscoverInstancesInput;
extern const Shape kDiscoverInstancesRevisionInput;
extern const Shape kGetInstancesHealthStatusInput;
extern const Shape kGetOperationInput;
extern const Shape kListInstancesInput;
extern const Shape kListNamespacesInput;
extern const Shape kListOperationsInput;
extern const Shape kListServicesInput;
extern const Shape kListTagsForResourceInput;
extern const Shape kTagResourceInput;
extern const Shape kUntagResourceInput;
extern const Shape kUpdateServiceAttributesInput;
extern const Shape kDeleteServiceAttributesInput;
/// Id alone: GetNamespace, GetService, DeleteNamespace, DeleteService.
extern const Shape kIdInput;
/// ServiceId alone: GetServiceAttributes.
extern const Shape kServiceIdInput;
/// ServiceId and InstanceId: GetInstance, DeregisterInstance.
extern const Shape kInstanceInput;

// Rules that are also needed one by one.
/// NamespaceName of discovery: 1…1024 printable ASCII characters.
bool IsNamespaceName(std::string_view name);
/// An attribute's key: printable ASCII, not empty.
bool IsAttributeKey(std::string_view key);
/// An attribute's value: printable ASCII, blanks but not in front.
bool IsAttributeValue(std::string_view value);

inline constexpr std::size_t kAttributeKeyMax = 255;
inline constexpr std::size_t kAttributeValueMax = 1024;
inline constexpr std::size_t kAccountLength = 12;
inline constexpr std::uint32_t kDiscoverResultsMax = 1000;
inline constexpr std::uint32_t kDiscoverResultsDefault = 100;
inline constexpr std::size_t kPageMax = 100;

}  // namespace waypost::cloudmap
