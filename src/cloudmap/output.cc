#include "cloudmap/output.h"

namespace waypost::cloudmap {
namespace {

void WriteDnsConfig(const model::DnsConfig& dns, const model::NamespaceId& in, JsonWriter& json) {
  json.Key("DnsConfig").Open('{').Text("NamespaceId", in.str());
  json.Text("RoutingPolicy", model::RoutingPolicyName(dns.routing));
  json.Key("DnsRecords").Open('[');
  for (const model::DnsRecord& record : dns.records) {
    json.Open('{').Text("Type", model::RecordTypeName(record.type)).Count("TTL", record.ttl).Close('}');
  }
  json.Close(']').Close('}');
}

void WriteHealthCheck(const model::HealthCheck& check, JsonWriter& json) {
  json.Key("HealthCheckConfig").Open('{').Text("Type", model::HealthCheckTypeName(check.type));
  if (!check.resource_path.empty()) json.Text("ResourcePath", check.resource_path);
  json.Count("FailureThreshold", check.failure_threshold).Close('}');
}

void WriteProperties(const model::Namespace& value, JsonWriter& json) {
  json.Key("Properties").Open('{').Key("DnsProperties").Open('{');
  if (value.has_dns()) {
    json.Text("HostedZoneId", value.hosted_zone_id);
    json.Key("SOA").Open('{').Count("TTL", value.soa_ttl).Close('}');
  }
  json.Close('}').Key("HttpProperties").Open('{').Text("HttpName", value.http_name).Close('}').Close('}');
}

}  // namespace

void WriteNamespace(const view::NamespaceInfo& info, const model::Identity& identity, Detail detail, JsonWriter& json) {
  const model::Namespace& value = info.value;
  const std::string id = value.id.str();
  json.Open('{').Text("Id", id).Text("Arn", model::NamespaceArn(identity, id));
  json.Text("ResourceOwner", identity.account).Text("Name", value.name);
  json.Text("Type", model::NamespaceTypeName(value.type));
  if (value.description) json.Text("Description", *value.description);
  json.Count("ServiceCount", info.service_count);
  WriteProperties(value, json);
  json.Key("CreateDate").Time(value.created);
  if (detail == Detail::kFull && value.creator_request_id) json.Text("CreatorRequestId", *value.creator_request_id);
  json.Close('}');
}

void WriteService(const model::Service& service, std::uint32_t instance_count, const model::Identity& identity,
                  Detail detail, JsonWriter& json) {
  const std::string id = service.id.str();
  json.Open('{').Text("Id", id).Text("Arn", model::ServiceArn(identity, id));
  json.Text("ResourceOwner", identity.account).Text("Name", service.name);
  if (detail == Detail::kFull) json.Text("NamespaceId", service.namespace_id.str());
  if (service.description) json.Text("Description", *service.description);
  json.Count("InstanceCount", instance_count);
  if (service.dns) WriteDnsConfig(*service.dns, service.namespace_id, json);
  json.Text("Type", model::ServiceTypeName(service.type));
  if (service.health_check) WriteHealthCheck(*service.health_check, json);
  if (service.custom_health) {
    json.Key("HealthCheckCustomConfig").Open('{').Count("FailureThreshold", 1).Close('}');
  }
  json.Key("CreateDate").Time(service.created);
  if (detail == Detail::kFull && service.creator_request_id) json.Text("CreatorRequestId", *service.creator_request_id);
  json.Text("CreatedByAccount", identity.account).Close('}');
}

void WriteInstance(const view::Member& member, const model::Identity& identity, Detail detail, JsonWriter& json) {
  json.Open('{').Text("Id", member.id());
  if (detail == Detail::kFull && member.has_creator_request_id()) {
    json.Text("CreatorRequestId", member.creator_request_id());
  }
  json.Key("Attributes").Raw(member.attributes_json());
  json.Text("CreatedByAccount", identity.account).Close('}');
}

void WriteOperation(const model::Operation& operation, const model::Identity& identity, Detail detail,
                    JsonWriter& json) {
  json.Open('{').Text("Id", operation.id).Text("Status", kOperationStatus);
  if (detail == Detail::kFull) {
    json.Text("OwnerAccount", identity.account).Text("Type", model::OperationTypeName(operation.type));
    json.Key("CreateDate").Time(operation.created).Key("UpdateDate").Time(operation.created);
    json.Key("Targets").Open('{');
    if (!operation.namespace_id.empty()) json.Text("NAMESPACE", operation.namespace_id);
    if (!operation.service_id.empty()) json.Text("SERVICE", operation.service_id);
    if (!operation.instance_id.empty()) json.Text("INSTANCE", operation.instance_id);
    json.Close('}');
  }
  json.Close('}');
}

void WriteTags(const model::Tags& tags, JsonWriter& json) {
  json.Open('[');
  for (const auto& [key, value] : tags) json.Open('{').Text("Key", key).Text("Value", value).Close('}');
  json.Close(']');
}

}  // namespace waypost::cloudmap
