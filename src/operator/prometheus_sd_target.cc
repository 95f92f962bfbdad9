#include "operator/prometheus_sd_target.h"

#include <arpa/inet.h>

#include <algorithm>
#include <vector>

#include "operator/event_json.h"

namespace waypost::oper {
namespace {

std::string_view HealthLabel(model::HealthState health) {
  switch (health) {
    case model::HealthState::kHealthy:
      return "healthy";
    case model::HealthState::kUnhealthy:
      return "unhealthy";
    case model::HealthState::kUnknown:
      break;
  }
  return "unknown";
}

void AppendLabel(std::string_view name, std::string_view value, std::string& out) {
  out.append(out.empty() || out.back() == '{' ? "\"" : ",\"").append(name).append("\":");
  AppendJsonString(value, out);
}

}  // namespace

std::string AttributeLabel(std::string_view key) {
  std::string label = "__meta_waypost_attribute_";
  for (const char c : key) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    label += plain ? c : '_';
  }
  return label;
}

std::string TargetOf(const view::Member& member) {
  char text[INET6_ADDRSTRLEN];
  std::string target;
  if (member.Has(view::Member::kHasIpv4)) {
    target = inet_ntop(AF_INET, member.ipv4(), text, sizeof text);
  } else if (member.Has(view::Member::kHasIpv6)) {
    target.append("[").append(inet_ntop(AF_INET6, member.ipv6(), text, sizeof text)).append("]");
  } else {
    return target;
  }
  if (member.Has(view::Member::kHasPort)) target += ":" + std::to_string(member.port());
  return target;
}

std::string ServiceLabels(const view::NamespaceNode& in, const model::Service& service) {
  std::string labels;
  AppendLabel("__meta_waypost_namespace", in.http_name, labels);
  AppendLabel("__meta_waypost_namespace_id", in.id.str(), labels);
  AppendLabel("__meta_waypost_service", service.name, labels);
  AppendLabel("__meta_waypost_service_id", service.id.str(), labels);
  return labels;
}

bool AppendTarget(const view::Member& member, model::HealthState health, std::string_view service_labels,
                  std::string& array) {
  const std::string target = TargetOf(member);
  if (target.empty()) return false;
  if (array.back() != '[') array += ',';
  array.append(R"({"targets":[")").append(target).append(R"("],"labels":{)").append(service_labels);
  AppendLabel("__meta_waypost_instance_id", member.id(), array);
  AppendLabel("__meta_waypost_health", HealthLabel(health), array);
  const model::Attributes attributes = member.attributes();
  if (const std::string* zone = attributes.Find(model::kAttributeZone)) {
    AppendLabel("__meta_waypost_availability_zone", *zone, array);
  }
  // Keys that differ only in what a label cannot have: the first of them counts.
  std::vector<std::string> seen;
  for (const auto& [key, value] : attributes) {
    std::string label = AttributeLabel(key);
    if (std::find(seen.begin(), seen.end(), label) != seen.end()) continue;
    AppendLabel(label, value, array);
    seen.push_back(std::move(label));
  }
  array += "}}";
  return true;
}

}  // namespace waypost::oper
