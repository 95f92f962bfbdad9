#include "cloudmap/input.h"

#include <utility>

#include "cloudmap/operation.h"
#include "cloudmap/page_token.h"
#include "cloudmap/shapes.h"
#include "waypost/model/arn.h"

namespace waypost::cloudmap {

using model::Code;
using model::MakeError;

model::Error NamespaceMissing(std::string_view id) {
  return MakeError(Code::kNamespaceNotFound, "there is no namespace " + std::string(id));
}

model::Error ServiceMissing(std::string_view id) {
  return MakeError(Code::kServiceNotFound, "there is no service " + std::string(id));
}

model::Error InstanceMissing(std::string_view id, std::string_view service) {
  return MakeError(Code::kInstanceNotFound,
                   "there is no instance " + std::string(id) + " in service " + std::string(service));
}

model::Error ResourceMissing(std::string_view arn) {
  return MakeError(Code::kResourceNotFound, "there is no namespace or service " + std::string(arn));
}

model::Result<model::NamespaceId> ReadNamespaceId(std::string_view id_or_arn) {
  const auto id = model::NamespaceId::Parse(model::IdFromArn(id_or_arn, "namespace"));
  if (!id) return NamespaceMissing(id_or_arn);
  return *id;
}

model::Result<model::ServiceId> ReadServiceId(std::string_view id_or_arn) {
  const auto id = model::ServiceId::Parse(model::IdFromArn(id_or_arn, "service"));
  if (!id) return ServiceMissing(id_or_arn);
  return *id;
}

model::Result<registry::ResourceId> ReadResource(std::string_view arn) {
  if (const auto id = model::NamespaceId::Parse(model::IdFromArn(arn, "namespace"))) return registry::ResourceId(*id);
  if (const auto id = model::ServiceId::Parse(model::IdFromArn(arn, "service"))) return registry::ResourceId(*id);
  return ResourceMissing(arn);
}

model::Tags ReadTags(const Value& input) {
  model::Tags tags;
  for (const Value& tag : input.Items("Tags")) tags.Set(std::string(tag.Text("Key")), std::string(tag.Text("Value")));
  return tags;
}

model::Attributes ReadAttributes(const Value::Object& pairs) {
  model::Attributes attributes;
  for (const Member& pair : pairs) attributes.Set(pair.name, *pair.value.string());
  return attributes;
}

std::vector<std::string> ReadStrings(const Value::List& items) {
  std::vector<std::string> texts;
  texts.reserve(items.size());
  for (const Value& item : items) texts.push_back(*item.string());
  return texts;
}

std::vector<model::DnsRecord> ReadRecords(const Value::List& items) {
  using model::RecordType;
  std::vector<model::DnsRecord> records;
  for (const Value& item : items) {
    for (const RecordType type : {RecordType::kA, RecordType::kAaaa, RecordType::kSrv, RecordType::kCname}) {
      if (item.Text("Type") != model::RecordTypeName(type)) continue;
      records.push_back({type, static_cast<std::uint32_t>(item.Integer("TTL").value_or(0))});
    }
  }
  return records;
}

model::Result<std::optional<model::HealthCheck>> ReadHealthCheck(const Value& input) {
  using model::HealthCheckType;
  const Value* given = input.Find("HealthCheckConfig");
  std::optional<model::HealthCheck> none;
  if (given == nullptr) return none;
  model::HealthCheck check;
  for (const HealthCheckType type : {HealthCheckType::kTcp, HealthCheckType::kHttp, HealthCheckType::kHttps}) {
    if (given->Text("Type") == model::HealthCheckTypeName(type)) check.type = type;
  }
  check.resource_path = given->Text("ResourcePath");
  if (check.type == HealthCheckType::kTcp && !check.resource_path.empty()) {
    return Violation("HealthCheckConfig.ResourcePath", "Member must be null when Type is TCP");
  }
  if (check.type != HealthCheckType::kTcp && check.resource_path.empty()) check.resource_path = "/";
  if (const auto threshold = given->Integer("FailureThreshold")) {
    check.failure_threshold = static_cast<std::uint8_t>(*threshold);
  }
  return std::optional<model::HealthCheck>(std::move(check));
}

std::optional<std::uint32_t> ReadSoaTtl(const Value& input) {
  const Value* at = &input;
  for (const std::string_view name : {"Properties", "DnsProperties", "SOA"}) {
    at = at->Find(name);
    if (at == nullptr) return std::nullopt;
  }
  const auto ttl = at->Integer("TTL");
  if (!ttl) return std::nullopt;
  return static_cast<std::uint32_t>(*ttl);
}

std::optional<std::string> NonEmpty(std::optional<std::string> text) {
  if (text && text->empty()) text.reset();
  return text;
}

std::string Page::Next(const Call& call, std::string_view last) const {
  return MakePageToken({call.operation.name, request}, last);
}

model::Result<Page> ReadPage(const Call& call, const Value& input) {
  Page page;
  page.limit = static_cast<std::size_t>(input.Integer("MaxResults").value_or(kPageMax));
  page.request = Canonical(*call.operation.input, input, {"NextToken", "MaxResults"});
  WP_TRY(cursor, ReadPageToken({call.operation.name, page.request}, input.OptionalText("NextToken")));
  page.cursor = std::move(cursor);
  return page;
}

}  // namespace waypost::cloudmap
