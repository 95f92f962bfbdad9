#include "dns/locate.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "dns/reverse.h"
#include "waypost/dns/namespace_zone.h"
#include "waypost/dns/target_name.h"
#include "waypost/model/owner_name.h"

namespace waypost::dns {
namespace {

using view::Member;
using view::NamespaceNode;
using view::ServiceState;

constexpr std::size_t kInstanceIdMax = 64;
constexpr std::uint32_t kReverseTtl = 60;  // of negative answers, seconds

bool IsBelowOrAt(std::string_view name, std::string_view apex) {
  while (name.size() > apex.size()) name.remove_prefix(static_cast<std::uint8_t>(name[0]) + 1U);
  return name == apex;
}

/// The API name that `name` is, or lies below; null: none.
const std::string* FindApi(const AnswerPolicy& policy, std::string_view name) {
  for (const std::string& api : policy.api_names()) {
    if (IsBelowOrAt(name, api)) return &api;
  }
  return nullptr;
}

/// Labels of a name put together again to the instance id that they may be.
class JoinedId {
 public:
  /// False: no id can be made of these labels.
  bool Append(std::string_view label) {
    const std::size_t dot = length_ == 0 ? 0 : 1;
    if (length_ + dot + label.size() > kInstanceIdMax || label.find('.') != std::string_view::npos) return false;
    if (dot != 0) text_[length_++] = '.';
    std::memcpy(text_ + length_, label.data(), label.size());
    length_ += label.size();
    ++labels_;
    return true;
  }
  std::string_view str() const { return {text_, length_}; }
  bool single() const { return labels_ == 1; }

 private:
  char text_[kInstanceIdMax];
  std::size_t length_ = 0;
  unsigned labels_ = 0;
};

void AddMember(Place& place, const Member& member) {
  if (place.member_count < Place::kSameNameMax) place.members[place.member_count++] = &member;
}

/// Whether some id of several labels ends with these. O(members), only where such ids exist.
bool EndsDottedId(const ServiceState& state, std::string_view tail) {
  for (std::uint32_t i = 0; i < state.count(); ++i) {
    const std::string_view id = state.member(i).id();
    if (!state.member(i).Has(Member::kDottedId) || id.size() < tail.size() + 2) continue;
    const std::size_t at = id.size() - tail.size();
    if (id[at - 1] == '.' && model::EqualFolded(id.substr(at), tail)) return true;
  }
  return false;
}

/// Looks among the service's SRV targets for the one of this id or label.
Found FindTargets(const ServiceState& state, std::string_view owner, const JoinedId& id, Place& place) {
  state.FindByIdHash(view::IdHash(id.str()), [&](std::uint32_t index) {
    const Member& member = state.member(index);
    if (!IsNamedByLabel(member, owner) && model::EqualFolded(member.id(), id.str())) AddMember(place, member);
    return false;
  });
  const auto label_hash = id.single() ? view::IdHashOfTargetLabel(id.str()) : std::nullopt;
  if (label_hash) {
    state.FindByIdHash(*label_hash, [&](std::uint32_t index) {
      const Member& member = state.member(index);
      const auto label = view::TargetLabel(member.id());
      if (IsNamedByLabel(member, owner) && std::string_view(label.data(), label.size()) == id.str())
        AddMember(place, member);
      return false;
    });
  }
  if (place.member_count != 0) return Found::kTargets;
  return state.has_dotted_ids() && EndsDottedId(state, id.str()) ? Found::kEmpty : Found::kNothing;
}

/// The same in all that this name may be answered with: a view's own members, and those of the service that it falls
/// back to, since clients come a moment after they were told.
Found FindTargetsOf(const view::ServiceNode& node, const JoinedId& id, Place& place) {
  const view::QueryPart* query = node.query();
  const ServiceState* const states[] = {
      &node.Answering(), &node.state(),
      query != nullptr && query->fallback != nullptr ? &query->fallback->Answering() : nullptr};
  for (const ServiceState* state : states) {
    if (state == nullptr || state->ttl(model::RecordType::kSrv) == ServiceState::kNoRecord) continue;
    if (!id.single() && !state->has_dotted_ids()) continue;
    const Found found = FindTargets(*state, node.owner_wire(), id, place);
    if (found == Found::kNothing) continue;
    place.service = &node;
    place.state = state;
    return found;
  }
  return Found::kNothing;
}

/// The name as a target below one of the zone's SRV services: the nearest one that has it.
Found FindTargetsAbove(const view::View& view, const NamespaceNode& zone, std::string_view name, Place& place) {
  JoinedId id;
  while (name.size() > zone.apex.size()) {
    const std::size_t length = static_cast<std::uint8_t>(name[0]);
    if (!id.Append(name.substr(1, length))) break;
    name.remove_prefix(length + 1);
    if (name.size() <= zone.apex.size()) break;
    const view::ServiceNode* node = view.FindName(name, view.HashName(name), &zone);
    const Found found = node != nullptr ? FindTargetsOf(*node, id, place) : Found::kNothing;
    if (found != Found::kNothing) return found;
  }
  return Found::kNothing;
}

std::string_view FirstLabel(std::string_view name) { return name.substr(1, static_cast<std::uint8_t>(name[0])); }
std::string_view Above(std::string_view name) { return name.substr(static_cast<std::uint8_t>(name[0]) + 1U); }
bool IsTransport(std::string_view label) { return label == "_tcp" || label == "_udp"; }

/// A port in decimal; 0: none.
std::uint32_t PortOf(std::string_view text) {
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port <= 65535 ? port : 0;
}

/// A service of this zone at `name`, noted in `place`.
bool FindServiceAt(const view::View& view, const NamespaceNode& zone, std::string_view name, Place& place) {
  if (name.size() <= zone.apex.size()) return false;
  const view::ServiceNode* node = view.FindName(name, view.HashName(name), &zone);
  if (node == nullptr) return false;
  place.service = node;
  place.state = &node->Answering();
  return true;
}

/// Names that every service has below it: `_http._tcp`, `_8080._tcp`, where these lead (`<id>._tcp`), and `_status`.
Found FindBelowService(const World& world, Client& client, const NamespaceNode& zone, std::string_view name,
                       Place& place) {
  const std::string_view label = FirstLabel(name);
  const std::string_view above = Above(name);
  if (label == "_status") {
    if (!world.policy.status_networks().Contains(client.address())) return Found::kNothing;
    return FindServiceAt(world.view, zone, above, place) ? Found::kStatus : Found::kNothing;
  }
  if (IsTransport(label)) return FindServiceAt(world.view, zone, above, place) ? Found::kEmpty : Found::kNothing;
  if (above.size() <= zone.apex.size()) return Found::kNothing;
  if (label.size() > 1 && label[0] == '_' && IsTransport(FirstLabel(above))) {
    if (!FindServiceAt(world.view, zone, Above(above), place)) return Found::kNothing;
    place.port = PortOf(label.substr(1));
    return Found::kPorts;
  }
  JoinedId id;
  while (name.size() > zone.apex.size() && id.Append(FirstLabel(name))) {
    name = Above(name);
    if (name.size() <= zone.apex.size()) break;
    if (FirstLabel(name) != "_tcp" || !FindServiceAt(world.view, zone, Above(name), place)) continue;
    const Found found = FindTargets(*place.state, name, id, place);
    return found == Found::kTargets ? Found::kPortTarget : found;
  }
  return Found::kNothing;
}

bool IsNameserver(std::string_view name, std::string_view apex) {
  return name.size() == NamespaceZone::kNameserver.size() + apex.size() &&
         name.starts_with(NamespaceZone::kNameserver) && name.ends_with(apex);
}

/// What a namespace makes at a name that no service has.
Found FindInNamespace(const World& world, Client& client, const NamespaceNode& zone, std::string_view name,
                      Place& place) {
  if (name == zone.apex) return Found::kApex;
  if (world.policy.nameservers().empty() && IsNameserver(name, zone.apex)) return Found::kNameserver;
  Found found = FindBelowService(world, client, zone, name, place);
  if (found == Found::kNothing) found = FindTargetsAbove(world.view, zone, name, place);
  if (found != Found::kNothing) return found;
  return world.view.HasNamesBelow(name) ? Found::kEmpty : Found::kNothing;
}

/// Whether a service, or a name above one, stands between the wildcard's parent and the name: then the wildcard does
/// not cover it (RFC 4592 3.3.1).
bool BlocksWildcard(const view::View& view, const NamespaceNode& zone, std::string_view name, std::string_view parent) {
  for (name = Above(name); name.size() > parent.size(); name = Above(name)) {
    if (view.HasNamesBelow(name) || view.FindName(name, view.HashName(name), &zone) != nullptr) return true;
  }
  return false;
}

void TakeFixed(const waypost::zone::Zone& zone, const waypost::zone::Lookup& look, Place& place) {
  place.fixed = look;
  place.found = look.match == waypost::zone::Match::kNone ? Found::kNothing : Found::kFixed;
  if (place.zone.fixed == nullptr) {
    place.zone = {.apex = zone.apex(), .serial = zone.serial(), .soa_ttl = zone.negative_ttl(), .fixed = &zone};
  }
}

void LocateFixed(const waypost::zone::Zone& zone, std::string_view name, std::uint64_t hash, Place& place) {
  if (!zone.valid()) {
    place.found = Found::kBroken;
    return;
  }
  TakeFixed(zone, zone.Look(name, hash), place);
}

/// In a namespace, which may share its apex with a static zone.
void LocateInNamespace(const World& world, Client& client, const NamespaceNode& zone, const waypost::zone::Zone* fixed,
                       std::string_view name, std::uint64_t hash, Place& place) {
  place.zone = ZoneOf(zone);
  if (fixed != nullptr && !fixed->valid()) fixed = nullptr;
  if (fixed != nullptr) {
    place.zone.fixed = fixed;
    place.zone.merged = true;
    place.zone.serial += fixed->serial();
  }
  if (const view::ServiceNode* node = world.view.FindName(name, hash, &zone); node != nullptr) {
    place.found = Found::kService;
    place.service = node;
    place.state = &node->Answering();
    return;
  }
  if (fixed == nullptr || name == zone.apex) {
    place.found = FindInNamespace(world, client, zone, name, place);
    return;
  }
  const waypost::zone::Lookup look = fixed->Look(name, hash);
  const bool has_records = look.match == waypost::zone::Match::kExact && !look.node->is_empty();
  if (!has_records && look.match != waypost::zone::Match::kDelegation && look.match != waypost::zone::Match::kDname) {
    place.found = FindInNamespace(world, client, zone, name, place);
    if (place.found != Found::kNothing) return;
    if (look.match == waypost::zone::Match::kWildcard &&
        BlocksWildcard(world.view, zone, name, Above(look.node->owner()))) {
      return;
    }
  }
  TakeFixed(*fixed, look, place);
}

/// In a reverse zone: what stands for an address is looked for later, the names above are there.
bool LocateReverse(const World& world, std::string_view name, std::size_t longest_apex, Place& place) {
  for (const std::string& apex : world.policy.reverse_apexes()) {
    if (apex.size() <= longest_apex || !IsBelowOrAt(name, apex)) continue;
    place.zone = Zone{.apex = apex, .serial = static_cast<std::uint32_t>(world.view.applied()), .soa_ttl = kReverseTtl};
    const std::optional<Address> address = AddressOfReverseName(name);
    place.found = name == apex ? Found::kApex : address ? Found::kAddress : Found::kEmpty;
    if (address) place.address = *address;
    return true;
  }
  return false;
}

bool LocateApi(const AnswerPolicy& policy, std::string_view name, std::size_t longest_apex, Place& place) {
  const std::string* api = FindApi(policy, name);
  if (api == nullptr || api->size() <= longest_apex) return false;
  place.zone = Zone{.apex = *api, .serial = 1, .soa_ttl = 60, .is_api = true};
  place.found = *api == name ? Found::kApi : Found::kNothing;
  return true;
}

}  // namespace

Zone ZoneOf(const NamespaceNode& zone) {
  return {.apex = zone.apex, .serial = zone.serial(), .soa_ttl = zone.soa_ttl()};
}

Place Locate(const World& world, Client& client, std::string_view name, std::uint64_t hash) {
  Place place;
  const NamespaceNode* zone = world.view.FindZone(name, client.is_private());
  const waypost::zone::Zone* fixed = world.zones != nullptr ? world.zones->FindZone(name) : nullptr;
  const std::size_t apex = zone != nullptr ? zone->apex.size() : 0;
  const std::size_t fixed_apex = fixed != nullptr ? fixed->apex().size() : 0;
  const bool allowed = zone != nullptr && (!zone->is_private() || client.is_private());
  const bool service = allowed && world.view.FindName(name, hash, zone) != nullptr;
  const std::size_t longest = std::max(apex, fixed_apex);
  if (!service && LocateApi(world.policy, name, longest, place)) return place;
  if (!service && LocateReverse(world, name, longest, place)) return place;
  if (allowed && apex >= fixed_apex) {
    LocateInNamespace(world, client, *zone, apex == fixed_apex ? fixed : nullptr, name, hash, place);
  } else if (fixed != nullptr && fixed_apex >= apex) {
    LocateFixed(*fixed, name, hash, place);
  } else {
    place.found = zone == nullptr ? Found::kOutside : Found::kForbidden;
  }
  return place;
}

}  // namespace waypost::dns
