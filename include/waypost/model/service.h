#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "waypost/model/attributes.h"
#include "waypost/model/clock.h"
#include "waypost/model/id.h"
#include "waypost/model/namespace.h"
#include "waypost/model/result.h"

namespace waypost::model {

enum class RoutingPolicy : std::uint8_t { kMultivalue = 0, kWeighted = 1 };
std::string_view RoutingPolicyName(RoutingPolicy policy);

enum class RecordType : std::uint8_t { kA = 0, kAaaa = 1, kSrv = 2, kCname = 3 };
std::string_view RecordTypeName(RecordType type);

struct DnsRecord {
  RecordType type = RecordType::kA;
  std::uint32_t ttl = 60;  ///< seconds, 0…2147483647
  bool operator==(const DnsRecord&) const = default;
};

struct DnsConfig {
  RoutingPolicy routing = RoutingPolicy::kMultivalue;
  std::vector<DnsRecord> records = {};  ///< each type once
  bool operator==(const DnsConfig&) const = default;

  const DnsRecord* Find(RecordType type) const {
    for (const DnsRecord& record : records) {
      if (record.type == type) return &record;
    }
    return nullptr;
  }
};

enum class HealthCheckType : std::uint8_t { kTcp = 0, kHttp = 1, kHttps = 2 };
std::string_view HealthCheckTypeName(HealthCheckType type);

/// HealthCheckConfig: what our own checkers do for each instance.
struct HealthCheck {
  HealthCheckType type = HealthCheckType::kTcp;
  std::string resource_path = {};  ///< empty for TCP
  std::uint8_t failure_threshold = 3;
  bool operator==(const HealthCheck&) const = default;
};

enum class ServiceType : std::uint8_t { kHttp = 0, kDnsHttp = 1, kDns = 2 };
/// `HTTP`, `DNS_HTTP`, `DNS`.
std::string_view ServiceTypeName(ServiceType type);

/// A Cloud Map service.
struct Service {
  ServiceId id;
  NamespaceId namespace_id;
  std::string name;
  std::optional<std::string> description = {};
  std::optional<std::string> creator_request_id = {};
  ServiceType type = ServiceType::kHttp;
  bool type_given = false;  ///< the request said Type=HTTP
  std::optional<DnsConfig> dns = {};
  std::optional<HealthCheck> health_check = {};
  bool custom_health = false;  ///< HealthCheckCustomConfig
  Timestamp created = {};
  Tags tags = {};
  Attributes attributes = {};  ///< service attributes, at most kMaxServiceAttributes

  bool has_dns() const { return dns.has_value(); }
  bool operator==(const Service&) const = default;
};

inline constexpr std::size_t kMaxServiceAttributes = 30;
inline constexpr std::size_t kMaxTags = 50;

/// Checks a service name's form: dotted labels of [a-zA-Z0-9_-], 127 characters at most (API reference, CreateService).
Status CheckServiceName(std::string_view name);

/// Checks a service as a whole, in its namespace: record types that may stand together, policy, health checks, tags.
/// Err: kInvalidInput, kTooManyTags.
Status CheckService(const Service& service, const Namespace& in);

/// How an instance is checked. kHeartbeat: not at all, the instance reports by itself in time.
enum class CheckKind : std::uint8_t { kTcp = 0, kHttp = 1, kHttps = 2, kGrpc = 3, kHeartbeat = 4 };
/// `tcp`, `http`, `https`, `grpc`, `heartbeat`.
std::string_view CheckKindName(CheckKind kind);

/// HTTP status codes from first to last, both included.
struct StatusRange {
  std::uint16_t first = 200;
  std::uint16_t last = 399;
  bool operator==(const StatusRange&) const = default;
};

/// Where the health of a service's instances comes from.
enum class HealthSource : std::uint8_t {
  kNone,      ///< nowhere: HealthStatus filters are ignored
  kChecked,   ///< our own checks
  kReported,  ///< clients (UpdateInstanceCustomHealthStatus); with heartbeat, silence counts as a report
};

/// What the service's `waypost:` tags say; absent members: nothing, so the defaults hold.
struct ServiceTuning {
  static constexpr std::uint32_t kAllAnswers = 0xffffffff;
  std::uint32_t answer_limit = 8;  ///< records in a MULTIVALUE answer
  std::optional<CheckKind> check_kind = {};
  std::optional<std::chrono::milliseconds> check_interval = {};
  std::optional<std::chrono::milliseconds> check_timeout = {};
  std::optional<std::uint16_t> check_port = {};
  std::string check_host = {};
  std::vector<StatusRange> check_status = {};
  std::string check_body = {};
  std::optional<std::uint8_t> check_rise = {};
  bool check_certificate = false;    ///< `waypost:check-certificate`: `valid`
  bool initially_unhealthy = false;  ///< `waypost:initial-health`: `unhealthy`
  double protect = 0;                ///< 0…1: answer all when a smaller share is healthy
  std::chrono::milliseconds hold_last{0};
  bool zone_affinity = false;
};

/// Err: kInvalidInput that names an unknown `waypost:` tag or a bad value and says what is allowed.
Result<ServiceTuning> ParseServiceTuning(const Tags& tags);

/// Where this service's health comes from, its `waypost:check-kind` included.
HealthSource HealthSourceOf(const Service& service, const ServiceTuning& tuning);

/// Checks tags by AWS's rules (key 1…128, value 0…256, 50 at most, no `aws:`) and, on a service, waypost's own.
Status CheckTags(const Tags& tags, bool on_service);

}  // namespace waypost::model
