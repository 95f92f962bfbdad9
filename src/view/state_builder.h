#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "view/member_health.h"
#include "waypost/view/service_state.h"

namespace waypost::view {

/// The attribute hashes of an instance, for the index.
std::vector<std::uint32_t> AttributeHashes(const model::Attributes& attributes);

/// A member with all that a chunk says of it, on its way to a place.
struct MemberEntry {
  const Member* member = nullptr;
  std::uint32_t id_hash = 0;
  MemberHealth health = {};
  std::vector<std::uint32_t> attributes = {};  // hashes
};

/// A chunk while it changes: a copy to edit, then a new immutable block.
class ChunkBuilder {
 public:
  ChunkBuilder() = default;
  /// Begins with what `chunk` holds.
  explicit ChunkBuilder(const Chunk& chunk);

  using Entry = MemberEntry;

  std::uint32_t count() const { return static_cast<std::uint32_t>(members_.size()); }
  /// A member as an entry, to place it elsewhere.
  Entry Take(std::uint32_t i) const;
  void Append(const Entry& entry);
  void Replace(std::uint32_t i, const Entry& entry);
  void PopBack();

  const Chunk* Build() const;

 private:
  std::uint64_t healthy() const { return (reported_ | pinned_up_) & ~(pinned_down_ | drained_); }
  void ClearBit(std::uint32_t i);
  void SetBit(std::uint32_t i, const Entry& entry);

  std::vector<const Member*> members_;
  std::vector<std::uint32_t> id_hashes_;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> attributes_;  // sorted by hash
  std::uint64_t served_ = 0;
  std::uint64_t unknown_ = 0;
  std::uint64_t waiting_ = 0;
  std::uint64_t reported_ = 0;
  std::uint64_t pinned_up_ = 0;
  std::uint64_t pinned_down_ = 0;
  std::uint64_t drained_ = 0;
  std::uint64_t shifted_ = 0;
};

/// The next version of a service while it is made: begins as a copy of the last one's header and chunk pointers.
class StateBuilder {
 public:
  /// `chunks`: room for so many chunks.
  static ServiceState* Make(std::shared_ptr<const ServiceConfig> config, std::uint32_t chunks);
  /// A copy of `old` with room for `chunks` chunks, all of old's that fit taken over.
  static ServiceState* Copy(const ServiceState& old, std::uint32_t chunks);
  /// Takes one chunk, which is not full, as all the members of a state made for one.
  static void Adopt(ServiceState& state, const Chunk* chunk);
  /// A state of just these members.
  static ServiceState* Of(std::shared_ptr<const ServiceConfig> config, const std::vector<MemberEntry>& entries);
  /// Takes note of what a new member is. These flags only ever become true: longer than needed costs time, not truth.
  static void Note(ServiceState& state, const Member& member);
  /// Copies what answering needs out of the configuration.
  static void Apply(ServiceState& state, std::shared_ptr<const ServiceConfig> config);
};

}  // namespace waypost::view
