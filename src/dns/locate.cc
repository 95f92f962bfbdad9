#include "dns/locate.h"

#include <cstring>

#include "waypost/model/owner_name.h"

namespace waypost::dns {
namespace {

using view::Member;
using view::NamespaceNode;
using view::ServiceState;

constexpr std::size_t kInstanceIdMax = 64;
constexpr std::string_view kNameserverLabel("\003ns1", 4);

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
    if (!UsesLabel(member, owner) && model::EqualFolded(member.id(), id.str())) AddMember(place, member);
    return false;
  });
  const auto label_hash = id.single() ? view::IdHashOfTargetLabel(id.str()) : std::nullopt;
  if (label_hash) {
    state.FindByIdHash(*label_hash, [&](std::uint32_t index) {
      const Member& member = state.member(index);
      const auto label = view::TargetLabel(member.id());
      if (UsesLabel(member, owner) && std::string_view(label.data(), label.size()) == id.str())
        AddMember(place, member);
      return false;
    });
  }
  if (place.member_count != 0) return Found::kTargets;
  return state.has_dotted_ids() && EndsDottedId(state, id.str()) ? Found::kEmpty : Found::kNothing;
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
    if (node == nullptr) continue;
    const ServiceState& state = node->state().answering();
    if (state.ttl(model::RecordType::kSrv) == ServiceState::kNoRecord) continue;
    if (!id.single() && !state.has_dotted_ids()) continue;
    const Found found = FindTargets(state, name, id, place);
    if (found == Found::kNothing) continue;
    place.service = node;
    place.state = &state;
    return found;
  }
  return Found::kNothing;
}

bool IsNameserver(std::string_view name, std::string_view apex) {
  return name.size() == kNameserverLabel.size() + apex.size() && name.starts_with(kNameserverLabel) &&
         name.ends_with(apex);
}

/// What a zone has at a name that no service has.
Found FindInZone(const view::View& view, const AnswerPolicy& policy, const NamespaceNode& zone, std::string_view name,
                 Place& place) {
  if (name == zone.apex) return Found::kApex;
  if (policy.nameservers().empty() && IsNameserver(name, zone.apex)) return Found::kNameserver;
  const Found found = FindTargetsAbove(view, zone, name, place);
  if (found != Found::kNothing) return found;
  return view.HasNamesBelow(name) ? Found::kEmpty : Found::kNothing;
}

}  // namespace

Zone ZoneOf(const NamespaceNode& zone) { return {zone.apex, zone.serial(), zone.soa_ttl(), false}; }

bool UsesLabel(const Member& member, std::string_view owner) {
  return !member.Has(Member::kHostId) || member.id().size() + 1 + owner.size() > model::kMaxNameOctets;
}

Place Locate(const view::View& view, const AnswerPolicy& policy, Client& client, std::string_view name,
             std::uint64_t hash) {
  Place place;
  const NamespaceNode* zone = view.FindZone(name, client.is_private());
  const bool allowed = zone != nullptr && (!zone->is_private() || client.is_private());
  if (allowed) {
    place.zone = ZoneOf(*zone);
    if (const view::ServiceNode* node = view.FindName(name, hash, zone); node != nullptr) {
      place.found = Found::kService;
      place.service = node;
      place.state = &node->state().answering();
      return place;
    }
  }
  const std::string* api = FindApi(policy, name);
  if (api != nullptr && (zone == nullptr || api->size() > zone->apex.size())) {
    place.zone = Zone{*api, 1, 60, true};
    place.found = *api == name ? Found::kApi : Found::kNothing;
  } else if (allowed) {
    place.found = FindInZone(view, policy, *zone, name, place);
  } else {
    place.found = zone == nullptr ? Found::kOutside : Found::kForbidden;
  }
  return place;
}

}  // namespace waypost::dns
