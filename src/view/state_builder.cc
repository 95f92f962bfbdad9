#include "view/state_builder.h"

#include <algorithm>
#include <bit>
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
      served_(chunk.served()),
      unknown_(chunk.unknown()),
      waiting_(chunk.waiting_.load(std::memory_order_relaxed)),
      reported_(chunk.reported_.load(std::memory_order_relaxed)),
      pinned_up_(chunk.pinned_up_.load(std::memory_order_relaxed)),
      pinned_down_(chunk.pinned_down_.load(std::memory_order_relaxed)),
      drained_(chunk.drained_.load(std::memory_order_relaxed)),
      shifted_(chunk.shifted()) {
  attributes_.reserve(chunk.attribute_count_ + 8);
  for (std::uint32_t i = 0; i < chunk.attribute_count_; ++i) {
    attributes_.emplace_back(chunk.attribute_hashes_[i], chunk.attribute_masks_[i]);
  }
}

ChunkBuilder::Entry ChunkBuilder::Take(std::uint32_t i) const {
  const auto has = [i](std::uint64_t word) { return (word >> i & 1) != 0; };
  Entry entry{members_[i], id_hashes_[i], {has(reported_), has(unknown_), has(waiting_), has(shifted_), {}}, {}};
  if (has(pinned_up_)) entry.health.pin = model::PinState::kHealthy;
  if (has(pinned_down_)) entry.health.pin = model::PinState::kUnhealthy;
  if (has(drained_)) entry.health.pin = model::PinState::kDrained;
  for (const auto& [hash, mask] : attributes_) {
    if ((mask >> i & 1) != 0) entry.attributes.push_back(hash);
  }
  return entry;
}

void ChunkBuilder::ClearBit(std::uint32_t i) {
  const std::uint64_t bit = 1ULL << i;
  for (std::uint64_t* word :
       {&served_, &unknown_, &waiting_, &reported_, &pinned_up_, &pinned_down_, &drained_, &shifted_}) {
    *word &= ~bit;
  }
  for (auto& attribute : attributes_) attribute.second &= ~bit;
  std::erase_if(attributes_, [](const auto& attribute) { return attribute.second == 0; });
}

void ChunkBuilder::SetBit(std::uint32_t i, const Entry& entry) {
  const std::uint64_t bit = 1ULL << i;
  const MemberHealth& health = entry.health;
  if (health.reported) reported_ |= bit;
  if (health.unknown) unknown_ |= bit;
  if (health.waiting) waiting_ |= bit;
  if (health.shifted) shifted_ |= bit;
  if (health.pin == model::PinState::kHealthy) pinned_up_ |= bit;
  if (health.pin == model::PinState::kUnhealthy) pinned_down_ |= bit;
  if (health.pin == model::PinState::kDrained) drained_ |= bit;
  served_ |= healthy() & bit;
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
  chunk->served_.store(served_, std::memory_order_relaxed);
  chunk->healthy_.store(healthy(), std::memory_order_relaxed);
  chunk->unknown_.store(unknown_, std::memory_order_relaxed);
  chunk->waiting_.store(waiting_, std::memory_order_relaxed);
  chunk->reported_.store(reported_, std::memory_order_relaxed);
  chunk->pinned_up_.store(pinned_up_, std::memory_order_relaxed);
  chunk->pinned_down_.store(pinned_down_, std::memory_order_relaxed);
  chunk->drained_.store(drained_, std::memory_order_relaxed);
  chunk->shifted_.store(shifted_, std::memory_order_relaxed);
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
  state.zone_affinity_ = config->tuning.zone_affinity;
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

void StateBuilder::Adopt(ServiceState& state, const Chunk* chunk) {
  state.chunks()[0] = chunk;
  state.count_ = chunk->count();
  state.served_count_.store(static_cast<std::uint32_t>(std::popcount(chunk->served())), std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < chunk->count(); ++i) Note(state, chunk->member(i));
}

void StateBuilder::Note(ServiceState& state, const Member& member) {
  if (member.weight() != 1) state.uniform_weights_ = false;
  if (member.Has(Member::kHasAlias)) state.has_alias_ = true;
  if (member.Has(Member::kDottedId)) state.has_dotted_ids_ = true;
}

ServiceState* StateBuilder::Of(std::shared_ptr<const ServiceConfig> config, const std::vector<MemberEntry>& entries) {
  constexpr std::uint32_t kPerChunk = Chunk::kMembersMax;
  const auto count = static_cast<std::uint32_t>(entries.size());
  ServiceState* state = Make(std::move(config), (count + kPerChunk - 1) / kPerChunk);
  if (count > kPerChunk) state->id_index_ = std::make_shared<IdIndex>(count);
  std::uint32_t served = 0;
  for (std::uint32_t first = 0; first < count; first += kPerChunk) {
    ChunkBuilder builder;
    for (std::uint32_t i = first; i < std::min(count, first + kPerChunk); ++i) {
      builder.Append(entries[i]);
      if (state->id_index_ != nullptr) state->id_index_->Insert(entries[i].id_hash, i);
      Note(*state, *entries[i].member);
    }
    const Chunk* chunk = builder.Build();
    served += static_cast<std::uint32_t>(std::popcount(chunk->served()));
    state->chunks()[first / kPerChunk] = chunk;
  }
  state->count_ = count;
  state->served_count_.store(served, std::memory_order_relaxed);
  return state;
}

ServiceState* StateBuilder::Copy(const ServiceState& old, std::uint32_t chunks) {
  ServiceState* state = Make(old.config_, chunks);
  state->count_ = old.count_;
  state->served_count_.store(old.served_count_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  state->ranked_.store(old.ranked(), std::memory_order_relaxed);
  state->held_ = old.held_;
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
