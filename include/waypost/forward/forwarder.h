#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/dns/address.h"
#include "waypost/dns/outside.h"
#include "waypost/model/result.h"
#include "waypost/telemetry/log.h"

namespace waypost::forward {

/// How the servers of one list are asked.
enum class Mode : std::uint8_t {
  kFailover,  ///< one after another, in order; who did not answer lately comes last
  kParallel,  ///< all at once; the first that knows wins
};

/// Whether names that are asked for often are asked anew before they are too old.
enum class Prefetch : std::uint8_t { kOff, kOn };

/// Names at or below `name` have servers of their own.
struct DomainOptions {
  std::string name;
  std::vector<std::string> upstreams;  ///< as in Options
};

struct Options {
  /// Whose questions are sent on (CIDR).
  std::vector<std::string> clients = {};
  /// `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`; or only "system": the name servers of
  /// /etc/resolv.conf, as they are at any time. Empty: names in no `domains` are refused.
  std::vector<std::string> upstreams = {};
  /// The longest suffix of a name wins.
  std::vector<DomainOptions> domains = {};
  Mode mode = Mode::kFailover;
  /// One try at one server.
  std::chrono::milliseconds try_timeout{1500};
  /// All tries for one question.
  std::chrono::milliseconds timeout{5000};
  std::size_t cache_octets_max = 32 << 20;
  /// TTLs count as this much at most.
  std::chrono::seconds ttl_max{86400};
  /// That something is not there is remembered as its zone says, but not longer (RFC 2308 5: 3 hours at most).
  std::chrono::seconds negative_ttl_max{3600};
  /// How long after its TTL an answer may be shown when no upstream answers (RFC 8767); 0: never.
  std::chrono::seconds stale_max{86400};
  /// Questions under way to upstreams. Each has a socket, in parallel mode one a server.
  std::size_t in_flight_max = 4096;
  Prefetch prefetch = Prefetch::kOn;
  /// Where we listen ourselves: no upstream may be there, or questions would go round in circles.
  std::vector<dns::Endpoint> own_addresses = {};
};

/// What a test replaces.
struct Surroundings {
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  /// Ids of queries: nobody else may be able to guess them. Null: from the operating system.
  std::function<std::uint16_t()> draw_id = nullptr;
  std::string resolv_conf = "/etc/resolv.conf";
  /// Who can be shown a stale answer waits this long for a fresh one (RFC 8767 5).
  std::chrono::milliseconds stale_wait{1800};
};

struct UpstreamTotals {
  std::string address;
  std::uint64_t questions = 0;
  std::uint64_t failures = 0;  ///< unreachable, broken answers, refusals
  std::uint64_t timeouts = 0;
  std::uint64_t tcp_retries = 0;
  std::uint64_t answers = 0;
  std::chrono::microseconds latency_sum{0};  ///< of `answers`
};

/// Counters since the start, and what there is now.
struct Totals {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t stale = 0;  ///< stale answers that were shown
  std::uint64_t prefetches = 0;
  std::uint64_t overloads = 0;  ///< questions that were not sent since too many were under way
  std::uint64_t evictions = 0;
  std::size_t in_flight = 0;
  std::size_t cache_entries = 0;
  std::size_t cache_octets = 0;
  std::vector<UpstreamTotals> upstreams = {};
};

/// Resolves names outside our zones by asking upstream servers, and remembers what they say. One thread of its own;
/// all but Start and Stop are safe from any.
class Forwarder : public dns::Outside {
 public:
  static constexpr std::size_t kUpstreamsMax = 16;  ///< of one list
  static constexpr std::size_t kDomainsMax = 4096;
  static constexpr std::size_t kInFlightMax = 65536;
  static constexpr std::size_t kCacheOctetsMin = 1 << 20;
  static constexpr std::size_t kWaitersMax = 1024;  ///< who wait for one question; others get a failure at once
  static constexpr std::chrono::seconds kNegativeTtlMax{3 * 3600};

  /// Err: kConfig.
  static model::Result<std::unique_ptr<Forwarder>> Create(Options options, telemetry::Log log,
                                                          Surroundings surroundings = {});
  ~Forwarder() override;
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  /// Once.
  void Start();
  /// Ends what is under way: its callbacks come as if nobody had answered. Later ones come from within Fetch.
  void Stop();

  bool Serves(const dns::Address& client) const override;
  std::optional<dns::OutsideFound> Find(std::string_view name, dns::Type type, Accept accept) override;
  void Fetch(std::string name, dns::Type type, std::function<void()> done) override;

  Totals totals() const;

 private:
  class Desk;
  explicit Forwarder(std::unique_ptr<Desk> desk);
  std::unique_ptr<Desk> desk_;
};

}  // namespace waypost::forward
