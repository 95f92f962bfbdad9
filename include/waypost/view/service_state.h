#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "waypost/model/health.h"
#include "waypost/model/named_query.h"
#include "waypost/model/owner_name.h"
#include "waypost/model/service.h"
#include "waypost/view/member.h"

namespace waypost::view {

struct NamespaceNode;

/// Up to 64 members side by side: what a DNS answer is drawn from first, then what discovery needs. Immutable but for
/// the health words. A change of one member copies one chunk, never the service.
class Chunk {
 public:
  static constexpr std::uint32_t kMembersMax = 64;

  std::uint32_t count() const { return count_; }
  /// Bits of all members.
  std::uint64_t all() const { return count_ == 64 ? ~0ULL : (1ULL << count_) - 1; }
  /// Bit i: member i may be drawn for a DNS answer: healthy, its zone not shifted away, of the lowest tier (see
  /// selection.h). All bits of a service are 0 when none is healthy: then everyone() is answered.
  std::uint64_t served() const { return served_.load(std::memory_order_acquire); }
  /// Bit i: member i is healthy (or not known to be unhealthy), pins included.
  std::uint64_t healthy() const { return healthy_.load(std::memory_order_acquire); }
  /// Bit i: member i's health was never checked or reported.
  std::uint64_t unknown() const { return unknown_.load(std::memory_order_acquire); }
  /// Members that are answered when none is healthy: all but those that wait for their first good check.
  std::uint64_t everyone() const { return all() & ~waiting_.load(std::memory_order_acquire); }
  /// Bit i: member i's zone has been shifted away.
  std::uint64_t shifted() const { return shifted_.load(std::memory_order_acquire); }
  /// IPv4 addresses of all members in network byte order; 0 where a member has none.
  const std::uint32_t* ipv4() const { return ipv4_; }
  const Member* const* members() const { return members_; }
  const Member& member(std::uint32_t i) const { return *members_[i]; }
  const std::uint32_t* id_hashes() const { return id_hashes_; }
  model::HealthState health(std::uint32_t i) const {
    if ((healthy() >> i & 1) == 0) return model::HealthState::kUnhealthy;
    if ((pinned_up_.load(std::memory_order_acquire) >> i & 1) != 0) return model::HealthState::kHealthy;
    return (unknown() >> i & 1) != 0 ? model::HealthState::kUnknown : model::HealthState::kHealthy;
  }
  /// What holds member i fixed, if anything.
  std::optional<model::PinState> pin(std::uint32_t i) const {
    const std::uint64_t bit = 1ULL << i;
    if ((pinned_up_.load(std::memory_order_acquire) & bit) != 0) return model::PinState::kHealthy;
    if ((pinned_down_.load(std::memory_order_acquire) & bit) != 0) return model::PinState::kUnhealthy;
    if ((drained_.load(std::memory_order_acquire) & bit) != 0) return model::PinState::kDrained;
    return std::nullopt;
  }
  /// What checks or reports say of member i, whatever is pinned.
  model::HealthState measured(std::uint32_t i) const {
    if ((unknown() >> i & 1) != 0) return model::HealthState::kUnknown;
    const bool good = (reported_.load(std::memory_order_acquire) >> i & 1) != 0;
    return good ? model::HealthState::kHealthy : model::HealthState::kUnhealthy;
  }
  /// Bits of the members that have an attribute of this hash (AttributeHash). May contain a member that has it not,
  /// when hashes collide; never misses one that has it.
  std::uint64_t WithAttribute(std::uint32_t hash) const;

  static void Destroy(Chunk* chunk);

 private:
  friend class ChunkBuilder;
  friend class Edit;
  friend class Selection;
  Chunk() = default;
  /// The editor's: works out whether member i is healthy; returns it.
  bool Settle(std::uint32_t i) const;

  // What is answered first, then what it is worked out from: healthy = (reported | pinned up) & ~(pinned down |
  // drained).
  mutable std::atomic<std::uint64_t> served_{0};
  mutable std::atomic<std::uint64_t> healthy_{0};
  mutable std::atomic<std::uint64_t> unknown_{0};
  mutable std::atomic<std::uint64_t> waiting_{0};
  mutable std::atomic<std::uint64_t> reported_{0};  // by checks or clients, ahead of pins
  mutable std::atomic<std::uint64_t> pinned_up_{0};
  mutable std::atomic<std::uint64_t> pinned_down_{0};
  mutable std::atomic<std::uint64_t> drained_{0};
  mutable std::atomic<std::uint64_t> shifted_{0};
  std::uint32_t count_;
  std::uint32_t attribute_count_;
  // Pointers into this same block, which is laid out as: header, IPv4 addresses, members, id hashes, attribute hashes
  // (sorted), attribute masks. Stored rather than computed: one add less for each on the hot path.
  const std::uint32_t* ipv4_;
  const Member** members_;
  const std::uint32_t* id_hashes_;
  const std::uint32_t* attribute_hashes_;
  const std::uint64_t* attribute_masks_;
};

/// A service's configuration, shared by the states that do not change it.
struct ServiceConfig {
  model::Service service;
  model::ServiceTuning tuning;
  model::HealthSource health_source = model::HealthSource::kNone;
  model::Revision revision = 0;  ///< of the service's record
  bool has_health() const { return health_source != model::HealthSource::kNone; }
  /// What follows a member's discovery_json, by HealthState:
  /// `,"HealthStatus":"…","NamespaceName":"…","ServiceName":"…"}`.
  std::string tails[3];
};

class IdIndex;

/// One version of a service: its configuration and all members. Immutable but for health; replaced as a whole by one
/// pointer, so both doors always see the same version.
class ServiceState {
 public:
  static constexpr std::uint32_t kNoRecord = 0xffffffff;

  const ServiceConfig& config() const { return *config_; }
  std::shared_ptr<const ServiceConfig> shared_config() const { return config_; }
  model::Revision instances_revision() const { return instances_revision_; }
  std::uint32_t count() const { return count_; }
  /// Members whose served bit is set; may lag behind the bits for a moment while a flip is under way.
  std::uint32_t served_count() const { return served_count_.load(std::memory_order_acquire); }
  /// What is answered: this, or, when the last instance has just left and `waypost:hold-last` lasts, the last good set.
  const ServiceState& answering() const { return count_ != 0 || held_ == nullptr ? *this : *held_; }
  const ServiceState* held() const { return held_.get(); }

  std::uint32_t chunk_count() const { return chunk_count_; }
  const Chunk& chunk(std::uint32_t i) const { return *chunks()[i]; }
  /// Members are numbered 0…count-1; all chunks but the last are full.
  const Member& member(std::uint32_t index) const {
    return chunks()[index / Chunk::kMembersMax]->member(index % Chunk::kMembersMax);
  }

  /// TTL of the service's records of a type in seconds, kNoRecord when it has none.
  std::uint32_t ttl(model::RecordType type) const { return ttl_[static_cast<std::size_t>(type)]; }
  /// Whether it has records of all types that `other` has.
  bool Covers(const ServiceState& other) const;
  bool weighted() const { return weighted_; }                ///< routing policy WEIGHTED
  bool uniform_weights() const { return uniform_weights_; }  ///< no member has a weight other than 1
  bool has_alias() const { return has_alias_; }              ///< some member is an AWS_ALIAS_DNS_NAME
  bool has_dotted_ids() const { return has_dotted_ids_; }
  std::uint32_t answer_limit() const { return answer_limit_; }
  bool ranked() const { return ranked_.load(std::memory_order_acquire); }
  bool zone_affinity() const { return zone_affinity_; }  ///< clients get instances of their own zone first

  /// Calls `visit(index)` for members whose id has this hash, until it returns true; returns whether it did.
  template <class Visit>
  bool FindByIdHash(std::uint32_t hash, Visit visit) const {
    Candidates candidates;
    if (Indexed(hash, candidates)) {
      for (std::uint32_t i = 0; i < candidates.count; ++i) {
        if (visit(candidates.index[i])) return true;
      }
      return false;
    }
    for (std::uint32_t c = 0; c < chunk_count_; ++c) {
      const Chunk& chunk = *chunks()[c];
      for (std::uint32_t i = 0; i < chunk.count(); ++i) {
        if (chunk.id_hashes()[i] == hash && visit(c * Chunk::kMembersMax + i)) return true;
      }
    }
    return false;
  }
  /// Index of the member with exactly this id, or count().
  std::uint32_t Find(std::string_view id) const;

  static void Destroy(ServiceState* state);

 private:
  friend class Edit;
  friend class StateBuilder;
  friend class Selection;
  ServiceState() = default;
  ~ServiceState() = default;
  // The chunk pointers stand behind this object.
  const Chunk* const* chunks() const { return reinterpret_cast<const Chunk* const*>(this + 1); }
  const Chunk** chunks() { return reinterpret_cast<const Chunk**>(this + 1); }
  struct Candidates {
    static constexpr std::uint32_t kMax = 8;
    std::uint32_t index[kMax];
    std::uint32_t count = 0;
  };
  /// Looks into the index of ids. False when there is none or it has moved on from this version: then scan.
  bool Indexed(std::uint32_t hash, Candidates& candidates) const;

  // What a DNS answer reads comes first.
  std::uint32_t count_ = 0;
  std::uint32_t chunk_count_ = 0;
  std::uint32_t ttl_[4];
  std::uint32_t answer_limit_ = 0;
  mutable std::atomic<std::uint32_t> served_count_{0};
  bool weighted_ = false;
  bool zone_affinity_ = false;
  // Served is worked out of more than healthy: tiers, protection, zones shifted away.
  mutable std::atomic<bool> ranked_{false};
  bool uniform_weights_ = true;
  bool has_alias_ = false;
  bool has_dotted_ids_ = false;
  std::shared_ptr<const ServiceConfig> config_;
  model::Revision instances_revision_ = 0;
  std::shared_ptr<IdIndex> id_index_;  // null while one chunk is enough
  std::uint64_t id_index_version_ = 0;
  std::shared_ptr<const ServiceState> held_;  // only while there are no members
};

class ServiceNode;

/// What makes a node a view (a named query). A view put anew is a new node, so this never changes.
struct QueryPart {
  model::NamedQuery value;
  model::Revision revision = 0;  ///< of the view's record
  ServiceNode* service = nullptr;
  ServiceNode* fallback = nullptr;  ///< null: none
};

/// A service's lasting place: what the tables point to, from its creation to its deletion. A view has one too: its
/// state holds those members of its service that match, and is kept as theirs.
class ServiceNode {
 public:
  const ServiceState& state() const { return *state_.load(std::memory_order_acquire); }
  const ServiceState* state_pointer() const { return state_.load(std::memory_order_acquire); }
  /// What is answered under this name, the same on both doors: its own members; while none of a view's is served and
  /// the service it falls back to has one that is (and records of all its types), that one's; where nobody is left,
  /// what `waypost:hold-last` holds.
  const ServiceState& Answering() const {
    const ServiceState& own = state();
    return own.served_count() != 0 ? own : Resort(own);
  }
  const NamespaceNode& in() const { return *namespace_; }
  /// Of a view: its service's.
  const model::ServiceId& id() const { return id_; }
  /// What this view asks for; null: it is a service.
  const QueryPart* query() const { return query_.get(); }
  /// Revision at which what is answered of this service changed last: instances, health, pins, configuration. Not less
  /// than InstancesRevision. A view counts the service's changes that it falls back to as its own.
  model::Revision last_change() const;
  /// InstancesRevision of what may be answered under this name.
  model::Revision instances_revision() const;
  /// Canonical wire form of `<service>.<namespace>`; empty when the service is not in DNS.
  std::string_view owner_wire() const {
    return {reinterpret_cast<const char*>(this + 1), owner_length_.load(std::memory_order_relaxed)};
  }

  static void Destroy(ServiceNode* node);

 private:
  friend class Edit;
  ServiceNode() = default;
  const ServiceState& Resort(const ServiceState& own) const;

  std::atomic<const ServiceState*> state_{nullptr};
  NamespaceNode* namespace_ = nullptr;
  std::unique_ptr<const QueryPart> query_;
  model::ServiceId id_;
  std::atomic<model::Revision> last_change_{0};
  std::atomic<std::uint8_t> owner_length_{0};  // falls to 0 when the service loses its records
};

}  // namespace waypost::view
