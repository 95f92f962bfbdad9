#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>

#include "waypost/view/epoch.h"
#include "waypost/view/hash_index.h"
#include "waypost/view/member.h"

namespace waypost::view {

class ServiceNode;

/// Which instances are registered with an address. Readers walk a list an address without locks. Adding is O(1);
/// removing and reading are O(instances at that address).
class AddressIndex {
 public:
  explicit AddressIndex(EpochDomain& domain) : domain_(domain), places_(domain) {}
  ~AddressIndex();
  AddressIndex(const AddressIndex&) = delete;
  AddressIndex& operator=(const AddressIndex&) = delete;

  /// Section. Calls `visit(service, member)` for each member with this address (4 or 16 octets in network order), the
  /// latest first, until it returns true. Returns whether it did.
  template <class Visit>
  bool Find(std::span<const std::uint8_t> address, Visit visit) const {
    const Place* place = FindPlace(address);
    if (place == nullptr) return false;
    for (const Link* at = place->first.load(std::memory_order_acquire); at != nullptr;
         at = at->next.load(std::memory_order_acquire)) {
      if (visit(*at->service, *at->member)) return true;
    }
    return false;
  }

  // The editor's. Add may come from several threads while a view is loaded.
  void Add(const ServiceNode& service, const Member& member);
  void Remove(const Member& member);

 private:
  struct Link {
    const ServiceNode* service;
    const Member* member;
    std::atomic<Link*> next;
    static void Destroy(Link* link) { delete link; }
  };
  struct Place {
    std::array<std::uint8_t, 16> octets;
    std::uint8_t length;
    std::atomic<Link*> first{nullptr};
    static void Destroy(Place* place) { delete place; }
  };

  static std::uint64_t Hash(std::span<const std::uint8_t> address);
  Place* FindPlace(std::span<const std::uint8_t> address) const;
  void AddAt(std::span<const std::uint8_t> address, const ServiceNode& service, const Member& member);
  void RemoveAt(std::span<const std::uint8_t> address, const Member& member);

  EpochDomain& domain_;
  HashIndex<Place> places_;
  std::mutex mutex_;
};

}  // namespace waypost::view
