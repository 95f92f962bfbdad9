#include "dns/composer.h"

#include "waypost/dns/namespace_zone.h"

namespace waypost::dns {

Composer::Composer(const Sources& sources, const Query& query, const Asker& asker, Response& response)
    : sources_(sources),
      query_(query),
      asker_(asker),
      response_(response),
      client_(asker.client, sources.world.policy.private_networks()) {}  // NOLINT: targets_ is filled as needed

Place Composer::Find(std::string_view name) {
  return Locate(sources_.world, client_, name, sources_.world.view.HashName(name));
}

void Composer::MoveToParent(std::string_view name, Place& place) {
  if (query_.type != Type::kDs || place.zone.apex != name || name.size() <= 1) return;
  const std::string_view above = name.substr(static_cast<std::uint8_t>(name[0]) + 1U);
  Place parent = Find(above);
  if (parent.found == Found::kOutside || parent.found == Found::kForbidden || parent.found == Found::kBroken) return;
  place.found = Found::kEmpty;
  place.zone = parent.zone;
  if (parent.zone.fixed == nullptr) return;
  const auto look = parent.zone.fixed->Look(name, sources_.world.view.HashName(name));
  if (look.match == zone::Match::kExact || look.match == zone::Match::kDelegation) {
    place.found = Found::kFixed;
    place.fixed = look;
  }
}

void Composer::AnswerName() {
  Place place = Locate(sources_.world, client_, query_.name(), query_.hash);
  MoveToParent(query_.name(), place);
  if (place.found == Found::kOutside && MayAskOutside()) {
    AnswerOutside(query_.name(), kQuestionName);
  } else if (place.found == Found::kOutside || place.found == Found::kForbidden) {
    Refuse(place.found);
  } else {
    Follow(place);
  }
}

void Composer::AnswerService(const view::ServiceNode& service) {
  Place place;
  place.found = Found::kService;
  place.zone = ZoneOf(service.in());
  place.service = &service;
  place.state = &service.Answering();
  Follow(place);
}

void Composer::Refuse(Found found) {
  if (found == Found::kOutside && sources_.world.policy.outside() == OutsideRule::kNxDomain && client_.is_private()) {
    // With AA, because stubs such as Docker's ask the next server otherwise.
    response_.set_authoritative();
    response_.set_rcode(Rcode::kNxDomain);
    return;
  }
  response_.set_rcode(Rcode::kRefused);
  response_.set_extended_error(found == Found::kForbidden ? ExtendedError::kProhibited
                                                          : ExtendedError::kNotAuthoritative);
}

void Composer::Fail(Rcode rcode, ExtendedError error) {
  response_.Restart();
  response_.set_rcode(rcode);
  response_.set_extended_error(error);
}

bool Composer::IsPassed(std::string_view name, unsigned hops) const {
  for (unsigned i = 0; i < hops; ++i) {
    if (sources_.chain.passed[i] == name) return true;
  }
  return false;
}

void Composer::Follow(Place& place) {
  response_.set_authoritative();
  Next next{query_.name(), kQuestionName};
  for (unsigned hop = 0; hop < kChainMax; ++hop) {
    sources_.chain.passed[hop] = next.name;
    sources_.chain.dnames[hop] = nullptr;
    next = AnswerAt(place, next.owner, hop);
    if (next.name.empty() || IsPassed(next.name, hop + 1)) return;
    place = Find(next.name);
    MoveToParent(next.name, place);
    if (place.found == Found::kForbidden) return;
    if (place.found == Found::kOutside) {
      if (MayAskOutside()) AnswerOutside(next.name, next.owner);
      return;
    }
  }
}

Composer::Next Composer::AnswerAt(const Place& place, NameAt owner, unsigned hop) {
  switch (place.found) {
    case Found::kService:
      return AnswerAtService(place, owner);
    case Found::kFixed:
      return AnswerFixed(place, owner, hop);
    case Found::kApex:
      return AnswerApex(place, owner);
    case Found::kTargets:
      AnswerTargets(place, owner, place.state->ttl(model::RecordType::kSrv));
      break;
    case Found::kPorts:
    case Found::kPortTarget:
      AnswerPorts(place, owner);
      break;
    case Found::kStatus:
      AnswerStatus(place, owner);
      break;
    case Found::kNameserver:
      if (!AddAskedAddress(owner, query_.type, NamespaceZone::kNameserverTtl)) NoData(place.zone);
      break;
    case Found::kApi:
      AnswerApi(place, owner);
      break;
    case Found::kAddress:
      AnswerAddress(place, owner);
      break;
    case Found::kEmpty:
      NoData(place.zone);
      break;
    case Found::kNothing:
      response_.set_rcode(Rcode::kNxDomain);
      NoData(place.zone);
      break;
    case Found::kBroken:
      Fail(Rcode::kServFail, ExtendedError::kInvalidData);
      break;
    case Found::kOutside:
    case Found::kForbidden:
      break;  // the caller has dealt with them
  }
  return {};
}

}  // namespace waypost::dns
