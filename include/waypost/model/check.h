#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/model/instance.h"
#include "waypost/model/service.h"

namespace waypost::model {

/// What a service has by default where its tags say nothing.
struct CheckDefaults {
  std::chrono::milliseconds interval{10'000};
  std::chrono::milliseconds timeout{4'000};
  bool operator==(const CheckDefaults&) const = default;
};

/// How the instances of one service are checked: HealthCheckConfig and `waypost:check-…` tags put together.
struct CheckPlan {
  CheckKind kind = CheckKind::kTcp;
  std::chrono::milliseconds interval{10'000};
  std::chrono::milliseconds timeout{4'000};  ///< of one check as a whole, at most the interval's ten-fold
  std::uint8_t fall = 3;                     ///< bad results in a row until unhealthy, 1…10
  std::uint8_t rise = 3;                     ///< good results in a row until healthy, 1…10
  std::string host = {};                     ///< address or name instead of the instance's address; empty: that
  std::optional<std::uint16_t> port = {};    ///< instead of AWS_INSTANCE_PORT
  std::string path = "/";                    ///< HTTP(S): request target; gRPC: service name behind a `/`
  std::vector<StatusRange> good_status = {{200, 399}};
  std::string good_body = {};        ///< must occur in the body; empty: any
  bool valid_certificate = false;    ///< HTTPS: the certificate must be valid for the host
  bool initially_unhealthy = false;  ///< in no answer until the first good check
  bool operator==(const CheckPlan&) const = default;

  /// Heartbeats: how long an instance may be silent.
  std::chrono::milliseconds silence_max() const { return interval * fall; }
};

/// None when nothing of this service is checked (no health check, or custom health without heartbeat).
std::optional<CheckPlan> PlanOf(const Service& service, const ServiceTuning& tuning, const CheckDefaults& defaults);

/// The door of an instance that a check knocks at.
struct CheckDoor {
  std::string host;  ///< an address (IPv6 without brackets), or a name to resolve
  std::uint16_t port = 0;
};

/// Where an instance is checked by this plan. Err: kInvalidInput that says what is missing (no port, no address).
/// Of both addresses IPv4 is taken and decides for both (Route 53).
Result<CheckDoor> DoorOf(const CheckPlan& plan, const Endpoint& endpoint);

}  // namespace waypost::model
