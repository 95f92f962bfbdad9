#include "waypost/model/instance.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

#include "waypost/model/owner_name.h"

namespace waypost::model {
namespace {

constexpr std::string_view kKnownAws[] = {kAttributeIpv4,  kAttributeIpv6, kAttributePort,      kAttributeCname,
                                          kAttributeAlias, kAttributeEc2,  kAttributeInitHealth};

Error Bad(std::string_view key, std::string_view value, std::string_view allowed) {
  return MakeError(Code::kInvalidInput, "attribute " + std::string(key) + " has the value \"" + std::string(value) +
                                            "\": it must be " + std::string(allowed));
}

Result<std::uint16_t> ParsePort(std::string_view key, const std::string& value) {
  std::uint16_t number = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || problem != std::errc() || end != value.data() + value.size()) {
    return Bad(key, value, "a number from 0 to 65535");
  }
  return number;
}

Status CheckCharacters(std::string_view key, std::string_view value) {
  if (key.empty() || key.size() > kMaxAttributeKey) {
    return MakeError(Code::kInvalidInput, "an attribute's key must have 1 to 255 characters");
  }
  for (const char c : key) {
    if (c < '!' || c > '~') {
      return MakeError(Code::kInvalidInput, "the attribute key \"" + std::string(key) +
                                                "\" has a character outside the printable ASCII range ! to ~");
    }
  }
  if (value.size() > kMaxAttributeValue) {
    return MakeError(Code::kInvalidInput,
                     "attribute " + std::string(key) + ": its value must have 0 to 1024 characters");
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool blank = c == ' ' || c == '\t';
    if ((c < '!' || c > '~') && (!blank || i == 0)) {
      return MakeError(Code::kInvalidInput, "attribute " + std::string(key) +
                                                ": its value must be printable ASCII and must not begin with a blank");
    }
  }
  return Ok();
}

Status CheckSizes(const Attributes& attributes) {
  std::size_t custom = 0;
  std::size_t total = 0;
  for (const auto& [key, value] : attributes) {
    WP_CHECK(CheckCharacters(key, value));
    total += key.size() + value.size();
    if (!key.starts_with("AWS_")) {
      ++custom;
      continue;
    }
    bool known = false;
    for (const std::string_view name : kKnownAws) known = known || name == key;
    if (!known) {
      return MakeError(Code::kInvalidInput, "attribute " + key + ": keys with prefix AWS_ are reserved");
    }
  }
  if (custom > kMaxAttributes) {
    return MakeError(Code::kInvalidInput, "an instance can have 30 custom attributes at most");
  }
  if (total > kMaxAttributeTotal) {
    return MakeError(Code::kInvalidInput, "all attribute keys and values together can have 5000 characters at most");
  }
  return Ok();
}

Status CheckAlias(const Attributes& attributes, const Service& service) {
  const bool addresses = service.dns && (service.dns->Find(RecordType::kA) || service.dns->Find(RecordType::kAaaa));
  if (!addresses || service.dns->routing != RoutingPolicy::kWeighted) {
    return MakeError(Code::kInvalidInput,
                     "AWS_ALIAS_DNS_NAME needs a service with A or AAAA records and RoutingPolicy WEIGHTED");
  }
  for (const auto& [key, value] : attributes) {
    if (key.starts_with("AWS_INSTANCE_")) {
      return MakeError(Code::kInvalidInput, "AWS_ALIAS_DNS_NAME and " + key + " exclude each other");
    }
  }
  return Ok();
}

Status Need(bool there, std::string_view attribute, std::string_view reason) {
  if (there) return Ok();
  return MakeError(Code::kInvalidInput, "attribute " + std::string(attribute) + " is needed: " + std::string(reason));
}

Status CheckNeeded(const Endpoint& endpoint, const Service& service) {
  const bool address = endpoint.ipv4 || endpoint.ipv6;
  if (service.dns) {
    const DnsConfig& dns = *service.dns;
    if (dns.Find(RecordType::kA)) {
      WP_CHECK(Need(endpoint.ipv4.has_value(), kAttributeIpv4, "the service has A records"));
    }
    if (dns.Find(RecordType::kAaaa)) {
      WP_CHECK(Need(endpoint.ipv6.has_value(), kAttributeIpv6, "the service has AAAA records"));
    }
    if (dns.Find(RecordType::kCname)) {
      WP_CHECK(Need(!endpoint.cname.empty(), kAttributeCname, "the service has CNAME records"));
    }
    if (dns.Find(RecordType::kSrv)) {
      WP_CHECK(Need(endpoint.port.has_value(), kAttributePort, "the service has SRV records"));
      WP_CHECK(Need(address, "AWS_INSTANCE_IPV4 or AWS_INSTANCE_IPV6", "the service has SRV records"));
    }
  }
  if (service.health_check) {
    WP_CHECK(Need(endpoint.port.has_value(), kAttributePort, "the service has a HealthCheckConfig"));
    WP_CHECK(Need(address, "AWS_INSTANCE_IPV4 or AWS_INSTANCE_IPV6", "the service has a HealthCheckConfig"));
  }
  return Ok();
}

}  // namespace

std::string_view HealthStateName(HealthState state) {
  switch (state) {
    case HealthState::kUnknown:
      return "UNKNOWN";
    case HealthState::kHealthy:
      return "HEALTHY";
    case HealthState::kUnhealthy:
      return "UNHEALTHY";
  }
  return "";
}

Status CheckInstanceId(std::string_view id) {
  bool good = !id.empty() && id.size() <= 64;
  for (const char c : id) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    good = good && (alnum || std::string_view("_/:.@-").find(c) != std::string_view::npos);
  }
  if (good) return Ok();
  return MakeError(Code::kInvalidInput, "InstanceId \"" + std::string(id.substr(0, 80)) +
                                            "\" must be 1 to 64 letters, digits or _ / : . @ -");
}

Result<Endpoint> ParseEndpoint(const Attributes& attributes) {
  Endpoint endpoint;
  if (const std::string* text = attributes.Find(kAttributeIpv4)) {
    std::array<std::uint8_t, 4> address;
    if (inet_pton(AF_INET, text->c_str(), address.data()) != 1) return Bad(kAttributeIpv4, *text, "an IPv4 address");
    endpoint.ipv4 = address;
  }
  if (const std::string* text = attributes.Find(kAttributeIpv6)) {
    std::array<std::uint8_t, 16> address;
    if (inet_pton(AF_INET6, text->c_str(), address.data()) != 1) return Bad(kAttributeIpv6, *text, "an IPv6 address");
    endpoint.ipv6 = address;
  }
  if (const std::string* text = attributes.Find(kAttributePort)) {
    WP_TRY(port, ParsePort(kAttributePort, *text));
    endpoint.port = port;
  }
  if (const std::string* text = attributes.Find(kAttributeWeight)) {
    WP_TRY(weight, ParsePort(kAttributeWeight, *text));
    endpoint.weight = weight;
  }
  if (const std::string* text = attributes.Find(kAttributePriority)) {
    WP_TRY(priority, ParsePort(kAttributePriority, *text));
    endpoint.priority = priority;
  }
  if (const std::string* text = attributes.Find(kAttributeCheckPort)) {
    WP_TRY(port, ParsePort(kAttributeCheckPort, *text));
    endpoint.check_port = port;
  }
  if (const std::string* text = attributes.Find(kAttributeZone)) endpoint.zone = *text;
  if (const std::string* text = attributes.Find(kAttributeCname)) {
    if (!OwnerName::Parse(*text).ok()) return Bad(kAttributeCname, *text, "a domain name");
    endpoint.cname = *text;
  }
  if (const std::string* text = attributes.Find(kAttributeAlias)) {
    if (!OwnerName::Parse(*text).ok()) return Bad(kAttributeAlias, *text, "a domain name");
    endpoint.alias = *text;
  }
  return endpoint;
}

Status CheckInstanceAttributes(const Attributes& attributes, const Service& service, NamespaceType type) {
  WP_CHECK(CheckSizes(attributes));
  WP_TRY(endpoint, ParseEndpoint(attributes));
  if (attributes.Has(kAttributeEc2)) {
    if (type != NamespaceType::kHttp) {
      return MakeError(Code::kInvalidInput, "AWS_EC2_INSTANCE_ID is allowed in HTTP namespaces only");
    }
    for (const auto& [key, value] : attributes) {
      // The address is there when the server found it in its map of EC2 instances.
      if (key.starts_with("AWS_") && key != kAttributeEc2 && key != kAttributeIpv4) {
        return MakeError(Code::kInvalidInput, "AWS_EC2_INSTANCE_ID and " + key + " exclude each other");
      }
    }
  }
  if (!endpoint.alias.empty()) return CheckAlias(attributes, service);
  return CheckNeeded(endpoint, service);
}

Result<HealthState> TakeInitialHealth(Attributes& attributes, const Service& service) {
  const std::string* value = attributes.Find(kAttributeInitHealth);
  if (value == nullptr) return HealthState::kHealthy;
  if (!service.custom_health) {
    return MakeError(Code::kInvalidInput, "AWS_INIT_HEALTH_STATUS needs a service with HealthCheckCustomConfig");
  }
  HealthState state;
  if (*value == "HEALTHY") {
    state = HealthState::kHealthy;
  } else if (*value == "UNHEALTHY") {
    state = HealthState::kUnhealthy;
  } else {
    return Bad(kAttributeInitHealth, *value, "HEALTHY or UNHEALTHY");
  }
  attributes.Erase(kAttributeInitHealth);
  return state;
}

}  // namespace waypost::model
