#include "cloudmap/shapes.h"

#include <algorithm>

#include "waypost/model/instance.h"
#include "waypost/model/namespace.h"
#include "waypost/model/service.h"

namespace waypost::cloudmap {
namespace {

using Kind = Shape::Kind;

bool IsGraphic(char c) { return c >= '!' && c <= '~'; }
bool AllGraphic(std::string_view text) { return std::all_of(text.begin(), text.end(), IsGraphic); }
bool IsNewNamespaceName(std::string_view name) { return IsNamespaceName(name) && !name.starts_with("arn:"); }
bool IsPublicName(std::string_view name) {
  return model::CheckNamespaceName(model::NamespaceType::kDnsPublic, name).ok();
}
bool IsServiceName(std::string_view name) { return model::CheckServiceName(name).ok(); }
bool IsInstanceId(std::string_view id) { return model::CheckInstanceId(id).ok(); }

constexpr Pattern kNewHttpName = {"(?!arn:)[!-~]{1,1024}", IsNewNamespaceName};
constexpr Pattern kNewPrivateName = {"(?!arn:)[!-~]{1,253}", IsNewNamespaceName};
constexpr Pattern kNewPublicName = {
    "([a-zA-Z0-9]([a-zA-Z0-9\\-]{0,61}[a-zA-Z0-9])?\\.)+[a-zA-Z0-9]([a-zA-Z0-9\\-]{0,61}[a-zA-Z0-9])?", IsPublicName};
constexpr Pattern kNamespaceName = {"[!-~]{1,1024}", IsNamespaceName};
constexpr Pattern kServiceName = {
    "((?=^.{1,127}$)^([a-zA-Z0-9_][a-zA-Z0-9-_]{0,61}[a-zA-Z0-9_]|[a-zA-Z0-9])(\\.([a-zA-Z0-9_][a-zA-Z0-9-_]{0,61}"
    "[a-zA-Z0-9_]|[a-zA-Z0-9]))*$)|(^\\.$)",
    IsServiceName};
constexpr Pattern kInstanceIdForm = {"[0-9a-zA-Z_/:.@-]+", IsInstanceId};
constexpr Pattern kAttributeKey = {"[a-zA-Z0-9!-~]+", IsAttributeKey};
constexpr Pattern kAttributeValue = {"([a-zA-Z0-9!-~][ \\ta-zA-Z0-9!-~]*){0,1}[a-zA-Z0-9!-~]{0,1}", IsAttributeValue};

constexpr Shape Text(std::int64_t min, std::int64_t max, const Pattern* pattern = nullptr) {
  return {.kind = Kind::kString, .min = min, .max = max, .pattern = pattern};
}
constexpr Shape OneOf(std::span<const std::string_view> values) { return {.kind = Kind::kString, .values = values}; }
constexpr Shape Integer(std::int64_t min, std::int64_t max) { return {.kind = Kind::kInteger, .min = min, .max = max}; }
constexpr Shape ListOf(const Shape& element, std::int64_t min = 0, std::int64_t max = Shape::kUnbounded) {
  return {.kind = Kind::kList, .min = min, .max = max, .element = &element};
}
constexpr Shape MapOf(const Shape& key, const Shape& element, std::int64_t min = 0,
                      std::int64_t max = Shape::kUnbounded) {
  return {.kind = Kind::kMap, .min = min, .max = max, .key = &key, .element = &element};
}
constexpr Shape Structure(std::span<const Field> fields) { return {.kind = Kind::kStructure, .fields = fields}; }

constexpr bool kRequired = true;

// Plain values.
constexpr Shape kArnOrId = Text(0, 255);
constexpr Shape kShortId = Text(0, 64);
constexpr Shape kInstanceId = Text(0, 64);
constexpr Shape kRequestId = Text(0, 64);
constexpr Shape kDescription = Text(0, 1024);
constexpr Shape kAccount = Text(kAccountLength, kAccountLength);
constexpr Shape kToken = Text(0, 4096);
constexpr Shape kPageSize = Integer(1, kPageMax);
constexpr Shape kTtl = Integer(0, 2147483647);
constexpr Shape kThreshold = Integer(1, 10);
constexpr Shape kResourceArn = Text(1, 1011);
constexpr Shape kNamespaceNameText = Text(0, 1024, &kNamespaceName);
constexpr Shape kServiceNameText = Text(0, Shape::kUnbounded, &kServiceName);

// Tags and attributes.
constexpr Shape kTagKey = Text(1, 128);
constexpr Shape kTagValue = Text(0, 256);
constexpr Field kTagFields[] = {{"Key", &kTagKey, kRequired}, {"Value", &kTagValue, kRequired}};
constexpr Shape kTag = Structure(kTagFields);
constexpr Shape kTags = ListOf(kTag, 0, 200);
constexpr Shape kTagKeys = ListOf(kTagKey, 0, 200);
constexpr Shape kKeyText = Text(0, kAttributeKeyMax, &kAttributeKey);
constexpr Shape kValueText = Text(0, kAttributeValueMax, &kAttributeValue);
constexpr Shape kAttributes = MapOf(kKeyText, kValueText);
constexpr Shape kServiceAttributeKey = Text(0, 255);
constexpr Shape kServiceAttributeValue = Text(0, 1024);
constexpr Shape kServiceAttributes = MapOf(kServiceAttributeKey, kServiceAttributeValue, 1, 30);
constexpr Shape kServiceAttributeKeys = ListOf(kServiceAttributeKey, 1, 30);

// Namespaces.
constexpr Field kSoaFields[] = {{"TTL", &kTtl, kRequired}};
constexpr Shape kSoa = Structure(kSoaFields);
constexpr Field kDnsPropertiesFields[] = {{"SOA", &kSoa, kRequired}};
constexpr Shape kDnsProperties = Structure(kDnsPropertiesFields);
constexpr Field kPropertiesFields[] = {{"DnsProperties", &kDnsProperties, kRequired}};
constexpr Shape kProperties = Structure(kPropertiesFields);
constexpr Shape kHttpNameText = Text(0, 1024, &kNewHttpName);
constexpr Shape kPrivateNameText = Text(0, 253, &kNewPrivateName);
constexpr Shape kPublicNameText = Text(0, 253, &kNewPublicName);
constexpr Shape kVpc = Text(0, 64);
constexpr Field kHttpNamespaceFields[] = {{"Name", &kHttpNameText, kRequired},
                                          {"CreatorRequestId", &kRequestId},
                                          {"Description", &kDescription},
                                          {"Tags", &kTags}};
constexpr Field kPrivateNamespaceFields[] = {{"Name", &kPrivateNameText, kRequired},
                                             {"CreatorRequestId", &kRequestId},
                                             {"Description", &kDescription},
                                             {"Vpc", &kVpc, kRequired},
                                             {"Tags", &kTags},
                                             {"Properties", &kProperties}};
constexpr Field kPublicNamespaceFields[] = {{"Name", &kPublicNameText, kRequired},
                                            {"CreatorRequestId", &kRequestId},
                                            {"Description", &kDescription},
                                            {"Tags", &kTags},
                                            {"Properties", &kProperties}};
constexpr Field kHttpChangeFields[] = {{"Description", &kDescription, kRequired}};
constexpr Shape kHttpChange = Structure(kHttpChangeFields);
constexpr Field kDnsChangeFields[] = {{"Description", &kDescription}, {"Properties", &kProperties}};
constexpr Shape kDnsChange = Structure(kDnsChangeFields);
constexpr Field kUpdateHttpFields[] = {
    {"Id", &kArnOrId, kRequired}, {"UpdaterRequestId", &kRequestId}, {"Namespace", &kHttpChange, kRequired}};
constexpr Field kUpdateDnsFields[] = {
    {"Id", &kArnOrId, kRequired}, {"UpdaterRequestId", &kRequestId}, {"Namespace", &kDnsChange, kRequired}};

// Services.
constexpr std::string_view kRoutingPolicies[] = {"MULTIVALUE", "WEIGHTED"};
constexpr std::string_view kRecordTypes[] = {"SRV", "A", "AAAA", "CNAME"};
constexpr std::string_view kCheckTypes[] = {"HTTP", "HTTPS", "TCP"};
constexpr std::string_view kServiceTypes[] = {"HTTP"};
constexpr Shape kRoutingPolicy = OneOf(kRoutingPolicies);
constexpr Shape kRecordType = OneOf(kRecordTypes);
constexpr Shape kCheckType = OneOf(kCheckTypes);
constexpr Shape kServiceType = OneOf(kServiceTypes);
constexpr Shape kResourcePath = Text(0, 255);
constexpr Field kDnsRecordFields[] = {{"Type", &kRecordType, kRequired}, {"TTL", &kTtl, kRequired}};
constexpr Shape kDnsRecord = Structure(kDnsRecordFields);
constexpr Shape kDnsRecords = ListOf(kDnsRecord);
constexpr Field kDnsConfigFields[] = {
    {"NamespaceId", &kShortId}, {"RoutingPolicy", &kRoutingPolicy}, {"DnsRecords", &kDnsRecords, kRequired}};
constexpr Shape kDnsConfig = Structure(kDnsConfigFields);
constexpr Field kDnsConfigChangeFields[] = {{"DnsRecords", &kDnsRecords, kRequired}};
constexpr Shape kDnsConfigChange = Structure(kDnsConfigChangeFields);
constexpr Field kHealthCheckFields[] = {
    {"Type", &kCheckType, kRequired}, {"ResourcePath", &kResourcePath}, {"FailureThreshold", &kThreshold}};
constexpr Shape kHealthCheck = Structure(kHealthCheckFields);
constexpr Field kCustomHealthFields[] = {{"FailureThreshold", &kThreshold}};
constexpr Shape kCustomHealth = Structure(kCustomHealthFields);
constexpr Field kCreateServiceFields[] = {{"Name", &kServiceNameText, kRequired},
                                          {"NamespaceId", &kArnOrId},
                                          {"CreatorRequestId", &kRequestId},
                                          {"Description", &kDescription},
                                          {"DnsConfig", &kDnsConfig},
                                          {"HealthCheckConfig", &kHealthCheck},
                                          {"HealthCheckCustomConfig", &kCustomHealth},
                                          {"Tags", &kTags},
                                          {"Type", &kServiceType}};
constexpr Field kServiceChangeFields[] = {
    {"Description", &kDescription}, {"DnsConfig", &kDnsConfigChange}, {"HealthCheckConfig", &kHealthCheck}};
constexpr Shape kServiceChange = Structure(kServiceChangeFields);
constexpr Field kUpdateServiceFields[] = {{"Id", &kArnOrId, kRequired}, {"Service", &kServiceChange, kRequired}};
constexpr Field kUpdateServiceAttributesFields[] = {{"ServiceId", &kArnOrId, kRequired},
                                                    {"Attributes", &kServiceAttributes, kRequired}};
constexpr Field kDeleteServiceAttributesFields[] = {{"ServiceId", &kArnOrId, kRequired},
                                                    {"Attributes", &kServiceAttributeKeys, kRequired}};

// Instances.
constexpr Shape kNewInstanceId = Text(0, 64, &kInstanceIdForm);
constexpr std::string_view kCustomStates[] = {"HEALTHY", "UNHEALTHY"};
constexpr Shape kCustomState = OneOf(kCustomStates);
constexpr Shape kInstanceIds = ListOf(kInstanceId, 1);
constexpr Field kRegisterFields[] = {{"ServiceId", &kArnOrId, kRequired},
                                     {"InstanceId", &kNewInstanceId, kRequired},
                                     {"CreatorRequestId", &kRequestId},
                                     {"Attributes", &kAttributes, kRequired}};
constexpr Field kCustomStatusFields[] = {
    {"ServiceId", &kArnOrId, kRequired}, {"InstanceId", &kInstanceId, kRequired}, {"Status", &kCustomState, kRequired}};
constexpr Field kHealthStatusFields[] = {{"ServiceId", &kArnOrId, kRequired},
                                         {"Instances", &kInstanceIds},
                                         {"MaxResults", &kPageSize},
                                         {"NextToken", &kToken}};
constexpr Field kListInstancesFields[] = {
    {"ServiceId", &kArnOrId, kRequired}, {"NextToken", &kToken}, {"MaxResults", &kPageSize}};

// Discovery.
constexpr std::string_view kHealthFilters[] = {"HEALTHY", "UNHEALTHY", "ALL", "HEALTHY_OR_ELSE_ALL"};
constexpr Shape kHealthFilter = OneOf(kHealthFilters);
constexpr Shape kDiscoverSize = Integer(1, kDiscoverResultsMax);
constexpr Field kDiscoverFields[] = {{"NamespaceName", &kNamespaceNameText, kRequired},
                                     {"ServiceName", &kServiceNameText, kRequired},
                                     {"MaxResults", &kDiscoverSize},
                                     {"QueryParameters", &kAttributes},
                                     {"OptionalParameters", &kAttributes},
                                     {"HealthStatus", &kHealthFilter},
                                     {"OwnerAccount", &kAccount}};
constexpr Field kRevisionFields[] = {{"NamespaceName", &kNamespaceNameText, kRequired},
                                     {"ServiceName", &kServiceNameText, kRequired},
                                     {"OwnerAccount", &kAccount}};

// Lists with filters.
constexpr std::string_view kConditions[] = {"EQ", "IN", "BETWEEN", "BEGINS_WITH"};
constexpr std::string_view kNamespaceFilters[] = {"TYPE", "NAME", "HTTP_NAME", "RESOURCE_OWNER"};
constexpr std::string_view kServiceFilters[] = {"NAMESPACE_ID", "RESOURCE_OWNER"};
constexpr std::string_view kOperationFilters[] = {"NAMESPACE_ID", "SERVICE_ID", "STATUS", "TYPE", "UPDATE_DATE"};
constexpr Shape kCondition = OneOf(kConditions);
constexpr Shape kNamespaceFilterName = OneOf(kNamespaceFilters);
constexpr Shape kServiceFilterName = OneOf(kServiceFilters);
constexpr Shape kOperationFilterName = OneOf(kOperationFilters);
constexpr Shape kFilterValue = Text(1, 255);
constexpr Shape kFilterValues = ListOf(kFilterValue);
constexpr Field kNamespaceFilterFields[] = {
    {"Name", &kNamespaceFilterName, kRequired}, {"Values", &kFilterValues, kRequired}, {"Condition", &kCondition}};
constexpr Field kServiceFilterFields[] = {
    {"Name", &kServiceFilterName, kRequired}, {"Values", &kFilterValues, kRequired}, {"Condition", &kCondition}};
constexpr Field kOperationFilterFields[] = {
    {"Name", &kOperationFilterName, kRequired}, {"Values", &kFilterValues, kRequired}, {"Condition", &kCondition}};
constexpr Shape kNamespaceFilter = Structure(kNamespaceFilterFields);
constexpr Shape kServiceFilter = Structure(kServiceFilterFields);
constexpr Shape kOperationFilter = Structure(kOperationFilterFields);
constexpr Shape kNamespaceFilterList = ListOf(kNamespaceFilter);
constexpr Shape kServiceFilterList = ListOf(kServiceFilter);
constexpr Shape kOperationFilterList = ListOf(kOperationFilter);
constexpr Field kListNamespacesFields[] = {
    {"NextToken", &kToken}, {"MaxResults", &kPageSize}, {"Filters", &kNamespaceFilterList}};
constexpr Field kListServicesFields[] = {
    {"NextToken", &kToken}, {"MaxResults", &kPageSize}, {"Filters", &kServiceFilterList}};
constexpr Field kListOperationsFields[] = {
    {"NextToken", &kToken}, {"MaxResults", &kPageSize}, {"Filters", &kOperationFilterList}};
constexpr Field kGetOperationFields[] = {{"OperationId", &kArnOrId, kRequired}, {"OwnerAccount", &kAccount}};

// Ids and tags alone.
constexpr Field kIdFields[] = {{"Id", &kArnOrId, kRequired}};
constexpr Field kServiceIdFields[] = {{"ServiceId", &kArnOrId, kRequired}};
constexpr Field kInstanceFields[] = {{"ServiceId", &kArnOrId, kRequired}, {"InstanceId", &kInstanceId, kRequired}};
constexpr Field kListTagsFields[] = {{"ResourceARN", &kResourceArn, kRequired}};
constexpr Field kTagResourceFields[] = {{"ResourceARN", &kResourceArn, kRequired}, {"Tags", &kTags, kRequired}};
constexpr Field kUntagResourceFields[] = {{"ResourceARN", &kResourceArn, kRequired}, {"TagKeys", &kTagKeys, kRequired}};

}  // namespace

constinit const Shape kCreateHttpNamespaceInput = Structure(kHttpNamespaceFields);
constinit const Shape kCreatePrivateDnsNamespaceInput = Structure(kPrivateNamespaceFields);
constinit const Shape kCreatePublicDnsNamespaceInput = Structure(kPublicNamespaceFields);
constinit const Shape kUpdateHttpNamespaceInput = Structure(kUpdateHttpFields);
constinit const Shape kUpdateDnsNamespaceInput = Structure(kUpdateDnsFields);
constinit const Shape kCreateServiceInput = Structure(kCreateServiceFields);
constinit const Shape kUpdateServiceInput = Structure(kUpdateServiceFields);
constinit const Shape kRegisterInstanceInput = Structure(kRegisterFields);
constinit const Shape kUpdateInstanceCustomHealthStatusInput = Structure(kCustomStatusFields);
constinit const Shape kDiscoverInstancesInput = Structure(kDiscoverFields);
constinit const Shape kDiscoverInstancesRevisionInput = Structure(kRevisionFields);
constinit const Shape kGetInstancesHealthStatusInput = Structure(kHealthStatusFields);
constinit const Shape kGetOperationInput = Structure(kGetOperationFields);
constinit const Shape kListInstancesInput = Structure(kListInstancesFields);
constinit const Shape kListNamespacesInput = Structure(kListNamespacesFields);
constinit const Shape kListOperationsInput = Structure(kListOperationsFields);
constinit const Shape kListServicesInput = Structure(kListServicesFields);
constinit const Shape kListTagsForResourceInput = Structure(kListTagsFields);
constinit const Shape kTagResourceInput = Structure(kTagResourceFields);
constinit const Shape kUntagResourceInput = Structure(kUntagResourceFields);
constinit const Shape kUpdateServiceAttributesInput = Structure(kUpdateServiceAttributesFields);
constinit const Shape kDeleteServiceAttributesInput = Structure(kDeleteServiceAttributesFields);
constinit const Shape kIdInput = Structure(kIdFields);
constinit const Shape kServiceIdInput = Structure(kServiceIdFields);
constinit const Shape kInstanceInput = Structure(kInstanceFields);

bool IsNamespaceName(std::string_view name) { return !name.empty() && name.size() <= 1024 && AllGraphic(name); }

bool IsAttributeKey(std::string_view key) { return !key.empty() && AllGraphic(key); }

bool IsAttributeValue(std::string_view value) {
  if (value.empty()) return true;
  return IsGraphic(value.front()) &&
         std::all_of(value.begin(), value.end(), [](char c) { return IsGraphic(c) || c == ' ' || c == '\t'; });
}

}  // namespace waypost::cloudmap
