#include "waypost/view/service_state.h"

#include <algorithm>
#include <cstdlib>

#include "view/id_index.h"

namespace waypost::view {

std::uint64_t Chunk::WithAttribute(std::uint32_t hash) const {
  const std::uint32_t* end = attribute_hashes_ + attribute_count_;
  const std::uint32_t* at = std::lower_bound(attribute_hashes_, end, hash);
  return at != end && *at == hash ? attribute_masks_[at - attribute_hashes_] : 0;
}

bool Chunk::Settle(std::uint32_t i) const {
  const std::uint64_t bit = 1ULL << i;
  const auto has = [bit](const std::atomic<std::uint64_t>& word) {
    return (word.load(std::memory_order_relaxed) & bit) != 0;
  };
  const bool healthy = (has(reported_) || has(pinned_up_)) && !has(pinned_down_) && !has(drained_);
  if (healthy) {
    healthy_.fetch_or(bit, std::memory_order_release);
  } else {
    healthy_.fetch_and(~bit, std::memory_order_release);
  }
  return healthy;
}

void Chunk::Destroy(Chunk* chunk) {
  chunk->~Chunk();
  std::free(chunk);
}

bool ServiceState::Indexed(std::uint32_t hash, Candidates& candidates) const {
  if (id_index_ == nullptr) return false;
  candidates.count = id_index_->Candidates(hash, candidates.index, Candidates::kMax);
  return candidates.count <= Candidates::kMax && id_index_->version() == id_index_version_;
}

std::uint32_t ServiceState::Find(std::string_view id) const {
  std::uint32_t found = count_;
  FindByIdHash(IdHash(id), [&](std::uint32_t index) {
    if (member(index).id() != id) return false;
    found = index;
    return true;
  });
  return found;
}

void ServiceState::Destroy(ServiceState* state) {
  state->~ServiceState();
  std::free(state);
}

void ServiceNode::Destroy(ServiceNode* node) {
  node->~ServiceNode();
  std::free(node);
}

}  // namespace waypost::view
