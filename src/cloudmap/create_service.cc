#include <utility>

#include "cloudmap/input.h"
#include "cloudmap/json_writer.h"
#include "cloudmap/operation.h"
#include "cloudmap/output.h"
#include "cloudmap/submit.h"

namespace waypost::cloudmap {
namespace {

/// NamespaceId, or its old place inside DnsConfig.
model::Result<model::NamespaceId> ReadPlace(const Value& input) {
  const Value* dns = input.Find("DnsConfig");
  const std::string_view own = input.Text("NamespaceId");
  const std::string_view old = dns != nullptr ? dns->Text("NamespaceId") : std::string_view();
  if (own.empty() && old.empty()) {
    return Violation("NamespaceId", "Member must not be null");
  }
  if (!own.empty() && !old.empty() && model::IdFromArn(own, "namespace") != model::IdFromArn(old, "namespace")) {
    return Violation("NamespaceId", "Member must be the same as DnsConfig.NamespaceId");
  }
  return ReadNamespaceId(own.empty() ? old : own);
}

void AnswerService(const Context& context, const registry::Receipt& receipt, std::string& body) {
  JsonWriter json(body);
  json.Open('{').Key("Service");
  WriteService(*receipt.service, receipt.instance_count, context.identity(), Detail::kFull, json);
  json.Close('}');
}

}  // namespace

Served CreateService(Call& call, const Value& input) {
  model::Service service;
  WP_TRY(in, ReadPlace(input));
  WP_TRY(check, ReadHealthCheck(input));
  service.id = model::ServiceId::Draw(call.worker.random);
  service.namespace_id = in;
  service.name = input.Text("Name");
  service.description = NonEmpty(input.OptionalText("Description"));
  service.creator_request_id = NonEmpty(input.OptionalText("CreatorRequestId"));
  if (!service.creator_request_id) service.creator_request_id = DrawUuid(call.worker.random);
  service.type_given = input.Find("Type") != nullptr;
  service.health_check = std::move(check);
  service.custom_health = input.Find("HealthCheckCustomConfig") != nullptr;
  service.created = call.context.clock.Now();
  service.tags = ReadTags(input);
  if (const Value* dns = input.Find("DnsConfig")) {
    service.dns.emplace();
    if (dns->Text("RoutingPolicy") == model::RoutingPolicyName(model::RoutingPolicy::kWeighted)) {
      service.dns->routing = model::RoutingPolicy::kWeighted;
    }
    service.dns->records = ReadRecords(dns->Items("DnsRecords"));
  }
  Write write;
  write.resource_name = service.name;
  write.answer = AnswerService;
  write.change = registry::CreateService{std::move(service)};
  return Submit(call, std::move(write));
}

}  // namespace waypost::cloudmap
