#include "waypost/model/service.h"

#include "waypost/model/owner_name.h"

namespace waypost::model {
namespace {

constexpr std::string_view kTagPrefix = "waypost:";

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool IsServiceLabel(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelOctets) return false;
  if (label.size() == 1) return label[0] != '_' && IsNameCharacter(label[0]);
  if (!IsNameCharacter(label.front()) || !IsNameCharacter(label.back())) return false;
  for (const char c : label) {
    if (!IsNameCharacter(c) && c != '-') return false;
  }
  return true;
}

/// Characters of UTF-8 text, which is what limits count: octets that continue a character are left out.
std::size_t Characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return count;
}

Status CheckDns(const Service& service, const Namespace& in) {
  const DnsConfig& dns = *service.dns;
  if (!in.has_dns()) {
    return MakeError(Code::kInvalidInput, "DnsConfig is not allowed in an HTTP namespace");
  }
  if (service.type_given) {
    return MakeError(Code::kInvalidInput, "Type HTTP and DnsConfig exclude each other");
  }
  if (dns.records.empty()) return MakeError(Code::kInvalidInput, "DnsConfig.DnsRecords must not be empty");
  const bool a = dns.Find(RecordType::kA) != nullptr;
  const bool aaaa = dns.Find(RecordType::kAaaa) != nullptr;
  const bool srv = dns.Find(RecordType::kSrv) != nullptr;
  const bool cname = dns.Find(RecordType::kCname) != nullptr;
  const std::size_t kinds = static_cast<std::size_t>(a) + aaaa + srv + cname;
  if (kinds != dns.records.size()) {
    return MakeError(Code::kInvalidInput, "DnsConfig.DnsRecords has a type twice");
  }
  if ((srv || cname) && kinds > 1) {
    return MakeError(Code::kInvalidInput, "DnsConfig.DnsRecords must be A, AAAA, A and AAAA, SRV, or CNAME");
  }
  if (cname && dns.routing != RoutingPolicy::kWeighted) {
    return MakeError(Code::kInvalidInput, "CNAME records need RoutingPolicy WEIGHTED");
  }
  if (cname && service.health_check) {
    return MakeError(Code::kInvalidInput, "CNAME records and HealthCheckConfig exclude each other");
  }
  WP_TRY(apex, OwnerName::Parse(in.name));
  WP_TRY(relative, OwnerName::Parse(service.name));
  if (relative.is_root()) {
    return MakeError(Code::kInvalidInput, "the name \".\" is not allowed for a service with DNS records");
  }
  WP_CHECK(OwnerName::Join(relative, apex));
  return Ok();
}

}  // namespace

std::string_view RoutingPolicyName(RoutingPolicy policy) {
  return policy == RoutingPolicy::kWeighted ? "WEIGHTED" : "MULTIVALUE";
}

std::string_view RecordTypeName(RecordType type) {
  switch (type) {
    case RecordType::kA:
      return "A";
    case RecordType::kAaaa:
      return "AAAA";
    case RecordType::kSrv:
      return "SRV";
    case RecordType::kCname:
      return "CNAME";
  }
  return "";
}

std::string_view HealthCheckTypeName(HealthCheckType type) {
  switch (type) {
    case HealthCheckType::kTcp:
      return "TCP";
    case HealthCheckType::kHttp:
      return "HTTP";
    case HealthCheckType::kHttps:
      return "HTTPS";
  }
  return "";
}

std::string_view ServiceTypeName(ServiceType type) {
  switch (type) {
    case ServiceType::kHttp:
      return "HTTP";
    case ServiceType::kDnsHttp:
      return "DNS_HTTP";
    case ServiceType::kDns:
      return "DNS";
  }
  return "";
}

Status CheckServiceName(std::string_view name) {
  if (name == ".") return Ok();
  bool good = !name.empty() && name.size() <= 127;
  for (std::string_view rest = name; good;) {
    const std::size_t dot = rest.find('.');
    good = IsServiceLabel(rest.substr(0, dot));
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (good) return Ok();
  return MakeError(Code::kInvalidInput, "Name \"" + std::string(name) +
                                            "\" must be 1 to 127 characters: labels of letters, digits, hyphens and "
                                            "underscores, separated by dots");
}

Status CheckService(const Service& service, const Namespace& in) {
  WP_CHECK(CheckServiceName(service.name));
  if (service.health_check && service.custom_health) {
    return MakeError(Code::kInvalidInput, "HealthCheckConfig and HealthCheckCustomConfig exclude each other");
  }
  if (service.dns) WP_CHECK(CheckDns(service, in));
  WP_CHECK(CheckTags(service.tags, true));
  WP_TRY(tuning, ParseServiceTuning(service.tags));
  if (service.custom_health && tuning.check_kind.value_or(CheckKind::kHeartbeat) != CheckKind::kHeartbeat) {
    return MakeError(Code::kInvalidInput,
                     "tag waypost:check-kind: a service with HealthCheckCustomConfig is not checked from here; allowed "
                     "is heartbeat");
  }
  return Ok();
}

Status CheckTags(const Tags& tags, bool on_service) {
  if (tags.size() > kMaxTags) {
    return MakeError(Code::kTooManyTags, "a resource can have " + std::to_string(kMaxTags) + " tags at most");
  }
  for (const auto& [key, value] : tags) {
    if (key.empty() || Characters(key) > 128)
      return MakeError(Code::kInvalidInput, "a tag's Key must have 1 to 128 characters");
    if (Characters(value) > 256)
      return MakeError(Code::kInvalidInput, "tag " + key + ": Value must have 0 to 256 characters");
    if (Folded(key).starts_with("aws:")) {
      return MakeError(Code::kInvalidInput, "tag " + key + ": the prefix aws: is reserved");
    }
    if (!on_service && key.starts_with(kTagPrefix)) {
      return MakeError(Code::kInvalidInput, "unknown tag " + key + ": a namespace has no tags with prefix waypost:");
    }
  }
  if (on_service) WP_CHECK(ParseServiceTuning(tags));
  return Ok();
}

}  // namespace waypost::model
