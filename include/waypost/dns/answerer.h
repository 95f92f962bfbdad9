#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "waypost/dns/address.h"
#include "waypost/model/result.h"
#include "waypost/view/view.h"

namespace waypost::dns {

/// What names outside our zones get.
enum class Outside : std::uint8_t {
  kRefused,   ///< as an authoritative server should
  kNxDomain,  ///< to clients in the private networks, whose stub resolvers know no other server; others get REFUSED
};

/// Whose clients a zone's are, for `waypost:zone-affinity`.
struct ClientZone {
  std::string name;                  ///< as instances have it in AVAILABILITY_ZONE
  std::vector<std::string> clients;  ///< CIDR
};

/// How queries are answered, as configured.
struct AnswerOptions {
  /// The API's own name; it and `data-` + it are answered. Empty: none.
  std::string api_name = "servicediscovery.waypost.internal";
  /// Addresses that the API names have; empty: whatever address the query was sent to.
  std::vector<std::string> api_addresses = {};
  Outside outside = Outside::kRefused;
  /// Who may ask for names in private namespaces (CIDR), instead of Networks::Private().
  std::optional<std::vector<std::string>> private_networks = {};
  /// Names of the zones' name servers; empty: `ns1.<apex>`, at the address the query was sent to.
  std::vector<std::string> nameservers = {};
  std::vector<ClientZone> zones = {};
};

/// AnswerOptions, checked and put into the form that answering needs. Immutable, shared between threads.
class AnswerPolicy {
 public:
  /// Err: kConfig.
  static model::Result<std::shared_ptr<const AnswerPolicy>> Create(const AnswerOptions& options);

  /// Canonical wire form of the API name and its `data-` twin, or nothing.
  const std::vector<std::string>& api_names() const { return api_names_; }
  const std::vector<Address>& api_addresses() const { return api_addresses_; }
  Outside outside() const { return outside_; }
  const Networks& private_networks() const { return private_networks_; }
  /// Canonical wire form.
  const std::vector<std::string>& nameservers() const { return nameservers_; }
  /// view::ZoneHash of the first zone that has this client; 0: none. O(zones), no allocation.
  std::uint32_t ZoneOf(const Address& client) const;
  /// The zone's name; empty: none.
  std::string_view ZoneNameOf(const Address& client) const;

 private:
  AnswerPolicy() = default;
  std::vector<std::string> api_names_;
  std::vector<Address> api_addresses_;
  Outside outside_ = Outside::kRefused;
  Networks private_networks_;
  struct Zone {
    std::string name;
    std::uint32_t hash;
    Networks clients;
  };
  const Zone* FindZone(const Address& client) const;
  std::vector<std::string> nameservers_;
  std::vector<Zone> zones_;
};

/// kUdp: the client's payload size bounds the response, 1,232 octets at most. kStream: TCP, TLS, HTTPS; 65,535.
enum class Transport : std::uint8_t { kUdp, kStream };

/// Who asks, and where.
struct Asker {
  Address client = {};
  Address local = {};  ///< the address that was asked
  Transport transport = Transport::kUdp;
};

/// Totals of one Answerer. Written by its thread only, readable from any.
struct AnswerCounters {
  static constexpr std::size_t kRcodes = 17;  ///< 0…15 and BADVERS
  std::atomic<std::uint64_t> queries{0};      ///< messages looked at
  std::atomic<std::uint64_t> dropped{0};      ///< of them, never answered: no header, or a response
  std::atomic<std::uint64_t> truncated{0};    ///< answered with TC
  std::atomic<std::uint64_t> rcodes[kRcodes] = {};
};

/// Turns query messages into response messages: the whole of authoritative answering, the same for every transport.
/// Reads the view without locks, allocates nothing. One a thread; not safe for two at once.
class Answerer {
 public:
  static constexpr std::size_t kBatchMax = 16;
  /// Room that a response buffer must have at least.
  static constexpr std::size_t kRoomMin = 512;

  struct Job {
    const std::uint8_t* query = nullptr;
    std::size_t query_size = 0;
    std::uint8_t* response = nullptr;
    std::size_t room = 0;           ///< octets at `response`, kRoomMin or more
    std::size_t response_size = 0;  ///< set by Answer; 0: stay silent
    Asker asker = {};
  };

  /// `seed` is for the random choice of records. The view must outlive this.
  Answerer(view::View& view, std::shared_ptr<const AnswerPolicy> policy, std::uint64_t seed);
  ~Answerer();

  /// Answers up to kBatchMax queries, in stages, so that the memory one needs is fetched while others are worked on.
  void Answer(std::span<Job> jobs);

  const AnswerCounters& counters() const { return counters_; }

 private:
  struct Batch;
  struct Scratch;
  void FindNodes(std::span<Job> jobs, Batch& batch);
  void AnswerOne(Job& job, std::size_t at, Batch& batch, bool ready);

  view::View& view_;
  std::shared_ptr<const AnswerPolicy> policy_;
  view::Reader reader_;
  std::unique_ptr<Batch> batch_;
  std::unique_ptr<Scratch> scratch_;
  AnswerCounters counters_;
};

}  // namespace waypost::dns
