#include "waypost/model/check.h"

#include <arpa/inet.h>

#include <algorithm>

namespace waypost::model {
namespace {

CheckKind KindOf(HealthCheckType type) {
  switch (type) {
    case HealthCheckType::kTcp:
      return CheckKind::kTcp;
    case HealthCheckType::kHttp:
      return CheckKind::kHttp;
    case HealthCheckType::kHttps:
      return CheckKind::kHttps;
  }
  return CheckKind::kTcp;
}

std::string AddressText(const Endpoint& endpoint) {
  char text[INET6_ADDRSTRLEN] = {};
  if (endpoint.ipv4) {
    inet_ntop(AF_INET, endpoint.ipv4->data(), text, sizeof text);
  } else if (endpoint.ipv6) {
    inet_ntop(AF_INET6, endpoint.ipv6->data(), text, sizeof text);
  }
  return text;
}

}  // namespace

std::optional<CheckPlan> PlanOf(const Service& service, const ServiceTuning& tuning, const CheckDefaults& defaults) {
  std::optional<CheckPlan> plan;
  const bool active = service.health_check.has_value() && !service.custom_health;
  if (!tuning.check_kind && !active) return plan;
  plan.emplace();
  plan->kind = tuning.check_kind.value_or(active ? KindOf(service.health_check->type) : CheckKind::kTcp);
  plan->interval = tuning.check_interval.value_or(defaults.interval);
  plan->timeout = tuning.check_timeout.value_or(defaults.timeout);
  // HealthCheckCustomConfig's threshold is always 1.
  plan->fall = active ? service.health_check->failure_threshold : (service.custom_health ? 1 : 3);
  plan->fall = std::clamp<std::uint8_t>(plan->fall, 1, 10);
  plan->rise = tuning.check_rise.value_or(plan->fall);
  plan->host = tuning.check_host;
  plan->port = tuning.check_port;
  if (active && !service.health_check->resource_path.empty()) plan->path = service.health_check->resource_path;
  if (!tuning.check_status.empty()) plan->good_status = tuning.check_status;
  plan->good_body = tuning.check_body;
  plan->valid_certificate = tuning.check_certificate;
  plan->initially_unhealthy = tuning.initially_unhealthy;
  return plan;
}

Result<CheckDoor> DoorOf(const CheckPlan& plan, const Endpoint& endpoint) {
  CheckDoor door;
  door.host = plan.host.empty() ? AddressText(endpoint) : plan.host;
  if (door.host.empty()) {
    return MakeError(Code::kInvalidInput, "it has neither AWS_INSTANCE_IPV4 nor AWS_INSTANCE_IPV6 to be checked at");
  }
  const auto port = endpoint.check_port ? endpoint.check_port : plan.port ? plan.port : endpoint.port;
  if (!port || *port == 0) {
    return MakeError(Code::kInvalidInput, "it has no port to be checked at (AWS_INSTANCE_PORT, WAYPOST_CHECK_PORT)");
  }
  door.port = *port;
  return door;
}

}  // namespace waypost::model
