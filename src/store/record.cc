#include "waypost/store/record.h"

#include "store/field_codec.h"
#include "waypost/model/owner_name.h"
#include "waypost/store/store.h"

namespace waypost::store {
namespace {

using model::Code;
using model::MakeError;
using model::Result;

constexpr std::uint8_t kVersion = 1;

/// Reads the version byte. Err: kTooNew.
model::Status TakeVersion(FieldReader& in, Table table, std::string_view id) {
  const std::uint8_t version = in.Byte();
  if (in.good() && version == kVersion) return model::Ok();
  if (in.good() && version > kVersion) {
    return MakeError(Code::kTooNew, "the record of " + std::string(TableName(table)) + " \"" + std::string(id) +
                                        "\" has version " + std::to_string(version) +
                                        ", which is newer than this program knows; run the newer waypost");
  }
  return MakeError(Code::kCorrupt, "the record of " + std::string(TableName(table)) + " \"" + std::string(id) +
                                       "\" has an unknown version");
}

model::Error Corrupt(Table table, std::string_view id) {
  return MakeError(Code::kCorrupt, "the record of " + std::string(TableName(table)) + " \"" + std::string(id) +
                                       "\" cannot be decoded; restore a backup");
}

void PutDns(FieldWriter& out, const model::DnsConfig& dns) {
  out.Byte(static_cast<std::uint8_t>(dns.routing));
  out.Number(dns.records.size());
  for (const model::DnsRecord& record : dns.records) {
    out.Byte(static_cast<std::uint8_t>(record.type));
    out.Number(record.ttl);
  }
}

model::DnsConfig TakeDns(FieldReader& in) {
  model::DnsConfig dns;
  dns.routing = in.Enum(model::RoutingPolicy::kWeighted);
  const std::uint64_t count = in.Number();
  for (std::uint64_t i = 0; i < count && in.good(); ++i) {
    const auto type = in.Enum(model::RecordType::kCname);
    dns.records.push_back({type, in.Number32()});
  }
  return dns;
}

}  // namespace

std::string EncodeNamespace(const model::Namespace& value) {
  FieldWriter out;
  out.Byte(kVersion);
  out.Byte(static_cast<std::uint8_t>(value.type));
  out.Text(value.name);
  out.Text(value.http_name);
  out.Optional(value.description);
  out.Optional(value.creator_request_id);
  out.Text(value.vpc);
  out.Text(value.hosted_zone_id);
  out.Number(value.soa_ttl);
  out.Number(static_cast<std::uint64_t>(value.created.ms));
  out.Pairs(value.tags);
  return out.Take();
}

Result<model::Namespace> DecodeNamespace(std::string_view id, std::string_view bytes) {
  FieldReader in(bytes);
  WP_CHECK(TakeVersion(in, Table::kNamespace, id));
  const auto parsed_id = model::NamespaceId::Parse(id);
  if (!parsed_id) return Corrupt(Table::kNamespace, id);
  model::Namespace value;
  value.id = *parsed_id;
  value.type = in.Enum(model::NamespaceType::kDnsPublic);
  value.name = in.Text();
  value.http_name = in.Text();
  value.description = in.Optional();
  value.creator_request_id = in.Optional();
  value.vpc = in.Text();
  value.hosted_zone_id = in.Text();
  value.soa_ttl = in.Number32();
  value.created.ms = static_cast<std::int64_t>(in.Number());
  value.tags = in.Pairs();
  if (!in.done() || !model::CheckNamespaceName(value.type, value.name).ok()) return Corrupt(Table::kNamespace, id);
  return value;
}

std::string EncodeService(const model::Service& value) {
  FieldWriter out;
  out.Byte(kVersion);
  out.Text(value.namespace_id.str());
  out.Text(value.name);
  out.Optional(value.description);
  out.Optional(value.creator_request_id);
  out.Byte(static_cast<std::uint8_t>(value.type));
  out.Bool(value.type_given);
  out.Bool(value.dns.has_value());
  if (value.dns) PutDns(out, *value.dns);
  out.Bool(value.health_check.has_value());
  if (value.health_check) {
    out.Byte(static_cast<std::uint8_t>(value.health_check->type));
    out.Text(value.health_check->resource_path);
    out.Byte(value.health_check->failure_threshold);
  }
  out.Bool(value.custom_health);
  out.Number(static_cast<std::uint64_t>(value.created.ms));
  out.Pairs(value.tags);
  out.Pairs(value.attributes);
  return out.Take();
}

Result<model::Service> DecodeService(std::string_view id, std::string_view bytes) {
  FieldReader in(bytes);
  WP_CHECK(TakeVersion(in, Table::kService, id));
  const auto parsed_id = model::ServiceId::Parse(id);
  const auto namespace_id = model::NamespaceId::Parse(in.Text());
  if (!parsed_id || !namespace_id) return Corrupt(Table::kService, id);
  model::Service value;
  value.id = *parsed_id;
  value.namespace_id = *namespace_id;
  value.name = in.Text();
  value.description = in.Optional();
  value.creator_request_id = in.Optional();
  value.type = in.Enum(model::ServiceType::kDns);
  value.type_given = in.Bool();
  if (in.Bool()) value.dns = TakeDns(in);
  if (in.Bool()) {
    model::HealthCheck check;
    check.type = in.Enum(model::HealthCheckType::kHttps);
    check.resource_path = in.Text();
    check.failure_threshold = in.Byte();
    value.health_check = std::move(check);
  }
  value.custom_health = in.Bool();
  value.created.ms = static_cast<std::int64_t>(in.Number());
  value.tags = in.Pairs();
  value.attributes = in.Pairs();
  const bool good = in.done() && model::CheckServiceName(value.name).ok() &&
                    model::ParseServiceTuning(value.tags).ok() &&
                    (!value.dns || model::OwnerName::Parse(value.name).ok());
  if (!good) return Corrupt(Table::kService, id);
  return value;
}

std::string InstanceKey(const model::ServiceId& service, std::string_view instance) {
  std::string key = service.str();
  key += '/';
  key += instance;
  return key;
}

Result<std::pair<model::ServiceId, std::string_view>> SplitServiceKey(std::string_view id) {
  const std::size_t slash = id.find('/');
  const auto service = model::ServiceId::Parse(id.substr(0, slash));
  if (slash == std::string_view::npos || !service) {
    return MakeError(Code::kCorrupt, "the key \"" + std::string(id) + "\" names no service");
  }
  return std::pair(*service, id.substr(slash + 1));
}

std::string EncodeInstance(const model::Instance& value) {
  FieldWriter out;
  out.Byte(kVersion);
  out.Optional(value.creator_request_id);
  out.Number(static_cast<std::uint64_t>(value.registered.ms));
  out.Pairs(value.attributes);
  return out.Take();
}

Result<model::Instance> DecodeInstance(std::string_view id, std::string_view bytes) {
  FieldReader in(bytes);
  WP_CHECK(TakeVersion(in, Table::kInstance, id));
  WP_TRY(key, SplitServiceKey(id));
  model::Instance value;
  value.service_id = key.first;
  value.id = key.second;
  value.creator_request_id = in.Optional();
  value.registered.ms = static_cast<std::int64_t>(in.Number());
  value.attributes = in.Pairs();
  // Views rely on these, so what a damaged record claims is checked as strictly as what a client sends.
  const bool good = in.done() && model::CheckInstanceId(value.id).ok() &&
                    value.creator_request_id.value_or("").size() <= 64 && model::ParseEndpoint(value.attributes).ok() &&
                    value.attributes.size() <= model::kMaxAttributes + 16;
  std::size_t octets = 0;
  for (const auto& [k, v] : value.attributes) octets += k.size() + v.size();
  if (!good || octets > model::kMaxAttributeTotal + 1024) return Corrupt(Table::kInstance, id);
  return value;
}

std::string EncodeOperation(const model::Operation& value) {
  FieldWriter out;
  out.Byte(kVersion);
  out.Number(static_cast<std::uint64_t>(value.created.ms));
  out.Byte(static_cast<std::uint8_t>(value.type));
  out.Text(value.namespace_id);
  out.Text(value.service_id);
  out.Text(value.instance_id);
  return out.Take();
}

Result<model::Operation> DecodeOperation(std::string_view id, std::string_view bytes) {
  FieldReader in(bytes);
  WP_CHECK(TakeVersion(in, Table::kOperation, id));
  model::Operation value;
  value.id = id;
  value.created.ms = static_cast<std::int64_t>(in.Number());
  value.type = in.Enum(model::OperationType::kDeregisterInstance);
  value.namespace_id = in.Text();
  value.service_id = in.Text();
  value.instance_id = in.Text();
  if (!in.done()) return Corrupt(Table::kOperation, id);
  return value;
}

std::string EncodeHealth(model::HealthState state) {
  FieldWriter out;
  out.Byte(kVersion);
  out.Byte(static_cast<std::uint8_t>(state));
  return out.Take();
}

Result<model::HealthState> DecodeHealth(std::string_view bytes) {
  FieldReader in(bytes);
  WP_CHECK(TakeVersion(in, Table::kHealth, ""));
  const auto state = in.Enum(model::HealthState::kUnhealthy);
  if (!in.done()) return Corrupt(Table::kHealth, "");
  return state;
}

}  // namespace waypost::store
