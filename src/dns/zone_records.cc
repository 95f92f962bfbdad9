// What every zone has: SOA, NS, negative answers, and the names that are made for the server itself.
#include <cstring>

#include "dns/composer.h"
#include "waypost/dns/namespace_zone.h"
#include "waypost/model/owner_name.h"

namespace waypost::dns {
namespace {

constexpr std::uint32_t kApiTtl = 60;    // seconds
constexpr std::size_t kSoaNumbers = 20;  // serial, refresh, retry, expire, minimum

/// `label` in front of `apex`, in a buffer of its own; the apex alone where that would be too long.
class Prefixed {
 public:
  Prefixed(std::string_view label, std::string_view apex) {
    if (label.size() + apex.size() > sizeof octets_) label = "";
    std::memcpy(octets_, label.data(), label.size());
    std::memcpy(octets_ + label.size(), apex.data(), apex.size());
    size_ = label.size() + apex.size();
  }
  std::string_view wire() const { return {octets_, size_}; }

 private:
  char octets_[model::kMaxNameOctets];
  std::size_t size_;
};

/// The name server that a zone has when none is configured.
Prefixed OwnNameserver(const Zone& zone) {
  return {zone.is_api ? std::string_view("") : NamespaceZone::kNameserver, zone.apex};
}

/// The name at the front of RDATA.
std::string_view NameIn(std::string_view rdata) {
  std::size_t length = 0;
  while (rdata[length] != 0) length += static_cast<std::uint8_t>(rdata[length]) + 1U;
  return rdata.substr(0, length + 1);
}

/// A SOA record's parts, from wherever they come.
struct Soa {
  std::string_view primary;
  std::string_view mailbox;
  std::uint32_t numbers[5];
  std::uint32_t ttl;
};

/// Takes what a static zone's SOA says; where a namespace shares the apex, the namespace rules serial and TTLs.
Soa FixedSoa(const Zone& zone, Response::Section section) {
  const auto* rrset = zone.fixed->apex_node().Find(static_cast<std::uint16_t>(Type::kSoa));
  const std::string_view rdata(reinterpret_cast<const char*>(rrset->rdata.data()) + 2, rrset->rdata.size() - 2);
  Soa soa;
  soa.primary = NameIn(rdata);
  soa.mailbox = NameIn(rdata.substr(soa.primary.size()));
  const auto* numbers = rrset->rdata.data() + rrset->rdata.size() - kSoaNumbers;
  for (unsigned i = 0; i < 5; ++i) soa.numbers[i] = Load32(numbers + std::size_t{4} * i);
  soa.numbers[0] = zone.serial;
  if (zone.merged) soa.numbers[4] = zone.soa_ttl;
  soa.ttl = zone.merged || section == Response::Section::kAuthority ? zone.soa_ttl : rrset->ttl;
  return soa;
}

}  // namespace

void Composer::NoData(const Zone& zone) { AddSoa(zone, Response::Section::kAuthority); }

void Composer::AddSoa(const Zone& zone, Response::Section section) {
  const auto& configured = sources_.world.policy.nameservers();
  const Prefixed own = OwnNameserver(zone);
  const Prefixed hostmaster(NamespaceZone::kHostmaster, zone.apex);
  Soa soa{configured.empty() ? own.wire() : std::string_view(configured.front()),
          hostmaster.wire(),
          {zone.serial, NamespaceZone::kRefresh, NamespaceZone::kRetry, NamespaceZone::kExpire, zone.soa_ttl},
          zone.soa_ttl};
  if (zone.fixed != nullptr) soa = FixedSoa(zone, section);
  const auto primary = PackSpelled(soa.primary);
  const auto mailbox = PackSpelled(soa.mailbox);
  response_.set_section(section);
  const std::size_t length = primary.size + mailbox.size + kSoaNumbers;
  std::uint8_t* at = response_.AddOwned(zone.apex, Type::kSoa, soa.ttl, length);
  if (at == nullptr) return response_.set_truncated();
  std::memcpy(at, primary.octets.data(), primary.size);
  at += primary.size;
  std::memcpy(at, mailbox.octets.data(), mailbox.size);
  at += mailbox.size;
  for (const std::uint32_t number : soa.numbers) {
    Store32(at, number);
    at += 4;
  }
}

Composer::Next Composer::AnswerApex(const Place& place, NameAt owner) {
  const Zone& zone = place.zone;
  const bool fixed_has_servers =
      zone.fixed != nullptr && zone.fixed->apex_node().Find(static_cast<std::uint16_t>(Type::kNs)) != nullptr;
  if (query_.type == Type::kSoa || query_.type == Type::kAny) {
    AddSoa(zone, Response::Section::kAnswer);
  } else if (query_.type == Type::kNs && !fixed_has_servers) {
    AddNameservers(zone, owner);
  } else if (zone.fixed != nullptr) {
    return AnswerNode(zone, zone.fixed->apex_node(), owner, 0);
  } else {
    NoData(zone);
  }
  return {};
}

void Composer::AddNameservers(const Zone& zone, NameAt owner) {
  const auto& configured = sources_.world.policy.nameservers();
  for (const std::string& name : configured) AddNameserver(name, owner);
  if (!configured.empty()) return;
  const NameAt target = AddNameserver(OwnNameserver(zone).wire(), owner);
  if (target == 0) return;
  response_.set_section(Response::Section::kAdditional);
  AddAskedAddress(target, Type::kAny, NamespaceZone::kNameserverTtl);
}

NameAt Composer::AddNameserver(std::string_view name, NameAt owner) {
  const auto packed = response_.Pack(name);
  std::uint8_t* at = response_.Add(owner, Type::kNs, NamespaceZone::kNameserverTtl, packed.size);
  if (at == nullptr) {
    response_.set_truncated();
    return 0;
  }
  std::memcpy(at, packed.octets.data(), packed.size);
  return packed.literal == 0 ? response_.Find(name) : static_cast<NameAt>(response_.offset() - packed.size);
}

void Composer::AnswerApi(const Place& place, NameAt owner) {
  if (query_.type == Type::kSoa || query_.type == Type::kNs) {
    AnswerApex(place, owner);
    return;
  }
  const auto& addresses = sources_.world.policy.api_addresses();
  bool added = false;
  for (const Address& address : addresses) {
    const Type type = address.is_v4() ? Type::kA : Type::kAaaa;
    if (query_.type != type && query_.type != Type::kAny) continue;
    added = AddAddress(owner, type, kApiTtl, address.octets.data()) || added;
  }
  if (addresses.empty()) added = AddAskedAddress(owner, query_.type, kApiTtl);
  if (!added && !response_.truncated()) NoData(place.zone);
}

bool Composer::AddAskedAddress(NameAt owner, Type type, std::uint32_t ttl) {
  const Type have = asker_.local.is_v4() ? Type::kA : Type::kAaaa;
  if (asker_.local.size == 0 || (type != have && type != Type::kAny)) return false;
  return AddAddress(owner, have, ttl, asker_.local.octets.data());
}

bool Composer::AddAddress(NameAt owner, Type type, std::uint32_t ttl, const std::uint8_t* octets) {
  const std::size_t length = type == Type::kA ? 4 : 16;
  std::uint8_t* at = response_.Add(owner, type, ttl, length);
  if (at == nullptr) return false;
  std::memcpy(at, octets, length);
  return true;
}

}  // namespace waypost::dns
