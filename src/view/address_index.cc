#include "waypost/view/address_index.h"

#include <algorithm>
#include <cassert>
#include <string_view>

#include "waypost/model/hash.h"

namespace waypost::view {
namespace {

constexpr std::size_t kIpv4Octets = 4;
constexpr std::size_t kIpv6Octets = 16;

using Octets = std::span<const std::uint8_t>;

}  // namespace

AddressIndex::~AddressIndex() {
  places_.ForAll([](Place* place) {
    for (Link* at = place->first.load(); at != nullptr;) {
      Link* next = at->next.load();
      Link::Destroy(at);
      at = next;
    }
    Place::Destroy(place);
  });
}

std::uint64_t AddressIndex::Hash(Octets address) {
  return model::Hash64({reinterpret_cast<const char*>(address.data()), address.size()});
}

AddressIndex::Place* AddressIndex::FindPlace(Octets address) const {
  return places_.Find(Hash(address), [&](const Place& place) {
    return place.length == address.size() && std::equal(address.begin(), address.end(), place.octets.begin());
  });
}

void AddressIndex::AddAt(Octets address, const ServiceNode& service, const Member& member) {
  const std::lock_guard lock(mutex_);
  Place* place = FindPlace(address);
  const bool fresh = place == nullptr;
  if (fresh) {
    place = new Place{{}, static_cast<std::uint8_t>(address.size())};
    std::copy(address.begin(), address.end(), place->octets.begin());
  }
  auto* link = new Link{&service, &member, place->first.load(std::memory_order_relaxed)};
  place->first.store(link, std::memory_order_release);
  if (fresh) places_.Insert(Hash(address), place);
}

void AddressIndex::RemoveAt(Octets address, const Member& member) {
  Place* place = FindPlace(address);
  assert(place != nullptr);
  std::atomic<Link*>* from = &place->first;
  Link* at = from->load(std::memory_order_relaxed);
  while (at->member != &member) {
    from = &at->next;
    at = from->load(std::memory_order_relaxed);
  }
  // Who stands on it goes on from it: it keeps its `next`.
  from->store(at->next.load(std::memory_order_relaxed), std::memory_order_release);
  domain_.Retire(static_cast<const Link*>(at));
  if (place->first.load(std::memory_order_relaxed) != nullptr) return;
  places_.Erase(Hash(address), place);
  domain_.Retire(static_cast<const Place*>(place));
}

void AddressIndex::Add(const ServiceNode& service, const Member& member) {
  if (member.Has(Member::kHasIpv4)) AddAt({member.ipv4(), kIpv4Octets}, service, member);
  if (member.Has(Member::kHasIpv6)) AddAt({member.ipv6(), kIpv6Octets}, service, member);
}

void AddressIndex::Remove(const Member& member) {
  if (member.Has(Member::kHasIpv4)) RemoveAt({member.ipv4(), kIpv4Octets}, member);
  if (member.Has(Member::kHasIpv6)) RemoveAt({member.ipv6(), kIpv6Octets}, member);
}

}  // namespace waypost::view
