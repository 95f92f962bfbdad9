#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/failover_dns.h"
#include "cli/failover_doors.h"
#include "cli/failover_report.h"
#include "cli/failover_test.h"
#include "cli/http_client.h"
#include "waypost/model/result.h"

namespace waypost::cli {

/// An instance as DiscoverInstances shows it.
struct FoundInstance {
  std::string id = {};
  std::string health = {};  ///< HEALTHY, UNHEALTHY, UNKNOWN
  std::map<std::string, std::string> attributes = {};
};

/// A service as the API shows it.
struct FoundService {
  static constexpr std::size_t kAllAnswers = std::numeric_limits<std::size_t>::max();

  std::string id = {};
  std::string name = {};
  std::string namespace_name = {};  ///< by which DiscoverInstances knows it
  std::string owner = {};           ///< in DNS; empty: not there
  std::vector<DnsType> types = {};  ///< of its records
  bool weighted = false;
  std::size_t answer_limit = 8;               ///< records in a MULTIVALUE answer
  std::vector<FoundInstance> instances = {};  ///< at most kInstancesMax, in the order of their ids
};

/// The instance that will break, and how it is recognised on both doors.
struct FailoverTarget {
  /// DiscoverInstances' own limit.
  static constexpr std::size_t kInstancesMax = 1000;

  std::string service_id = {};
  std::string service_name = {};
  std::string namespace_name = {};
  std::string instance = {};
  std::string address = {};  ///< for people: what DNS gives, or the instance's address; may be empty
  bool in_dns = false;
  std::string owner = {};
  DnsType type = DnsType::kA;
  std::string data = {};                              ///< A, AAAA: address; CNAME, SRV: target
  std::uint16_t port = 0;                             ///< SRV
  std::string glue = {};                              ///< SRV: address of the target
  std::size_t others = 0;                             ///< healthy ones beside it
  std::array<std::size_t, kDoors> decisive = {1, 1};  ///< FailoverRecord::decisive
};

/// Asks the server about the service: `srv-…` or a name. Err: kIo, kInvalidInput, in the server's words.
model::Result<FoundService> FindService(const std::string& service, const HttpClient& client, ApiDoor& api);

/// Pure. Err: kInvalidInput, with what to do: no such or no healthy instance, an address that another has too, no other
/// healthy one (unless `options.allow_fail_open`), a bound that cannot be looked for.
model::Result<FailoverTarget> ChooseTarget(const FoundService& service, const FailoverOptions& options);

/// What an answer says of the target. `ttl_s` is set with kNamed.
struct Reading {
  Said said = Said::kOthers;
  std::uint32_t ttl_s = 0;
};
Reading ReadDns(const DnsAnswer& answer, const FailoverTarget& target);
/// Bodies of the requests that a watch repeats: DiscoverInstances and GetInstancesHealthStatus.
std::string DiscoverBody(const FailoverTarget& target);
std::string HealthBody(const FailoverTarget& target);
/// HEALTHY, UNHEALTHY, UNKNOWN; empty: the body of GetInstancesHealthStatus does not say.
std::string ReadHealth(const std::string& body, const FailoverTarget& target);
/// Of the body of DiscoverInstances.
Reading ReadDiscovered(const std::string& body, const FailoverTarget& target);

}  // namespace waypost::cli
