#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>

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
  /// Bit i: member i is healthy (or not known to be unhealthy), so it may be answered.
  std::uint64_t healthy() const { return healthy_.load(std::memory_order_acquire); }
  /// Bit i: member i's health was never reported.
  std::uint64_t unknown() const { return unknown_.load(std::memory_order_acquire); }
  /// IPv4 addresses of all members in network byte order; 0 where a member has none.
  const std::uint32_t* ipv4() const { return ipv4_; }
  const Member* const* members() const { return members_; }
  const Member& member(std::uint32_t i) const { return *members_[i]; }
  const std::uint32_t* id_hashes() const { return id_hashes_; }
  model::HealthState health(std::uint32_t i) const {
    if ((healthy() >> i & 1) == 0) return model::HealthState::kUnhealthy;
    return (unknown() >> i & 1) != 0 ? model::HealthState::kUnknown : model::HealthState::kHealthy;
  }
  /// Bits of the members that have an attribute of this hash (AttributeHash). May contain a member that has it not,
  /// when hashes collide; never misses one that has it.
  std::uint64_t WithAttribute(std::uint32_t hash) const;

  static void Destroy(Chunk* chunk);

 private:
  friend class ChunkBuilder;
  friend class Edit;
  Chunk() = default;

  mutable std::atomic<std::uint64_t> healthy_;
  mutable std::atomic<std::uint64_t> unknown_;
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
  model::Revision revision = 0;  ///< of the service's record
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
  /// Members whose healthy bit is set; may lag behind the bits for a moment while a flip is under way.
  std::uint32_t healthy_count() const { return healthy_count_.load(std::memory_order_acquire); }

  std::uint32_t chunk_count() const { return chunk_count_; }
  const Chunk& chunk(std::uint32_t i) const { return *chunks()[i]; }
  /// Members are numbered 0…count-1; all chunks but the last are full.
  const Member& member(std::uint32_t index) const {
    return chunks()[index / Chunk::kMembersMax]->member(index % Chunk::kMembersMax);
  }

  /// TTL of the service's records of a type in seconds, kNoRecord when it has none.
  std::uint32_t ttl(model::RecordType type) const { return ttl_[static_cast<std::size_t>(type)]; }
  bool weighted() const { return weighted_; }                ///< routing policy WEIGHTED
  bool uniform_weights() const { return uniform_weights_; }  ///< no member has a weight other than 1
  bool has_alias() const { return has_alias_; }              ///< some member is an AWS_ALIAS_DNS_NAME
  bool has_dotted_ids() const { return has_dotted_ids_; }
  std::uint32_t answer_limit() const { return answer_limit_; }

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
  mutable std::atomic<std::uint32_t> healthy_count_{0};
  bool weighted_ = false;
  bool uniform_weights_ = true;
  bool has_alias_ = false;
  bool has_dotted_ids_ = false;
  std::shared_ptr<const ServiceConfig> config_;
  model::Revision instances_revision_ = 0;
  std::shared_ptr<IdIndex> id_index_;  // null while one chunk is enough
  std::uint64_t id_index_version_ = 0;
};

/// A service's lasting place: what the tables point to, from its creation to its deletion.
class ServiceNode {
 public:
  const ServiceState& state() const { return *state_.load(std::memory_order_acquire); }
  const ServiceState* state_pointer() const { return state_.load(std::memory_order_acquire); }
  const NamespaceNode& in() const { return *namespace_; }
  const model::ServiceId& id() const { return id_; }
  /// Canonical wire form of `<service>.<namespace>`; empty when the service is not in DNS.
  std::string_view owner_wire() const {
    return {reinterpret_cast<const char*>(this + 1), owner_length_.load(std::memory_order_relaxed)};
  }

  static void Destroy(ServiceNode* node);

 private:
  friend class Edit;
  ServiceNode() = default;
  std::atomic<const ServiceState*> state_{nullptr};
  NamespaceNode* namespace_ = nullptr;
  model::ServiceId id_;
  std::atomic<std::uint8_t> owner_length_{0};  // falls to 0 when the service loses its records
};

}  // namespace waypost::view
