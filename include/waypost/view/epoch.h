#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>

namespace waypost::view {

/// Epoch-based reclamation for few fixed reader threads and one publisher: readers enter and leave read sections
/// without locks; what the publisher unlinks is freed when every section that could still see it has ended.
///
/// A reader stores the epoch it entered at into a cache line of its own; the publisher moves the epoch on and frees
/// what was retired before the oldest section. Everything is std::atomic with seq_cst where the order between "I am in"
/// and "what do I see" matters, so ThreadSanitizer follows it.
class EpochDomain {
 public:
  static constexpr unsigned kReadersMax = 256;

  EpochDomain() = default;
  EpochDomain(const EpochDomain&) = delete;
  EpochDomain& operator=(const EpochDomain&) = delete;
  /// No reader may be inside a section any more. Frees everything retired.
  ~EpochDomain();

  /// Publisher only. `free(object)` runs when no section can see the object; unlink it before.
  void Retire(void* object, void (*free)(void*));
  template <class T>
  void Retire(const T* object) {
    Retire(const_cast<T*>(object), [](void* p) { T::Destroy(static_cast<T*>(p)); });
  }
  /// Publisher only: frees what can be freed by now. Never waits.
  void Collect();

 private:
  friend class Reader;
  friend class ReadSection;
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> entered{0};  // 0: outside
    std::atomic<bool> taken{false};
  };
  struct Retired {
    void* object;
    void (*free)(void*);
    std::uint64_t epoch;
  };

  std::atomic<std::uint64_t> epoch_{1};
  std::array<Slot, kReadersMax> slots_;
  std::deque<Retired> retired_;
};

/// One thread's place in a domain. Made and destroyed by its thread's owner; used by one thread at a time.
class Reader {
 public:
  /// Aborts when more than kReadersMax readers exist at once: threads are few and fixed.
  explicit Reader(EpochDomain& domain);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

 private:
  friend class ReadSection;
  EpochDomain& domain_;
  EpochDomain::Slot* slot_;
};

/// While it lives, everything reachable from a view stays valid. Short, not nested, never across a co_await.
class ReadSection {
 public:
  explicit ReadSection(Reader& reader) : slot_(reader.slot_) {
    slot_->entered.exchange(reader.domain_.epoch_.load(std::memory_order_seq_cst), std::memory_order_seq_cst);
  }
  ~ReadSection() { slot_->entered.store(0, std::memory_order_release); }
  ReadSection(const ReadSection&) = delete;
  ReadSection& operator=(const ReadSection&) = delete;

 private:
  EpochDomain::Slot* slot_;
};

}  // namespace waypost::view
