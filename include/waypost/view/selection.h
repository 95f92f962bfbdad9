#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/model/health.h"
#include "waypost/view/service_state.h"

namespace waypost::view {

/// Which members of a service are answered, and why: the rules of health, pins, shifted zones, tiers and protection in
/// one place. Edit applies them when something changes, so that answering finds them done (Chunk::served).

/// How a service as a whole stands.
struct ServiceStanding {
  std::uint32_t members = 0;
  std::uint32_t healthy = 0;   ///< pins included
  std::uint32_t admitted = 0;  ///< members but those that wait for their first good check
  bool fail_open = false;      ///< none is healthy: all are answered as if all were
  bool protecting = false;     ///< a smaller share than `waypost:protect` is healthy: all are answered
  bool shifting = false;       ///< a shifted zone is left out
  std::uint16_t tier = 0;      ///< WAYPOST_PRIORITY of those that are answered
  bool affinity = false;       ///< only the client's zone is answered
  bool held = false;           ///< the members left; this is the last good set (`waypost:hold-last`)
};

/// How one member stands. In the order in which a person would give the reasons.
struct MemberStanding {
  std::uint32_t index = 0;
  model::HealthState health = model::HealthState::kUnknown;    ///< as shown: pins included
  model::HealthState measured = model::HealthState::kUnknown;  ///< what checks or reports say
  std::optional<model::PinState> pin = {};
  bool waiting = false;       ///< never had a good check, and `waypost:initial-health` is unhealthy: in no answer
  bool shifted = false;       ///< in a zone that has been shifted away
  bool lower_tier = false;    ///< a lower WAYPOST_PRIORITY answers
  bool other_zone = false;    ///< the client's zone answers
  bool weight_zero = false;   ///< WEIGHTED, WAYPOST_WEIGHT 0, and others have more
  bool in_dns = false;        ///< may be drawn for a DNS answer
  bool in_discovery = false;  ///< would be found by DiscoverInstances with HEALTHY_OR_ELSE_ALL
};

struct Standings {
  ServiceStanding service;
  std::vector<MemberStanding> members;
};

/// Hash of a zone's name as members carry it (Member::zone); 0: no zone.
std::uint32_t ZoneHash(std::string_view zone);

/// All of a service's members, for a client in `client_zone` (ZoneHash; 0: in none). Section. O(members).
Standings Explain(const ServiceState& state, std::uint32_t client_zone);

}  // namespace waypost::view
