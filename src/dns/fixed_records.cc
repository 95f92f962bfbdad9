// Records of static zones: whole RRsets, CNAMEs and DNAMEs, referrals with glue, additional addresses.
#include <algorithm>
#include <cstring>

#include "dns/composer.h"
#include "waypost/model/owner_name.h"

namespace waypost::dns {
namespace {

using waypost::zone::Match;
using waypost::zone::Node;
using waypost::zone::RRset;

constexpr std::uint16_t Number(Type type) { return static_cast<std::uint16_t>(type); }

/// Where in a type's RDATA a name stands that is worth following or compressing.
struct NameField {
  bool has_name = false;
  bool compressed = false;  ///< only in RFC 1035's types (RFC 3597 4)
  std::size_t at = 0;
};

NameField NameFieldOf(std::uint16_t type) {
  constexpr std::uint16_t kMb = 7;
  constexpr std::uint16_t kMr = 9;
  if (type == Number(Type::kMx)) return {true, true, 2};
  if (type == Number(Type::kSrv)) return {true, false, 6};
  const bool one_name = type == Number(Type::kNs) || type == Number(Type::kCname) || type == Number(Type::kPtr) ||
                        (type >= kMb && type <= kMr);
  return {one_name, one_name, 0};
}

/// Calls `visit(rdata)` for each record, as long as that returns true.
template <class Visit>
bool ForEachRecord(const RRset& rrset, Visit visit) {
  const std::uint8_t* at = rrset.rdata.data();
  for (std::uint16_t i = 0; i < rrset.count; ++i) {
    const std::size_t length = Load16(at);
    if (!visit(std::string_view(reinterpret_cast<const char*>(at) + 2, length))) return false;
    at += 2 + length;
  }
  return true;
}

std::string_view FirstRecord(const RRset& rrset) {
  return {reinterpret_cast<const char*>(rrset.rdata.data()) + 2, Load16(rrset.rdata.data())};
}

/// A name in canonical form, in a buffer of its own.
class FoldedName {
 public:
  explicit FoldedName(std::string_view name) : size_(name.size()) {
    std::transform(name.begin(), name.end(), octets_.begin(), model::Fold);
  }
  std::string_view wire() const { return {octets_.data(), size_}; }

 private:
  std::array<char, model::kMaxNameOctets> octets_;
  std::size_t size_;
};

bool IsBelowOrAt(std::string_view name, std::string_view apex) {
  while (name.size() > apex.size()) name.remove_prefix(static_cast<std::uint8_t>(name[0]) + 1U);
  return name == apex;
}

}  // namespace

Response::PackedName Composer::PackSpelled(std::string_view spelled) const {
  return response_.Pack(FoldedName(spelled).wire(), spelled);
}

std::string_view Composer::Fold(std::string_view name, unsigned hop) {
  char* out = sources_.chain.octets[hop].data();
  std::transform(name.begin(), name.end(), out, model::Fold);
  return {out, name.size()};
}

Composer::Next Composer::AnswerFixed(const Place& place, NameAt owner, unsigned hop) {
  const Node& node = *place.fixed.node;
  switch (place.fixed.match) {
    case Match::kDelegation:
      Refer(*place.zone.fixed, node);
      return {};
    case Match::kDname:
      return AddDname(node, owner, hop);
    case Match::kExact:
      if (node.is_cut() && query_.type != Type::kDs) {
        Refer(*place.zone.fixed, node);
        return {};
      }
      break;
    case Match::kWildcard:
    case Match::kNone:
      break;
  }
  return AnswerNode(place.zone, node, owner, hop);
}

Composer::Next Composer::AnswerNode(const Zone& zone, const Node& node, NameAt owner, unsigned hop) {
  response_.set_section(Response::Section::kAnswer);
  const bool any = query_.type == Type::kAny;
  const RRset* cname = node.Find(Number(Type::kCname));
  const RRset* wanted = node.Find(Number(query_.type));
  if (cname != nullptr && wanted == nullptr && !any) {
    return AddFixedCname(*cname, FirstRecord(*cname), owner, hop);
  }
  if (any && !node.is_empty()) {
    // One RRset is enough of an answer where size matters (RFC 8482 4.1).
    const std::size_t count = asker_.transport == Transport::kUdp ? 1 : node.rrsets().size();
    for (const RRset& rrset : node.rrsets().first(count)) {
      if (!AddRRset(rrset, owner)) response_.set_truncated();
    }
  } else if (wanted == nullptr) {
    NoData(zone);
  } else if (query_.type == Type::kSoa) {
    AddSoa(zone, Response::Section::kAnswer);
  } else if (!AddRRset(*wanted, owner)) {
    response_.set_truncated();
  } else if (query_.type == Type::kNs || query_.type == Type::kMx || query_.type == Type::kSrv) {
    AddAdditional(*wanted);
  }
  return {};
}

Composer::Next Composer::AddFixedCname(const RRset& from, std::string_view spelled, NameAt owner, unsigned hop) {
  const std::string_view target = Fold(spelled, hop);
  const auto packed = response_.Pack(target, spelled);
  std::uint8_t* at = response_.Add(owner, Type::kCname, from.ttl, packed.size);
  if (at == nullptr) {
    response_.set_truncated();
    return {};
  }
  std::memcpy(at, packed.octets.data(), packed.size);
  response_.Remember(target, at, packed.literal);
  const NameAt next = response_.Find(target);
  return next == 0 ? Next{} : Next{target, next};
}

bool Composer::AddRRset(const RRset& rrset, NameAt owner) {
  target_count_ = 0;
  return ForEachRecord(rrset, [&](std::string_view rdata) { return AddRdata(rrset, rdata, owner); });
}

bool Composer::AddRdata(const RRset& rrset, std::string_view rdata, NameAt owner) {
  const auto type = static_cast<Type>(rrset.type);
  const NameField field = NameFieldOf(rrset.type);
  if (!field.compressed) {
    std::uint8_t* at = response_.Add(owner, type, rrset.ttl, rdata.size());
    if (at == nullptr) return false;
    std::memcpy(at, rdata.data(), rdata.size());
    if (field.has_name) NoteTarget(response_.offset() - rdata.size() + field.at);
    return true;
  }
  const std::string_view name = rdata.substr(field.at);
  const auto packed = PackSpelled(name);
  std::uint8_t* at = response_.Add(owner, type, rrset.ttl, field.at + packed.size);
  if (at == nullptr) return false;
  std::memcpy(at, rdata.data(), field.at);
  std::memcpy(at + field.at, packed.octets.data(), packed.size);
  if (packed.literal != 0) {
    NoteTarget(response_.offset() - packed.size);
  } else {
    NoteTarget(response_.Find(FoldedName(name).wire()));
  }
  return true;
}

void Composer::NoteTarget(std::size_t at) {
  if (target_count_ < targets_.size()) targets_[target_count_++] = at < kPointerEnd ? static_cast<NameAt>(at) : 0;
}

Composer::Next Composer::AddDname(const Node& node, NameAt owner, unsigned hop) {
  const RRset& dname = *node.Find(Number(Type::kDname));
  const std::string_view spelled = FirstRecord(dname);
  const auto& written = sources_.chain.dnames;
  const bool again = std::find(written.begin(), written.begin() + hop, &node) != written.begin() + hop;
  sources_.chain.dnames[hop] = &node;
  if (!again) {
    std::uint8_t* at = response_.AddOwned(node.owner(), Type::kDname, dname.ttl, spelled.size());
    if (at == nullptr) {
      response_.set_truncated();
      return {};
    }
    std::memcpy(at, spelled.data(), spelled.size());
  }
  const std::string_view name = sources_.chain.passed[hop];
  const std::string_view prefix = name.substr(0, name.size() - node.owner().size());
  if (prefix.size() + spelled.size() > model::kMaxNameOctets) {
    response_.set_rcode(Rcode::kYxDomain);
    return {};
  }
  std::array<char, model::kMaxNameOctets> joined;
  std::memcpy(joined.data(), prefix.data(), prefix.size());
  std::memcpy(joined.data() + prefix.size(), spelled.data(), spelled.size());
  const Next next = AddFixedCname(dname, {joined.data(), prefix.size() + spelled.size()}, owner, hop);
  return query_.type == Type::kCname || query_.type == Type::kAny ? Next{} : next;
}

void Composer::Refer(const waypost::zone::Zone& zone, const Node& cut) {
  if (!response_.has_answers()) response_.clear_authoritative();
  response_.set_section(Response::Section::kAuthority);
  const RRset& servers = *cut.Find(Number(Type::kNs));
  // A suffix of the name that was looked for, which is in the message.
  const NameAt owner = response_.Find(cut.owner());
  if (owner == 0 || !AddRRset(servers, owner)) return response_.set_truncated();
  AddGlue(zone, cut, servers);
}

void Composer::AddGlue(const waypost::zone::Zone& zone, const Node& cut, const RRset& servers) {
  response_.set_section(Response::Section::kAdditional);
  std::size_t i = 0;
  ForEachRecord(servers, [&](std::string_view spelled) {
    const NameAt owner = i < target_count_ ? targets_[i] : 0;
    ++i;
    const FoldedName name(spelled);
    if (!IsBelowOrAt(name.wire(), zone.apex())) return true;
    const Node* node = zone.Find(name.wire(), sources_.world.view.HashName(name.wire()));
    if (node == nullptr) return true;
    // Without the addresses of servers that are named inside the cut nobody could go on (RFC 9471 3).
    const bool needed = IsBelowOrAt(name.wire(), cut.owner());
    for (const Type type : {Type::kA, Type::kAaaa}) {
      const RRset* rrset = node->Find(Number(type));
      if (rrset == nullptr) continue;
      const Response::Mark mark = response_.Here();
      const bool whole = ForEachRecord(*rrset, [&](std::string_view rdata) {
        std::uint8_t* at = owner != 0 ? response_.Add(owner, type, rrset->ttl, rdata.size())
                                      : response_.AddOwned(name.wire(), type, rrset->ttl, rdata.size());
        if (at != nullptr) std::memcpy(at, rdata.data(), rdata.size());
        return at != nullptr;
      });
      if (whole) continue;
      response_.Rewind(mark);
      if (needed) response_.set_truncated();
    }
    return true;
  });
}

void Composer::AddAdditional(const RRset& rrset) {
  response_.set_section(Response::Section::kAdditional);
  const std::size_t name_at = NameFieldOf(rrset.type).at;
  const std::array<NameAt, kTargetsMax> targets = targets_;
  const std::size_t count = target_count_;
  std::array<std::string_view, kTargetsMax> seen;
  std::size_t i = 0;
  ForEachRecord(rrset, [&](std::string_view rdata) {
    if (i == count) return false;
    const std::string_view name = rdata.substr(name_at);
    const bool again = std::any_of(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(i),
                                   [&](std::string_view other) { return model::EqualFolded(other, name); });
    if (!again && name.size() > 1) AddAddressesOf(FoldedName(name).wire(), targets[i]);
    seen[i++] = name;
    return true;
  });
}

std::string_view Composer::AddFixedAddresses(const Place& place, NameAt owner, Type type, unsigned hop) {
  if (place.fixed.match != Match::kExact && place.fixed.match != Match::kWildcard) return {};
  const Node& node = *place.fixed.node;
  if (const RRset* cname = node.Find(Number(Type::kCname)); cname != nullptr) return Fold(FirstRecord(*cname), hop);
  const RRset* rrset = node.Find(Number(type));
  if (rrset != nullptr && !AddRRset(*rrset, owner)) response_.set_truncated();
  return {};
}

void Composer::AddAddressesOf(std::string_view name, NameAt owner) {
  if (owner == 0) return;
  const Place place = Find(name);
  for (const Type type : {Type::kA, Type::kAaaa}) {
    const Response::Mark mark = response_.Here();
    bool whole = true;
    if (place.found == Found::kFixed && place.fixed.match != Match::kDname) {
      const RRset* rrset = place.fixed.node->Find(Number(type));
      if (rrset == nullptr || (place.fixed.match == Match::kDelegation)) continue;
      whole = ForEachRecord(*rrset, [&](std::string_view rdata) { return AddRdata(*rrset, rdata, owner); });
    } else if (place.found == Found::kService && place.state->count() != 0 && !place.state->has_alias()) {
      const std::uint32_t ttl = place.state->ttl(type == Type::kA ? model::RecordType::kA : model::RecordType::kAaaa);
      if (ttl != view::ServiceState::kNoRecord) AddAddresses(place, owner, {type, ttl});
      whole = !response_.truncated();
    } else if (place.found == Found::kTargets) {
      const std::uint32_t ttl = place.state->ttl(model::RecordType::kSrv);
      for (std::uint32_t i = 0; i < place.member_count; ++i) {
        whole = AddMemberAddress(*place.members[i], owner, type, ttl) && whole;
      }
    }
    if (!whole) response_.Rewind(mark);
  }
}

}  // namespace waypost::dns
