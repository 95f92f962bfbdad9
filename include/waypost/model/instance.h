#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "waypost/model/attributes.h"
#include "waypost/model/clock.h"
#include "waypost/model/service.h"

namespace waypost::model {

inline constexpr std::string_view kAttributeIpv4 = "AWS_INSTANCE_IPV4";
inline constexpr std::string_view kAttributeIpv6 = "AWS_INSTANCE_IPV6";
inline constexpr std::string_view kAttributePort = "AWS_INSTANCE_PORT";
inline constexpr std::string_view kAttributeCname = "AWS_INSTANCE_CNAME";
inline constexpr std::string_view kAttributeAlias = "AWS_ALIAS_DNS_NAME";
inline constexpr std::string_view kAttributeEc2 = "AWS_EC2_INSTANCE_ID";
inline constexpr std::string_view kAttributeInitHealth = "AWS_INIT_HEALTH_STATUS";
inline constexpr std::string_view kAttributeWeight = "WAYPOST_WEIGHT";
inline constexpr std::string_view kAttributePriority = "WAYPOST_PRIORITY";
inline constexpr std::string_view kAttributeCheckPort = "WAYPOST_CHECK_PORT";
inline constexpr std::string_view kAttributeZone = "AVAILABILITY_ZONE";

inline constexpr std::size_t kMaxAttributes = 30;
inline constexpr std::size_t kMaxAttributeKey = 255;
inline constexpr std::size_t kMaxAttributeValue = 1024;
inline constexpr std::size_t kMaxAttributeTotal = 5000;

enum class HealthState : std::uint8_t { kUnknown = 0, kHealthy = 1, kUnhealthy = 2 };
/// `UNKNOWN`, `HEALTHY`, `UNHEALTHY`.
std::string_view HealthStateName(HealthState state);

/// One instance of a service, as registered. `attributes` never holds AWS_INIT_HEALTH_STATUS.
struct Instance {
  ServiceId service_id;
  std::string id;
  std::optional<std::string> creator_request_id = {};
  Attributes attributes = {};
  Timestamp registered = {};
  bool operator==(const Instance&) const = default;
};

/// What an instance's attributes mean to DNS and to checkers. Addresses in network byte order.
struct Endpoint {
  std::optional<std::array<std::uint8_t, 4>> ipv4 = {};
  std::optional<std::array<std::uint8_t, 16>> ipv6 = {};
  std::optional<std::uint16_t> port = {};
  std::string cname = {};  ///< presentation form as registered; empty: none
  std::string alias = {};
  std::uint16_t weight = 1;
  std::uint16_t priority = 0;
  std::optional<std::uint16_t> check_port = {};
  std::string zone = {};  ///< AVAILABILITY_ZONE; empty: none
};

/// Instance ids: 1…64 of [0-9a-zA-Z_/:.@-].
Status CheckInstanceId(std::string_view id);

/// Reads the well-known attributes. Err: kInvalidInput when one of them has a bad value.
Result<Endpoint> ParseEndpoint(const Attributes& attributes);

/// Checks attributes for an instance of `service`: counts, sizes, characters, which AWS_ ones may and must be there
/// (API reference, RegisterInstance Attributes). AWS_INIT_HEALTH_STATUS must have been taken out before.
Status CheckInstanceAttributes(const Attributes& attributes, const Service& service, NamespaceType type);

/// Takes AWS_INIT_HEALTH_STATUS out of `attributes`. kHealthy when absent. Err: kInvalidInput (bad value, or a service
/// without custom health).
Result<HealthState> TakeInitialHealth(Attributes& attributes, const Service& service);

}  // namespace waypost::model
