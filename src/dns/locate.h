#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "waypost/dns/answerer.h"
#include "waypost/view/view.h"
#include "waypost/zone/zone.h"

namespace waypost::dns {

/// Whether the client may see private namespaces; found out when it first matters.
class Client {
 public:
  Client(const Address& address, const Networks& networks) : address_(address), networks_(networks) {}
  bool is_private() {
    if (!private_) private_ = networks_.Contains(address_);
    return *private_;
  }
  const Address& address() const { return address_; }

 private:
  const Address& address_;
  const Networks& networks_;
  std::optional<bool> private_;
};

/// Where names are looked for.
struct World {
  const view::View& view;
  const AnswerPolicy& policy;
  const zone::ZoneSet* zones = nullptr;  ///< null: there are no static zones
};

/// What there is at a name.
enum class Found : std::uint8_t {
  kOutside,     ///< in no zone of ours
  kForbidden,   ///< in a private one, and the client is not
  kService,     ///< `service`, in `state`
  kTargets,     ///< an SRV target: `members` of `state`
  kPorts,       ///< `_<port or name>._tcp.<service>`: the ports of `state`'s members (RFC 2782)
  kStatus,      ///< `_status.<service>`: how `state` stands
  kPortTarget,  ///< `<id>._tcp.<service>`, where kPorts leads: `members`
  kApex,        ///< of `zone`, a namespace's
  kNameserver,  ///< `ns1.<apex>`, invented
  kApi,         ///< the API's own name
  kFixed,       ///< what `fixed` says, in the static zone `zone.fixed`
  kAddress,     ///< a name in a reverse zone: `address`
  kBroken,      ///< in a static zone that could not be read
  kEmpty,       ///< no records, but names below
  kNothing,     ///< no such name
};

/// A zone as far as its SOA goes. Borrows from the view, the static zones or the policy.
struct Zone {
  std::string_view apex = {};
  std::uint32_t serial = 1;
  std::uint32_t soa_ttl = 60;                  ///< also that of negative answers
  bool is_api = false;                         ///< made for the API's name: it is its own name server
  bool merged = false;                         ///< a namespace's, and `fixed`'s
  const waypost::zone::Zone* fixed = nullptr;  ///< the static zone of this apex
};

/// What was found at a name. Valid inside the read section it was found in.
struct Place {
  /// Ids that differ only in case share one target name; so many of them are answered.
  static constexpr std::size_t kSameNameMax = 8;
  Found found = Found::kOutside;
  std::uint32_t member_count = 0;
  Zone zone = {};
  const view::ServiceNode* service = nullptr;
  const view::ServiceState* state = nullptr;
  waypost::zone::Lookup fixed = {};
  std::uint32_t port = 0;  ///< kPorts: only this one; 0: any
  Address address = {};
  std::array<const view::Member*, kSameNameMax> members;
};

Zone ZoneOf(const view::NamespaceNode& zone);

/// The longest zone of ours, then what it has at `name` (canonical wire form, `hash` by View::HashName). Inside a read
/// section. Where a namespace and a static zone share an apex they are one zone: a service's name before all else, then
/// the static records, then what a namespace makes of its instances.
Place Locate(const World& world, Client& client, std::string_view name, std::uint64_t hash);

}  // namespace waypost::dns
