#include "waypost/view/service_state.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

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

bool ServiceState::Covers(const ServiceState& other) const {
  for (std::size_t type = 0; type < std::size(ttl_); ++type) {
    if (other.ttl_[type] != kNoRecord && ttl_[type] == kNoRecord) return false;
  }
  return true;
}

void ServiceState::Destroy(ServiceState* state) {
  state->~ServiceState();
  std::free(state);
}

const ServiceState& ServiceNode::Resort(const ServiceState& own) const {
  if (query_ != nullptr && query_->fallback != nullptr) {
    const ServiceState& other = query_->fallback->state();
    if (other.served_count() != 0 && other.Covers(own)) return other;
  }
  return own.answering();
}

model::Revision ServiceNode::last_change() const {
  const model::Revision own = last_change_.load(std::memory_order_acquire);
  if (query_ == nullptr || query_->fallback == nullptr) return own;
  return std::max(own, query_->fallback->last_change_.load(std::memory_order_acquire));
}

model::Revision ServiceNode::instances_revision() const {
  const model::Revision own = state().instances_revision();
  if (query_ == nullptr || query_->fallback == nullptr) return own;
  return std::max(own, query_->fallback->state().instances_revision());
}

void ServiceNode::Destroy(ServiceNode* node) {
  node->~ServiceNode();
  std::free(node);
}

}  // namespace waypost::view
