#include "waypost/zone/zone.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "waypost/model/hash.h"
#include "zone/name.h"
#include "zone/types.h"

namespace waypost::zone {

const RRset* Node::Find(std::uint16_t type) const {
  for (const RRset& rrset : rrsets_) {
    if (rrset.type == type) return &rrset;
  }
  return nullptr;
}

Zone::~Zone() = default;

const Node* Zone::Find(std::string_view name, std::uint64_t hash) const {
  if (slots_.empty()) return nullptr;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask; slots_[at].node != nullptr; at = (at + 1) & mask) {
    if (slots_[at].hash == hash && slots_[at].node->owner() == name) return slots_[at].node;
  }
  return nullptr;
}

Lookup Zone::Look(std::string_view name, std::uint64_t hash) const {
  const Node* node = Find(name, hash);
  const bool is_exact = node != nullptr;
  while (node == nullptr && name.size() > apex_.size()) {
    name = ParentOf(name);
    node = Find(name, model::Hash64(name, seed_));
  }
  if (node == nullptr) return {Match::kNone, apex_node_};
  if (const Node* hider = node->hidden_by()) return {hider->is_cut() ? Match::kDelegation : Match::kDname, hider};
  if (is_exact) return {Match::kExact, node};
  if (node->is_cut()) return {Match::kDelegation, node};
  if (node->Find(kDname) != nullptr) return {Match::kDname, node};
  if (node->wildcard() != nullptr) return {Match::kWildcard, node->wildcard()};
  return {Match::kNone, node};
}

ZoneSet::ZoneSet(std::vector<std::shared_ptr<const Zone>> zones, std::uint64_t seed)
    : zones_(std::move(zones)), seed_(seed) {
  std::sort(zones_.begin(), zones_.end(),
            [](const auto& a, const auto& b) { return SortKey(a->apex()) < SortKey(b->apex()); });
  if (zones_.empty()) return;
  const std::size_t size = std::bit_ceil(zones_.size() * 2);
  slots_.resize(size);
  for (const auto& zone : zones_) {
    const std::uint64_t hash = model::Hash64(zone->apex(), seed_);
    std::size_t at = hash & (size - 1);
    for (; slots_[at].second != nullptr; at = (at + 1) & (size - 1)) {
      assert(slots_[at].second->apex() != zone->apex());
    }
    slots_[at] = {hash, zone.get()};
  }
}

const Zone* ZoneSet::FindApex(std::string_view apex) const {
  if (slots_.empty()) return nullptr;
  const std::uint64_t hash = model::Hash64(apex, seed_);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask; slots_[at].second != nullptr; at = (at + 1) & mask) {
    if (slots_[at].first == hash && slots_[at].second->apex() == apex) return slots_[at].second;
  }
  return nullptr;
}

const Zone* ZoneSet::FindZone(std::string_view name) const {
  if (slots_.empty()) return nullptr;
  for (;; name = ParentOf(name)) {
    if (const Zone* zone = FindApex(name)) return zone;
    if (name.size() == 1) return nullptr;
  }
}

}  // namespace waypost::zone
