#include "view/state_builder.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "view/id_index.h"

namespace waypost::view {
namespace {

std::size_t RoundUp8(std::size_t bytes) { return (bytes + 7) & ~std::size_t{7}; }

}  // namespace

std::vector<std::uint32_t> AttributeHashes(const model::Attributes& attributes) {
  std::vector<std::uint32_t> hashes;
  hashes.reserve(attributes.size());
  for (const auto& [key, value] : attributes) hashes.push_back(AttributeHash(key, value));
  return hashes;
}

ChunkBuilder::ChunkBuilder(const Chunk& chunk)
    : members_(chunk.members(), chunk.members() + chunk.count()),
      id_hashes_(chunk.id_hashes(), chunk.id_hashes() + chunk.count()),
      healthy_(chunk.healthy()),
      unknown_(chunk.unknown()) {
  attributes_.reserve(chunk.attribute_count_ + 8);
  for (std::uint32_t i = 0; i < chunk.attribute_count_; ++i) {
    attributes_.emplace_back(chunk.attribute_hashes_[i], chunk.attribute_masks_[i]);
  }
}

ChunkBuilder::Entry ChunkBuilder::Take(std::uint32_t i) const {
  Entry entry{members_[i], id_hashes_[i], (healthy_ >> i & 1) != 0, (unknown_ >> i & 1) != 0, {}};
  for (const auto& [hash, mask] : attributes_) {
    if ((mask >> i & 1) != 0) entry.attributes.push_back(hash);
  }
  return entry;
}

void ChunkBuilder::ClearBit(std::uint32_t i) {
  const std::uint64_t bit = 1ULL << i;
  healthy_ &= ~bit;
  unknown_ &= ~bit;
  for (auto& attribute : attributes_) attribute.second &= ~bit;
  std::erase_if(attributes_, [](const auto& attribute) { return attribute.second == 0; });
}

void ChunkBuilder::SetBit(std::uint32_t i, const Entry& entry) {
  const std::uint64_t bit = 1ULL << i;
  if (entry.healthy) healthy_ |= bit;
  if (entry.unknown) unknown_ |= bit;
  for (const std::uint32_t hash : entry.attributes) {
    const auto at = std::lower_bound(attributes_.begin(), attributes_.end(), hash,
                                     [](const auto& attribute, std::uint32_t h) { return attribute.first < h; });
    if (at != attributes_.end() && at->first == hash) {
      at->second |= bit;
    } else {
      attributes_.emplace(at, hash, bit);
    }
  }
}

void ChunkBuilder::Append(const Entry& entry) {
  members_.push_back(entry.member);
  id_hashes_.push_back(entry.id_hash);
  SetBit(count() - 1, entry);
}

void ChunkBuilder::Replace(std::uint32_t i, const Entry& entry) {
  ClearBit(i);
  members_[i] = entry.member;
  id_hashes_[i] = entry.id_hash;
  SetBit(i, entry);
}

void ChunkBuilder::PopBack() {
  ClearBit(count() - 1);
  members_.pop_back();
  id_hashes_.pop_back();
}

const Chunk* ChunkBuilder::Build() const {
  const std::size_t n = members_.size();
  const std::size_t ipv4_bytes = RoundUp8(n * sizeof(std::uint32_t));
  const std::size_t member_bytes = n * sizeof(Member*);
  const std::size_t id_bytes = RoundUp8(n * sizeof(std::uint32_t));
  const std::size_t hash_bytes = RoundUp8(attributes_.size() * sizeof(std::uint32_t));
  const std::size_t mask_bytes = attributes_.size() * sizeof(std::uint64_t);
  auto* memory =
      static_cast<char*>(std::malloc(sizeof(Chunk) + ipv4_bytes + member_bytes + id_bytes + hash_bytes + mask_bytes));
  if (memory == nullptr) throw std::bad_alloc();
  auto* chunk = new (memory) Chunk();
  char* at = memory + sizeof(Chunk);
  auto* ipv4 = reinterpret_cast<std::uint32_t*>(at);
  chunk->members_ = reinterpret_cast<const Member**>(at += ipv4_bytes);
  auto* ids = reinterpret_cast<std::uint32_t*>(at += member_bytes);
  auto* hashes = reinterpret_cast<std::uint32_t*>(at += id_bytes);
  auto* masks = reinterpret_cast<std::uint64_t*>(at += hash_bytes);
  for (std::size_t i = 0; i < n; ++i) {
    std::memcpy(&ipv4[i], members_[i]->ipv4(), 4);
    chunk->members_[i] = members_[i];
    ids[i] = id_hashes_[i];
  }
  for (std::size_t i = 0; i < attributes_.size(); ++i) {
    hashes[i] = attributes_[i].first;
    masks[i] = attributes_[i].second;
  }
  chunk->ipv4_ = ipv4;
  chunk->id_hashes_ = ids;
  chunk->attribute_hashes_ = hashes;
  chunk->attribute_masks_ = masks;
  chunk->count_ = static_cast<std::uint32_t>(n);
  chunk->attribute_count_ = static_cast<std::uint32_t>(attributes_.size());
  chunk->healthy_.store(healthy_, std::memory_order_relaxed);
  chunk->unknown_.store(unknown_, std::memory_order_relaxed);
  return chunk;
}

void StateBuilder::Apply(ServiceState& state, std::shared_ptr<const ServiceConfig> config) {
  constexpr model::RecordType kTypes[] = {model::RecordType::kA, model::RecordType::kAaaa, model::RecordType::kSrv,
                                          model::RecordType::kCname};
  for (const model::RecordType type : kTypes) {
    const model::DnsRecord* record = config->service.dns ? config->service.dns->Find(type) : nullptr;
    state.ttl_[static_cast<std::size_t>(type)] = record != nullptr ? record->ttl : ServiceState::kNoRecord;
  }
  state.weighted_ = config->service.dns && config->service.dns->routing == model::RoutingPolicy::kWeighted;
  state.answer_limit_ = config->tuning.answer_limit;
  state.config_ = std::move(config);
}

ServiceState* StateBuilder::Make(std::shared_ptr<const ServiceConfig> config, std::uint32_t chunks) {
  void* memory = std::malloc(sizeof(ServiceState) + chunks * sizeof(const Chunk*));
  if (memory == nullptr) throw std::bad_alloc();
  auto* state = new (memory) ServiceState();
  state->chunk_count_ = chunks;
  for (std::uint32_t i = 0; i < chunks; ++i) state->chunks()[i] = nullptr;
  Apply(*state, std::move(config));
  return state;
}

ServiceState* StateBuilder::Copy(const ServiceState& old, std::uint32_t chunks) {
  ServiceState* state = Make(old.config_, chunks);
  state->count_ = old.count_;
  state->healthy_count_.store(old.healthy_count_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  state->uniform_weights_ = old.uniform_weights_;
  state->has_alias_ = old.has_alias_;
  state->has_dotted_ids_ = old.has_dotted_ids_;
  state->instances_revision_ = old.instances_revision_;
  state->id_index_ = old.id_index_;
  state->id_index_version_ = old.id_index_version_;
  std::memcpy(state->chunks(), old.chunks(), std::min(chunks, old.chunk_count_) * sizeof(const Chunk*));
  return state;
}

}  // namespace waypost::view
