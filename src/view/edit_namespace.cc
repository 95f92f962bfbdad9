// Namespaces, their zones, and the names that exist only because others lie below them.
#include <cassert>
#include <set>

#include "view/raise_to.h"
#include "waypost/view/edit.h"

namespace waypost::view {

void Edit::PutNamespace(const model::Namespace& value, model::Revision revision) {
  NamespaceNode* node =
      view_.namespace_ids_.Find(value.id.hash(), [&](const NamespaceNode& other) { return other.id == value.id; });
  const auto* state = new NamespaceState{value, revision};
  if (node != nullptr) {
    const NamespaceState* old = node->current.exchange(state, std::memory_order_seq_cst);
    node->soa_ttl_now.store(value.soa_ttl, std::memory_order_relaxed);
    RaiseTo(node->last_change, revision);
    view_.domain_.Retire(old);
    return;
  }
  node = new NamespaceNode();
  node->id = value.id;
  node->type = value.type;
  node->http_name = value.http_name;
  node->current.store(state, std::memory_order_release);
  node->soa_ttl_now.store(value.soa_ttl, std::memory_order_relaxed);
  node->last_change.store(revision, std::memory_order_release);
  if (value.has_dns()) node->apex = model::OwnerName::Parse(value.name).value().wire();
  {
    const std::lock_guard lock(view_.catalog_mutex_);
    view_.namespaces_.emplace(value.id, View::NamespaceEntry{node});
  }
  if (value.has_dns()) {
    AddAncestors(node->apex, 1);
    view_.zones_.Insert(view_.HashName(node->apex), node);
    if (view_.ready()) RefreshAlone();
  }
  view_.namespace_ids_.Insert(value.id.hash(), node);
  view_.http_names_.Insert(view_.HashName(node->http_name), node);
}

void Edit::EraseNamespace(const model::NamespaceId& id) {
  NamespaceNode* node = NamespaceOf(id);
  view_.http_names_.Erase(view_.HashName(node->http_name), node);
  view_.namespace_ids_.Erase(id.hash(), node);
  if (!node->apex.empty()) {
    view_.zones_.Erase(view_.HashName(node->apex), node);
    DropAncestors(node->apex, 1);
    RefreshAlone();
  }
  {
    const std::lock_guard lock(view_.catalog_mutex_);
    view_.namespaces_.erase(id);
  }
  view_.domain_.Retire(static_cast<const NamespaceNode*>(node));
}

void Edit::AddAncestors(std::string_view wire, std::size_t keep_octets) {
  while (true) {
    wire.remove_prefix(static_cast<unsigned char>(wire[0]) + 1);
    if (wire.size() <= keep_octets) return;
    const std::uint64_t hash = view_.HashName(wire);
    auto* ancestor = view_.ancestors_.Find(hash, [&](const View::Ancestor& other) { return other.wire == wire; });
    if (ancestor == nullptr) {
      ancestor = new View::Ancestor{std::string(wire), 0};
      view_.ancestors_.Insert(hash, ancestor);
    }
    ++ancestor->below;
  }
}

void Edit::DropAncestors(std::string_view wire, std::size_t keep_octets) {
  while (true) {
    wire.remove_prefix(static_cast<unsigned char>(wire[0]) + 1);
    if (wire.size() <= keep_octets) return;
    const std::uint64_t hash = view_.HashName(wire);
    auto* ancestor = view_.ancestors_.Find(hash, [&](const View::Ancestor& other) { return other.wire == wire; });
    assert(ancestor != nullptr);
    if (--ancestor->below == 0) {
      view_.ancestors_.Erase(hash, ancestor);
      view_.domain_.Retire(static_cast<const View::Ancestor*>(ancestor));
    }
  }
}

void Edit::RefreshAlone() {
  std::set<const NamespaceNode*> crowded;
  view_.zones_.ForAll([&](const NamespaceNode* zone) {
    for (std::string_view wire = zone->apex;; wire.remove_prefix(static_cast<unsigned char>(wire[0]) + 1)) {
      view_.zones_.ForEach(view_.HashName(wire), [&](const NamespaceNode& other) {
        if (&other != zone && other.apex == wire) crowded.insert(&other);
      });
      if (wire[0] == 0) return;
    }
  });
  for (const std::string& apex : view_.foreign_zones_.apexes) {
    for (std::string_view wire = apex;; wire.remove_prefix(static_cast<unsigned char>(wire[0]) + 1)) {
      view_.zones_.ForEach(view_.HashName(wire), [&](const NamespaceNode& zone) {
        if (zone.apex == wire) crowded.insert(&zone);
      });
      if (wire[0] == 0) break;
    }
  }
  view_.zones_.ForAll(
      [&](NamespaceNode* zone) { zone->alone.store(!crowded.contains(zone), std::memory_order_release); });
}

}  // namespace waypost::view
