// Records of services: the address, server and CNAME sets, and the names that SRV records point to.
#include <algorithm>
#include <cstring>

#include "dns/composer.h"
#include "waypost/dns/namespace_zone.h"
#include "waypost/dns/target_name.h"
#include "waypost/model/owner_name.h"

namespace waypost::dns {
namespace {

using model::RecordType;
using view::Chunk;
using view::Member;
using view::ServiceState;

constexpr std::uint32_t kNoRecord = ServiceState::kNoRecord;
constexpr std::uint32_t kAnyLimit = 8;  // an answer to ANY stays small (RFC 8482 4.1)
constexpr std::size_t kIpv4Record = Response::kRecordPrefix + 4;
constexpr std::size_t kIpv6Record = Response::kRecordPrefix + 16;
constexpr std::size_t kServerFixed = 6;  // priority, weight, port
constexpr std::size_t kServerTargetsMax = kPointerEnd / (Response::kRecordPrefix + kServerFixed + 4);
constexpr std::uint32_t kAskedTtl = 60;  // of our own addresses, seconds

}  // namespace

Composer::Chosen Composer::Choose(const ServiceState& state, Type asked) const {
  const Chosen all[] = {{Type::kA, state.ttl(RecordType::kA)},
                        {Type::kAaaa, state.ttl(RecordType::kAaaa)},
                        {Type::kSrv, state.ttl(RecordType::kSrv)},
                        {Type::kCname, state.ttl(RecordType::kCname)}};
  for (const Chosen& chosen : all) {
    if (chosen.ttl != kNoRecord && (asked == chosen.type || asked == Type::kAny)) return chosen;
  }
  return {asked, kNoRecord};
}

std::uint32_t Composer::ClientZone(const ServiceState& state) const {
  return state.zone_affinity() ? sources_.world.policy.ZoneOf(asker_.client) : 0;
}

std::uint32_t Composer::LimitFor(const ServiceState& state) const {
  return query_.type == Type::kAny ? std::min(state.answer_limit(), kAnyLimit) : state.answer_limit();
}

Composer::Next Composer::AnswerAtService(const Place& place, NameAt owner) {
  const ServiceState& state = *place.state;
  const std::uint32_t cname_ttl = state.ttl(RecordType::kCname);
  if (state.count() != 0 && cname_ttl != kNoRecord) {
    const std::size_t before = response_.offset();
    NameAt target = 0;
    const Member* member = AddCname(state, owner, cname_ttl, &target);
    if (member == nullptr && response_.offset() == before && !response_.truncated()) NoData(place.zone);
    const bool stay = query_.type == Type::kCname || query_.type == Type::kAny || target == 0 || member == nullptr;
    return stay ? Next{} : Next{member->target_wire(), target};
  }
  const Chosen chosen = Choose(state, query_.type);
  if (state.count() == 0 || chosen.ttl == kNoRecord) {
    NoData(place.zone);
    return {};
  }
  const std::size_t before = response_.offset();
  AddSet(place, owner, chosen);
  const bool settled = response_.rcode() != Rcode::kNoError || response_.truncated() || !wanted_.empty();
  if (response_.offset() == before && !settled) NoData(place.zone);
  return {};
}

void Composer::AddSet(const Place& place, NameAt owner, Chosen chosen) {
  if (chosen.type == Type::kSrv) {
    AddServers(place, owner, chosen.ttl);
  } else {
    AddAddresses(place, owner, chosen);
  }
}

void Composer::DrawInto(const ServiceState& state, std::size_t record_octets) {
  const std::uint32_t zone = ClientZone(state);
  if (state.weighted()) {
    sources_.picks.index[0] = DrawOne(state, zone, sources_.random);
    sources_.picks.count = sources_.picks.index[0] == kNobody ? 0 : 1;
    return;
  }
  // One more than fits is enough to know that the answer was cut.
  const auto fitting = static_cast<std::uint32_t>(response_.left() / record_octets + 1);
  DrawMany(state, zone, std::min(LimitFor(state), fitting), sources_.random, sources_.picks);
}

void Composer::AddFromOneChunk(const ServiceState& state, NameAt owner, std::uint32_t ttl, std::uint32_t limit) {
  const Chunk& chunk = state.chunk(0);
  const std::uint64_t served = chunk.served() & chunk.all();
  std::uint8_t drawn[Chunk::kMembersMax];
  const std::uint32_t count = DrawFromBits(served != 0 ? served : chunk.everyone(), limit, sources_.random, drawn);
  const std::uint32_t* addresses = chunk.ipv4();
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t address = addresses[drawn[i]];
    if (address == 0) continue;  // a member that has none
    std::uint8_t* at = response_.Add(owner, Type::kA, ttl, 4);
    if (at == nullptr) return response_.set_truncated();
    std::memcpy(at, &address, 4);
  }
}

void Composer::AddAddresses(const Place& place, NameAt owner, Chosen chosen) {
  const ServiceState& state = *place.state;
  if (chosen.type == Type::kA && state.chunk_count() == 1 && !state.weighted() && !state.zone_affinity()) {
    return AddFromOneChunk(state, owner, chosen.ttl, LimitFor(state));
  }
  DrawInto(state, chosen.type == Type::kA ? kIpv4Record : kIpv6Record);
  for (std::uint32_t i = 0; i < sources_.picks.count; ++i) {
    const Member& member = state.member(sources_.picks.index[i]);
    if (member.Has(Member::kHasAlias)) return AddAlias(member, owner, chosen.type);
    if (!AddMemberAddress(member, owner, chosen.type, chosen.ttl)) return response_.set_truncated();
  }
}

bool Composer::AddMemberAddress(const Member& member, NameAt owner, Type type, std::uint32_t ttl) {
  if (!member.Has(type == Type::kA ? Member::kHasIpv4 : Member::kHasIpv6)) return true;
  return AddAddress(owner, type, ttl, type == Type::kA ? member.ipv4() : member.ipv6());
}

void Composer::AddServers(const Place& place, NameAt owner, std::uint32_t ttl) {
  const ServiceState& state = *place.state;
  const std::string_view service = place.service->owner_wire();
  DrawInto(state, Response::kRecordPrefix + kServerFixed + 2 + service.size());
  AddPicked(state, service, owner, ttl);
}

void Composer::AddPicked(const ServiceState& state, std::string_view base, NameAt owner, std::uint32_t ttl) {
  Picks& picks = sources_.picks;
  // Picks that were written move to the front, beside the places of their targets.
  std::uint32_t written = 0;
  std::array<NameAt, kServerTargetsMax> targets;
  for (std::uint32_t i = 0; i < picks.count; ++i) {
    NameAt target = 0;
    if (!AddServer(state.member(picks.index[i]), base, owner, ttl, &target)) return response_.set_truncated();
    if (target == 0 || written == targets.size()) continue;
    targets[written] = target;
    picks.index[written++] = picks.index[i];
  }
  response_.set_section(Response::Section::kAdditional);
  for (std::uint32_t i = 0; i < written; ++i) AddTargetAddresses(state.member(picks.index[i]), targets[i], ttl);
}

bool Composer::AddServer(const Member& member, std::string_view base, NameAt owner, std::uint32_t ttl, NameAt* target) {
  std::uint8_t labels[model::kMaxNameOctets];
  const std::size_t length = WriteTargetName(member, base, labels);
  if (length + base.size() > model::kMaxNameOctets) return true;  // no name could be made for it
  std::uint8_t* at = response_.Add(owner, Type::kSrv, ttl, kServerFixed + length + base.size());
  if (at == nullptr) return false;
  Store16(at, member.priority() != 0 ? member.priority() : NamespaceZone::kServerPriority);
  Store16(at + 2, member.weight());
  Store16(at + 4, member.port());
  std::memcpy(at + kServerFixed, labels, length);
  std::memcpy(at + kServerFixed + length, base.data(), base.size());
  const std::size_t place = response_.offset() - length - base.size();
  *target = place < kPointerEnd ? static_cast<NameAt>(place) : 0;
  return true;
}

void Composer::AddTargetAddresses(const Member& member, NameAt owner, std::uint32_t ttl) {
  // Dropped silently where they do not fit: a client can ask for them.
  AddMemberAddress(member, owner, Type::kA, ttl);
  AddMemberAddress(member, owner, Type::kAaaa, ttl);
}

void Composer::AnswerTargets(const Place& place, NameAt owner, std::uint32_t ttl) {
  const auto add = [&](Type type) {
    for (std::uint32_t i = 0; i < place.member_count; ++i) {
      if (!AddMemberAddress(*place.members[i], owner, type, ttl)) response_.set_truncated();
    }
  };
  const std::size_t before = response_.offset();
  if (query_.type == Type::kA || query_.type == Type::kAny) add(Type::kA);
  const bool any_done = query_.type == Type::kAny && response_.offset() != before;
  if ((query_.type == Type::kAaaa || query_.type == Type::kAny) && !any_done) add(Type::kAaaa);
  if (response_.offset() == before && !response_.truncated()) NoData(place.zone);
}

const Member* Composer::AddCname(const ServiceState& state, NameAt owner, std::uint32_t ttl, NameAt* target) {
  *target = 0;
  const std::uint32_t drawn = DrawOne(state, ClientZone(state), sources_.random);
  if (drawn == kNobody) return nullptr;
  const Member& member = state.member(drawn);
  const auto packed = response_.Pack(member.target_wire());
  std::uint8_t* at = response_.Add(owner, Type::kCname, ttl, packed.size);
  if (at == nullptr) {
    response_.set_truncated();
    return nullptr;
  }
  std::memcpy(at, packed.octets.data(), packed.size);
  response_.Remember(member.target_wire(), at, packed.literal);
  *target = response_.Find(member.target_wire());
  return &member;
}

void Composer::AddAlias(const Member& member, NameAt owner, Type type) {
  std::string_view name = member.target_wire();
  for (unsigned hop = 0; hop < kChainMax; ++hop) {
    const Place place = Find(name);
    switch (place.found) {
      case Found::kOutside:
        if (sources_.outside != nullptr) return AddOutsideAddresses(name, owner, type);
        return Fail(Rcode::kServFail, ExtendedError::kNone);
      case Found::kForbidden:
      case Found::kBroken:
        return Fail(Rcode::kServFail, ExtendedError::kNone);
      case Found::kTargets:
        for (std::uint32_t i = 0; i < place.member_count; ++i) {
          const std::uint32_t ttl = place.state->ttl(RecordType::kSrv);
          if (!AddMemberAddress(*place.members[i], owner, type, ttl)) response_.set_truncated();
        }
        return;
      case Found::kNameserver:
      case Found::kApi:
        AddAskedAddress(owner, type, kAskedTtl);
        return;
      case Found::kFixed:
        name = AddFixedAddresses(place, owner, type, hop);
        break;
      case Found::kService:
        name = AddServiceAddresses(place, owner, type);
        break;
      default:
        return;  // a name without addresses
    }
    if (name.empty()) return;
  }
  Fail(Rcode::kServFail, ExtendedError::kNone);  // a circle
}

std::string_view Composer::AddServiceAddresses(const Place& place, NameAt owner, Type type) {
  const ServiceState& state = *place.state;
  const Chosen chosen = Choose(state, type);
  const bool cname = state.ttl(RecordType::kCname) != kNoRecord;
  if (state.count() == 0 || (!cname && chosen.ttl == kNoRecord)) return {};
  if (!cname && !state.has_alias()) {
    AddAddresses(place, owner, chosen);
    return {};
  }
  const std::uint32_t drawn = DrawOne(state, ClientZone(state), sources_.random);
  if (drawn == kNobody) return {};
  const Member& next = state.member(drawn);
  if (next.Has(Member::kHasAlias) || cname) return next.target_wire();
  if (!AddMemberAddress(next, owner, type, chosen.ttl)) response_.set_truncated();
  return {};
}

}  // namespace waypost::dns
