#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "waypost/view/epoch.h"

namespace waypost::view {

/// A hash table from 64-bit hashes to nodes: any number of lock-free readers, one writer. 16-byte slots, linear
/// probing; several nodes may share a hash, so callers compare the key. The nodes belong to the caller.
template <class Node>
class HashIndex {
 public:
  explicit HashIndex(EpochDomain& domain) : domain_(domain), table_(Table::Make(kSlotsMin)) {}
  ~HashIndex() { Table::Destroy(table_.load()); }
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;

  /// Asks the CPU for the slot where `hash` would be.
  void Prefetch(std::uint64_t hash) const {
    const Table* table = table_.load(std::memory_order_acquire);
    __builtin_prefetch(&table->slots[Usable(hash) & table->mask]);
  }

  /// The first node stored under `hash`, without a look at the node itself: the caller checks that it is the one.
  const Node* Candidate(std::uint64_t hash) const {
    return Find(hash, [](const Node&) { return true; });
  }

  /// The node under `hash` for which `same(node)` holds, or null. Inside a read section (or on the writer).
  template <class Same>
  Node* Find(std::uint64_t hash, Same same) const {
    hash = Usable(hash);
    const Table* table = table_.load(std::memory_order_acquire);
    for (std::uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
      const Slot& slot = table->slots[at];
      const std::uint64_t seen = slot.hash.load(std::memory_order_acquire);
      if (seen == 0) return nullptr;
      if (seen != hash) continue;
      Node* node = slot.node.load(std::memory_order_acquire);
      if (node != nullptr && same(*node)) return node;
    }
  }

  /// Calls `visit(node)` for each node under `hash`.
  template <class Visit>
  void ForEach(std::uint64_t hash, Visit visit) const {
    Find(hash, [&](const Node& node) {
      visit(node);
      return false;
    });
  }

  /// Writer only: every node, in no order.
  template <class Visit>
  void ForAll(Visit visit) const {
    const Table* table = table_.load(std::memory_order_relaxed);
    for (std::uint64_t at = 0; at <= table->mask; ++at) {
      Node* node = table->slots[at].node.load(std::memory_order_relaxed);
      if (node != nullptr) visit(node);
    }
  }

  /// Writer only. The node must be complete: readers may see it at once.
  void Insert(std::uint64_t hash, Node* node) {
    if ((used_ + 1) * 4 > (mask() + 1) * 3) Rebuild();
    used_ += Place(*table_.load(std::memory_order_relaxed), Usable(hash), node) ? 1 : 0;
    ++size_;
  }

  /// Writer only. The caller retires the node.
  void Erase(std::uint64_t hash, const Node* node) {
    hash = Usable(hash);
    Table* table = table_.load(std::memory_order_relaxed);
    for (std::uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
      Slot& slot = table->slots[at];
      const std::uint64_t seen = slot.hash.load(std::memory_order_relaxed);
      if (seen == 0) return;
      if (seen == hash && slot.node.load(std::memory_order_relaxed) == node) {
        slot.node.store(nullptr, std::memory_order_release);  // the hash stays, so that probing goes on behind it
        --size_;
        return;
      }
    }
  }

  /// Writer only. Another node takes the place of one that is there: readers find the one or the other, never none, as
  /// they might between Insert and Erase. The caller retires the old one.
  void Replace(std::uint64_t hash, const Node* old, Node* node) {
    hash = Usable(hash);
    Table* table = table_.load(std::memory_order_relaxed);
    for (std::uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
      Slot& slot = table->slots[at];
      const std::uint64_t seen = slot.hash.load(std::memory_order_relaxed);
      if (seen == 0) return;
      if (seen == hash && slot.node.load(std::memory_order_relaxed) == old) {
        slot.node.store(node, std::memory_order_release);
        return;
      }
    }
  }

  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kSlotsMin = 64;

  struct Slot {
    std::atomic<std::uint64_t> hash;  // 0: never used
    std::atomic<Node*> node;          // null: erased
  };
  struct Table {
    std::uint64_t mask;
    Slot* slots;  // behind this header

    static Table* Make(std::size_t count) {
      // calloc, because a large table then costs memory only where it is touched.
      void* memory = std::calloc(1, sizeof(Table) + count * sizeof(Slot));
      if (memory == nullptr) throw std::bad_alloc();
      auto* table = static_cast<Table*>(memory);
      table->mask = count - 1;
      table->slots = reinterpret_cast<Slot*>(table + 1);
      return table;
    }
    static void Destroy(Table* table) { std::free(table); }
  };

  static std::uint64_t Usable(std::uint64_t hash) { return hash == 0 ? 1 : hash; }
  std::size_t mask() const { return table_.load(std::memory_order_relaxed)->mask; }

  /// True when a slot was taken that had never been used.
  static bool Place(Table& table, std::uint64_t hash, Node* node) {
    for (std::uint64_t at = hash & table.mask;; at = (at + 1) & table.mask) {
      Slot& slot = table.slots[at];
      if (slot.node.load(std::memory_order_relaxed) != nullptr) continue;
      const bool fresh = slot.hash.load(std::memory_order_relaxed) == 0;
      slot.node.store(node, std::memory_order_release);
      slot.hash.store(hash, std::memory_order_release);
      return fresh;
    }
  }

  void Rebuild() { Grow(std::bit_ceil(std::max(kSlotsMin, (size_ + 1) * 2))); }

  void Grow(std::size_t slots) {
    Table* old = table_.load(std::memory_order_relaxed);
    Table* bigger = Table::Make(slots);
    for (std::uint64_t at = 0; at <= old->mask; ++at) {
      Node* node = old->slots[at].node.load(std::memory_order_relaxed);
      if (node != nullptr) Place(*bigger, old->slots[at].hash.load(std::memory_order_relaxed), node);
    }
    used_ = size_;
    table_.store(bigger, std::memory_order_release);
    domain_.Retire(static_cast<const Table*>(old));
  }

  EpochDomain& domain_;
  std::atomic<Table*> table_;
  std::size_t used_ = 0;  // slots with a hash, erased ones included
  std::size_t size_ = 0;  // nodes
};

}  // namespace waypost::view
