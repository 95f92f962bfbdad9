#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "waypost/view/service_state.h"

namespace waypost::view {

/// The attribute hashes of an instance, for the index.
std::vector<std::uint32_t> AttributeHashes(const model::Attributes& attributes);

/// A chunk while it changes: a copy to edit, then a new immutable block.
class ChunkBuilder {
 public:
  ChunkBuilder() = default;
  /// Begins with what `chunk` holds.
  explicit ChunkBuilder(const Chunk& chunk);

  struct Entry {
    const Member* member = nullptr;
    std::uint32_t id_hash = 0;
    bool healthy = true;
    bool unknown = true;
    std::vector<std::uint32_t> attributes = {};  // hashes
  };

  std::uint32_t count() const { return static_cast<std::uint32_t>(members_.size()); }
  /// A member as an entry, to place it elsewhere.
  Entry Take(std::uint32_t i) const;
  void Append(const Entry& entry);
  void Replace(std::uint32_t i, const Entry& entry);
  void PopBack();

  const Chunk* Build() const;

 private:
  void ClearBit(std::uint32_t i);
  void SetBit(std::uint32_t i, const Entry& entry);

  std::vector<const Member*> members_;
  std::vector<std::uint32_t> id_hashes_;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> attributes_;  // sorted by hash
  std::uint64_t healthy_ = 0;
  std::uint64_t unknown_ = 0;
};

/// The next version of a service while it is made: begins as a copy of the last one's header and chunk pointers.
class StateBuilder {
 public:
  /// `chunks`: room for so many chunks.
  static ServiceState* Make(std::shared_ptr<const ServiceConfig> config, std::uint32_t chunks);
  /// A copy of `old` with room for `chunks` chunks, all of old's that fit taken over.
  static ServiceState* Copy(const ServiceState& old, std::uint32_t chunks);
  /// Copies what answering needs out of the configuration.
  static void Apply(ServiceState& state, std::shared_ptr<const ServiceConfig> config);
};

}  // namespace waypost::view
