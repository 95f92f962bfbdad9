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
constexpr std::uint8_t kHealthVersion = 2;  // 1 had the state alone

/// Reads the version byte. Err: kTooNew.
model::Status TakeVersion(FieldReader& in, Table table, std::string_view id, std::uint8_t newest = kVersion) {
  const std::uint8_t version = in.Byte();
  if (in.good() && version >= kVersion && version <= newest) return model::Ok();
  if (in.good() && version > newest) {
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

std::string EncodeHealth(const model::HealthRecord& value) {
  FieldWriter out;
  out.Byte(kHealthVersion);
  out.Byte(static_cast<std::uint8_t>(value.state));
  out.Bool(value.checked);
  out.Bool(value.waiting);
  out.Number(static_cast<std::uint64_t>(value.since.ms));
  out.Text(value.cause);
  return out.Take();
}

Result<model::HealthRecord> DecodeHealth(std::string_view bytes) {
  FieldReader in(bytes);
  const bool first_version = !bytes.empty() && bytes[0] == static_cast<char>(kVersion);
  WP_CHECK(TakeVersion(in, Table::kHealth, "", kHealthVersion));
  model::HealthRecord value;
  value.state = in.Enum(model::HealthState::kUnhealthy);
  if (!first_version) {
    value.checked = in.Bool();
    value.waiting = in.Bool();
    value.since.ms = static_cast<std::int64_t>(in.Number());
    value.cause = in.Text();
  }
  if (!in.done() || value.cause.size() > model::kMaxCause) return Corrupt(Table::kHealth, "");
  return value;
}

std::string HistoryPrefix(const model::ServiceId& service, std::string_view instance) {
  std::string key = InstanceKey(service, instance);
  key += '\0';  // no instance id has one, so none is the beginning of another
  return key;
}

std::string HistoryKey(const model::ServiceId& service, std::string_view instance, model::Timestamp at,
                       std::uint16_t ordinal) {
  std::string key = HistoryPrefix(service, instance);
  const auto time = static_cast<std::uint64_t>(at.ms);
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(time >> shift & 255);
  key += static_cast<char>(ordinal >> 8);
  key += static_cast<char>(ordinal & 255);
  return key;
}

std::string EncodeTransition(const model::Transition& value) {
  FieldWriter out;
  out.Byte(kVersion);
  out.Byte(static_cast<std::uint8_t>(value.from));
  out.Byte(static_cast<std::uint8_t>(value.to));
  out.Text(value.cause);
  out.Bool(value.latency_us.has_value());
  if (value.latency_us) out.Number(*value.latency_us);
  return out.Take();
}

Result<model::Transition> DecodeTransition(std::string_view id, std::string_view bytes) {
  FieldReader in(bytes);
  WP_CHECK(TakeVersion(in, Table::kHistory, id));
  WP_TRY(key, SplitServiceKey(id));
  constexpr std::size_t kTimeOctets = 8;
  constexpr std::size_t kTail = 1 + kTimeOctets + 2;
  if (key.second.size() <= kTail || key.second[key.second.size() - kTail] != 0) return Corrupt(Table::kHistory, id);
  model::Transition value;
  value.service_id = key.first;
  value.instance_id = key.second.substr(0, key.second.size() - kTail);
  std::uint64_t time = 0;
  for (const char c : key.second.substr(key.second.size() - kTail + 1, kTimeOctets)) {
    time = time << 8 | static_cast<std::uint8_t>(c);
  }
  value.at.ms = static_cast<std::int64_t>(time);
  value.from = in.Enum(model::HealthState::kUnhealthy);
  value.to = in.Enum(model::HealthState::kUnhealthy);
  value.cause = in.Text();
  if (in.Bool()) value.latency_us = in.Number32();
  const bool good = in.done() && model::CheckInstanceId(value.instance_id).ok();
  if (!good || value.cause.size() > model::kMaxCause) return Corrupt(Table::kHistory, id);
  return value;
}

std::string EncodePin(const model::Pin& value) {
  FieldWriter out;
  out.Byte(kVersion);
  out.Byte(static_cast<std::uint8_t>(value.state));
  out.Number(static_cast<std::uint64_t>(value.set.ms));
  out.Number(static_cast<std::uint64_t>(value.until.ms));
  return out.Take();
}

Result<model::Pin> DecodePin(std::string_view id, std::string_view bytes) {
  FieldReader in(bytes);
  WP_CHECK(TakeVersion(in, Table::kPin, id));
  WP_TRY(key, SplitServiceKey(id));
  model::Pin value;
  value.service_id = key.first;
  value.instance_id = key.second;
  value.state = in.Enum(model::PinState::kDrained);
  value.set.ms = static_cast<std::int64_t>(in.Number());
  value.until.ms = static_cast<std::int64_t>(in.Number());
  if (!in.done() || !model::CheckInstanceId(value.instance_id).ok()) return Corrupt(Table::kPin, id);
  return value;
}

std::string EncodeShift(const model::Shift& value) {
  FieldWriter out;
  out.Byte(kVersion);
  out.Number(static_cast<std::uint64_t>(value.set.ms));
  out.Number(static_cast<std::uint64_t>(value.until.ms));
  return out.Take();
}

Result<model::Shift> DecodeShift(std::string_view id, std::string_view bytes) {
  FieldReader in(bytes);
  WP_CHECK(TakeVersion(in, Table::kShift, id));
  model::Shift value;
  value.zone = id;
  value.set.ms = static_cast<std::int64_t>(in.Number());
  value.until.ms = static_cast<std::int64_t>(in.Number());
  if (!in.done() || id.empty() || id.size() > model::kMaxZoneName) return Corrupt(Table::kShift, id);
  return value;
}

std::string EncodeHold(const model::Hold& value) {
  FieldWriter out;
  out.Byte(kVersion);
  out.Number(static_cast<std::uint64_t>(value.until.ms));
  out.Byte(static_cast<std::uint8_t>(value.health));
  out.Text(value.instance.id);
  out.Text(EncodeInstance(value.instance));
  return out.Take();
}

Result<model::Hold> DecodeHold(std::string_view id, std::string_view bytes) {
  FieldReader in(bytes);
  WP_CHECK(TakeVersion(in, Table::kHold, id));
  const auto service = model::ServiceId::Parse(id);
  if (!service) return Corrupt(Table::kHold, id);
  model::Hold value;
  value.until.ms = static_cast<std::int64_t>(in.Number());
  value.health = in.Enum(model::HealthState::kUnhealthy);
  const std::string_view instance = in.Text();
  const std::string_view record = in.Text();
  if (!in.done()) return Corrupt(Table::kHold, id);
  WP_TRY(decoded, DecodeInstance(InstanceKey(*service, instance), record));
  value.instance = std::move(decoded);
  return value;
}

std::string NamedQueryKey(const model::NamespaceId& in, std::string_view name) {
  return in.str() + "/" + model::Folded(name);
}

std::string EncodeNamedQuery(const model::NamedQuery& value) {
  FieldWriter out;
  out.Byte(kVersion);
  out.Text(value.name);
  out.Text(value.service_id.str());
  out.Pairs(value.filters);
  out.Bool(value.fallback.has_value());
  if (value.fallback) out.Text(value.fallback->str());
  out.Number(static_cast<std::uint64_t>(value.created.ms));
  return out.Take();
}

Result<model::NamedQuery> DecodeNamedQuery(std::string_view id, std::string_view bytes) {
  FieldReader in(bytes);
  WP_CHECK(TakeVersion(in, Table::kView, id));
  const auto home = model::NamespaceId::Parse(id.substr(0, id.find('/')));
  model::NamedQuery value;
  value.name = in.Text();
  const auto service = model::ServiceId::Parse(in.Text());
  value.filters = in.Pairs();
  if (in.Bool()) {
    value.fallback = model::ServiceId::Parse(in.Text());
    if (!value.fallback) return Corrupt(Table::kView, id);
  }
  value.created.ms = static_cast<std::int64_t>(in.Number());
  if (!in.done() || !home || !service) return Corrupt(Table::kView, id);
  value.namespace_id = *home;
  value.service_id = *service;
  const bool good = model::CheckNamedQuery(value).ok() && NamedQueryKey(*home, value.name) == id;
  if (!good) return Corrupt(Table::kView, id);
  return value;
}

}  // namespace waypost::store
