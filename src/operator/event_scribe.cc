#include "operator/event_scribe.h"

#include "operator/event_json.h"
#include "waypost/view/view.h"

namespace waypost::oper {
namespace {

constexpr std::size_t kPage = 1000;

/// Writes one event after the other into a batch.
class Pen {
 public:
  Pen(EventBatch& batch, ServiceHomes& homes) : batch_(batch), homes_(homes) {}

  void operator()(const model::Namespace& value) {
    JsonObject json = Begin(EventKind::kNamespace, {value.id, {}});
    json.Text("namespace", value.id.str()).Text("name", value.name).Text("http_name", value.http_name);
    json.Text("type", model::NamespaceTypeName(value.type));
    if (value.description) json.Text("description", *value.description);
    if (value.has_dns()) json.Number("soa_ttl", value.soa_ttl);
    json.Map("tags", value.tags);
    End(json);
  }
  void operator()(const registry::NamespaceErased& value) {
    JsonObject json = Begin(EventKind::kNamespaceDeleted, {value.id, {}});
    json.Text("namespace", value.id.str());
    End(json);
  }
  void operator()(const model::Service& value) {
    homes_.Put(value.id, value.namespace_id);
    JsonObject json = OfService(EventKind::kService, value.id);
    json.Text("name", value.name).Text("type", model::ServiceTypeName(value.type));
    if (value.description) json.Text("description", *value.description);
    if (value.dns) json.Raw("dns", DnsJson(*value.dns));
    if (value.health_check) json.Raw("health_check", CheckJson(*value.health_check));
    if (value.custom_health) json.Raw("custom_health", "true");
    json.Map("tags", value.tags).Map("attributes", value.attributes);
    End(json);
  }
  void operator()(const registry::ServiceErased& value) {
    JsonObject json = OfService(EventKind::kServiceDeleted, value.id);
    End(json);
    homes_.Erase(value.id);
  }
  void operator()(const registry::InstancePut& put) {
    JsonObject json = OfInstance(EventKind::kInstance, put.value.service_id, put.value.id);
    json.Time("registered", put.value.registered).Map("attributes", put.value.attributes);
    End(json);
  }
  void operator()(const registry::InstanceErased& value) {
    JsonObject json = OfInstance(EventKind::kInstanceDeregistered, value.service_id, value.instance_id);
    End(json);
  }
  void operator()(const model::Transition& value) {
    JsonObject json = OfInstance(EventKind::kHealth, value.service_id, value.instance_id);
    json.Time("time", value.at);
    json.Text("from", model::HealthStateName(value.from)).Text("to", model::HealthStateName(value.to));
    json.Text("cause", value.cause);
    if (value.latency_us) json.Milliseconds("latency_ms", *value.latency_us);
    End(json);
  }
  void operator()(const model::Pin& value) {
    JsonObject json = OfInstance(EventKind::kPin, value.service_id, value.instance_id);
    json.Text("state", model::PinStateName(value.state)).Time("set", value.set).Time("until", value.until);
    End(json);
  }
  void operator()(const registry::PinErased& value) {
    JsonObject json = OfInstance(EventKind::kUnpin, value.service_id, value.instance_id);
    End(json);
  }
  void operator()(const model::Shift& value) {
    JsonObject json = Begin(EventKind::kShift, {});
    json.Text("zone", value.zone).Time("set", value.set).Time("until", value.until);
    End(json);
  }
  void operator()(const registry::ShiftErased& value) {
    JsonObject json = Begin(EventKind::kShiftEnded, {});
    json.Text("zone", value.zone);
    End(json);
  }
  void operator()(const registry::HoldPut& put) {
    JsonObject json = OfInstance(EventKind::kHold, put.service_id, put.value.instance.id);
    json.Time("until", put.value.until);
    End(json);
  }
  void operator()(const registry::HoldErased& value) {
    JsonObject json = OfService(EventKind::kHoldEnded, value.service_id);
    End(json);
  }
  void operator()(const registry::ViewPut& put) {
    const model::NamedQuery& value = put.value;
    JsonObject json = OfView(EventKind::kView, value.namespace_id, value.service_id, value.name);
    json.Map("attributes", value.filters);
    if (value.fallback) json.Text("fallback", value.fallback->str());
    End(json);
  }
  void operator()(const registry::ViewErased& value) {
    JsonObject json = OfView(EventKind::kViewDeleted, value.namespace_id, value.service_id, value.name);
    End(json);
  }

 private:
  JsonObject Begin(EventKind kind, const EventSubject& subject) {
    batch_.entries.push_back({kind, subject, static_cast<std::uint32_t>(batch_.text.size()), 0});
    batch_.text.append("event: ").append(EventKindName(kind)).append("\ndata: ");
    JsonObject json(batch_.text);
    json.Number("revision", batch_.revision);
    return json;
  }
  JsonObject OfService(EventKind kind, const model::ServiceId& service) {
    const std::optional<model::NamespaceId> in = homes_.Find(service);
    JsonObject json = Begin(kind, {in, service});
    if (in) json.Text("namespace", in->str());
    json.Text("service", service.str());
    return json;
  }
  JsonObject OfInstance(EventKind kind, const model::ServiceId& service, std::string_view instance) {
    JsonObject json = OfService(kind, service);
    json.Text("instance", instance);
    return json;
  }
  /// A view's namespace need not be its service's.
  JsonObject OfView(EventKind kind, const model::NamespaceId& in, const model::ServiceId& service,
                    std::string_view name) {
    JsonObject json = Begin(kind, {in, service});
    json.Text("namespace", in.str()).Text("service", service.str()).Text("name", name);
    return json;
  }
  void End(JsonObject& json) {
    json.Close();
    batch_.text += "\n\n";
    batch_.entries.back().end = static_cast<std::uint32_t>(batch_.text.size());
  }

  static std::string DnsJson(const model::DnsConfig& dns) {
    std::string records = "[";
    for (const model::DnsRecord& record : dns.records) {
      if (records.size() > 1) records += ',';
      JsonObject json(records);
      json.Text("type", model::RecordTypeName(record.type)).Number("ttl", record.ttl).Close();
    }
    records += ']';
    std::string out;
    JsonObject json(out);
    json.Text("routing", model::RoutingPolicyName(dns.routing)).Raw("records", records).Close();
    return out;
  }
  static std::string CheckJson(const model::HealthCheck& check) {
    std::string out;
    JsonObject json(out);
    json.Text("type", model::HealthCheckTypeName(check.type));
    if (!check.resource_path.empty()) json.Text("path", check.resource_path);
    json.Number("failure_threshold", check.failure_threshold).Close();
    return out;
  }

  EventBatch& batch_;
  ServiceHomes& homes_;
};

}  // namespace

ServiceHomes ServiceHomes::Of(const view::View& view) {
  ServiceHomes homes;
  std::optional<model::ServiceId> after;
  while (true) {
    const std::vector<view::ServiceInfo> page = view.ListServices(std::nullopt, after, kPage);
    if (page.empty()) return homes;
    for (const view::ServiceInfo& info : page) homes.Put(info.config->service.id, info.config->service.namespace_id);
    after = page.back().config->service.id;
  }
}

std::optional<model::NamespaceId> ServiceHomes::Find(const model::ServiceId& service) const {
  const auto at = homes_.find(service);
  if (at == homes_.end()) return std::nullopt;
  return at->second;
}

EventBatch EventScribe::Write(model::Revision revision, std::span<const registry::Event> events) {
  EventBatch batch;
  batch.revision = revision;
  batch.entries.reserve(events.size());
  Pen pen(batch, homes_);
  for (const registry::Event& event : events) std::visit(pen, event);
  batch.text.shrink_to_fit();
  return batch;
}

}  // namespace waypost::oper
