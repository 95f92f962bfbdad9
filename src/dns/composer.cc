#include "dns/composer.h"

#include <cstring>

#include "waypost/model/owner_name.h"

namespace waypost::dns {
namespace {

using view::Member;

constexpr std::uint32_t kApiTtl = 60;  // seconds
constexpr std::uint32_t kNameserverTtl = 3600;
constexpr std::uint32_t kSoaRefresh = 7200;
constexpr std::uint32_t kSoaRetry = 900;
constexpr std::uint32_t kSoaExpire = 1209600;
constexpr std::string_view kNameserverLabel("\003ns1", 4);
constexpr std::string_view kHostmasterLabel("\012hostmaster", 11);

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
Prefixed OwnNameserver(const Zone& zone) { return {zone.is_api ? std::string_view("") : kNameserverLabel, zone.apex}; }

}  // namespace

Composer::Composer(const Sources& sources, const Query& query, const Asker& asker, Response& response)
    : sources_(sources),
      query_(query),
      asker_(asker),
      response_(response),
      client_(asker.client, sources.policy.private_networks()) {}

Place Composer::Find(std::string_view name) {
  return Locate(sources_.view, sources_.policy, client_, name, sources_.view.HashName(name));
}

bool Composer::IsDsAtApex(const Place& place) const {
  return query_.type == Type::kDs && place.zone.apex == query_.name() && query_.name_length > 1;
}

void Composer::AnswerName() {
  Place place = Locate(sources_.view, sources_.policy, client_, query_.name(), query_.hash);
  if (IsDsAtApex(place)) {
    // DS belongs to the parent's side of a cut (RFC 4035 3.1.4.1), which has none to show.
    const Place parent = Find(query_.name().substr(static_cast<std::uint8_t>(query_.folded[0]) + 1U));
    if (parent.found != Found::kOutside && parent.found != Found::kForbidden) {
      place.found = Found::kEmpty;
      place.zone = parent.zone;
    }
  }
  if (place.found == Found::kOutside || place.found == Found::kForbidden) {
    Refuse(place.found);
  } else {
    Follow(place);
  }
}

void Composer::AnswerService(const view::ServiceNode& service, const view::ServiceState& state) {
  Place place;
  place.found = Found::kService;
  place.zone = ZoneOf(service.in());
  place.service = &service;
  place.state = &state.answering();
  Follow(place);
}

void Composer::Refuse(Found found) {
  if (found == Found::kOutside && sources_.policy.outside() == Outside::kNxDomain && client_.is_private()) {
    // With AA, because stubs such as Docker's ask the next server otherwise.
    response_.set_authoritative();
    response_.set_rcode(Rcode::kNxDomain);
    return;
  }
  response_.set_rcode(Rcode::kRefused);
  response_.set_extended_error(found == Found::kForbidden ? ExtendedError::kProhibited
                                                          : ExtendedError::kNotAuthoritative);
}

void Composer::Follow(Place& place) {
  response_.set_authoritative();
  std::array<const view::ServiceNode*, kChainMax> passed;
  NameAt owner = kQuestionName;
  for (unsigned hops = 0; hops < kChainMax; ++hops) {
    passed[hops] = place.service;
    const Member* cname = AnswerAt(place, owner);
    if (cname == nullptr) return;
    place = Find(cname->target_wire());
    if (place.found == Found::kOutside || place.found == Found::kForbidden) return;
    for (unsigned i = 0; place.found == Found::kService && i <= hops; ++i) {
      if (passed[i] == place.service) return;
    }
    owner = next_owner_;
  }
}

const Member* Composer::AnswerAt(const Place& place, NameAt owner) {
  switch (place.found) {
    case Found::kService:
      return AnswerAtService(place, owner);
    case Found::kTargets:
      AnswerTargets(place, owner);
      break;
    case Found::kApex:
      AnswerApex(place.zone, owner);
      break;
    case Found::kNameserver:
      if (!AddAskedAddress(owner, query_.type, kNameserverTtl)) NoData(place.zone);
      break;
    case Found::kApi:
      AnswerApi(place, owner);
      break;
    case Found::kEmpty:
      NoData(place.zone);
      break;
    case Found::kNothing:
      response_.set_rcode(Rcode::kNxDomain);
      NoData(place.zone);
      break;
    case Found::kOutside:
    case Found::kForbidden:
      break;  // the caller has dealt with them
  }
  return nullptr;
}

void Composer::NoData(const Zone& zone) { AddSoa(zone, Response::Section::kAuthority); }

void Composer::AddSoa(const Zone& zone, Response::Section section) {
  const auto& configured = sources_.policy.nameservers();
  const Prefixed own = OwnNameserver(zone);
  const Prefixed hostmaster(kHostmasterLabel, zone.apex);
  const auto primary = response_.Pack(configured.empty() ? own.wire() : std::string_view(configured.front()));
  const auto mailbox = response_.Pack(hostmaster.wire());
  NameAt owner = response_.Find(zone.apex);
  if (owner == 0) owner = kQuestionName;  // not reached: the name that was looked up is in the message
  response_.set_section(section);
  std::uint8_t* at = response_.Add(owner, Type::kSoa, zone.soa_ttl, primary.size + mailbox.size + 20);
  if (at == nullptr) return response_.set_truncated();
  std::memcpy(at, primary.octets.data(), primary.size);
  at += primary.size;
  std::memcpy(at, mailbox.octets.data(), mailbox.size);
  at += mailbox.size;
  for (const std::uint32_t number : {zone.serial, kSoaRefresh, kSoaRetry, kSoaExpire, zone.soa_ttl}) {
    Store32(at, number);
    at += 4;
  }
}

void Composer::AnswerApex(const Zone& zone, NameAt owner) {
  if (query_.type == Type::kSoa || query_.type == Type::kAny) {
    AddSoa(zone, Response::Section::kAnswer);
  } else if (query_.type == Type::kNs) {
    AddNameservers(zone, owner);
  } else {
    NoData(zone);
  }
}

void Composer::AddNameservers(const Zone& zone, NameAt owner) {
  for (const std::string& name : sources_.policy.nameservers()) AddNameserver(name, owner);
  if (!sources_.policy.nameservers().empty()) return;
  const NameAt target = AddNameserver(OwnNameserver(zone).wire(), owner);
  if (target == 0) return;
  response_.set_section(Response::Section::kAdditional);
  AddAskedAddress(target, Type::kAny, kNameserverTtl);
}

NameAt Composer::AddNameserver(std::string_view name, NameAt owner) {
  const auto packed = response_.Pack(name);
  std::uint8_t* at = response_.Add(owner, Type::kNs, kNameserverTtl, packed.size);
  if (at == nullptr) {
    response_.set_truncated();
    return 0;
  }
  std::memcpy(at, packed.octets.data(), packed.size);
  return packed.literal == 0 ? response_.Find(name) : static_cast<NameAt>(response_.offset() - packed.size);
}

void Composer::AnswerApi(const Place& place, NameAt owner) {
  if (query_.type == Type::kSoa || query_.type == Type::kNs) return AnswerApex(place.zone, owner);
  const auto& addresses = sources_.policy.api_addresses();
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
