#include "view/service_config.h"

#include "view/json_string.h"

namespace waypost::view {

std::shared_ptr<const ServiceConfig> MakeConfig(const model::Service& service, const std::string& http_name,
                                                model::Revision revision) {
  auto config = std::make_shared<ServiceConfig>();
  config->service = service;
  config->tuning = model::ParseServiceTuning(service.tags).value();
  config->health_source = model::HealthSourceOf(service, config->tuning);
  config->revision = revision;
  for (const auto state :
       {model::HealthState::kUnknown, model::HealthState::kHealthy, model::HealthState::kUnhealthy}) {
    std::string& tail = config->tails[static_cast<std::size_t>(state)];
    tail = ",\"HealthStatus\":\"";
    tail += model::HealthStateName(state);
    tail += "\",\"NamespaceName\":";
    AppendJsonString(tail, http_name);
    tail += ",\"ServiceName\":";
    AppendJsonString(tail, service.name);
    tail += '}';
    tail.shrink_to_fit();
  }
  return config;
}

std::shared_ptr<const ServiceConfig> MakeQueryConfig(const ServiceConfig& of, const model::NamedQuery& query,
                                                     const NamespaceNode& in) {
  model::Service service = of.service;
  service.namespace_id = query.namespace_id;
  service.name = query.name;
  if (in.apex.empty()) service.dns.reset();
  return MakeConfig(service, in.http_name, of.revision);
}

}  // namespace waypost::view
