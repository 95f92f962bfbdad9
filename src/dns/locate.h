#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "waypost/dns/answerer.h"
#include "waypost/view/view.h"

namespace waypost::dns {

/// Whether the client may see private namespaces; found out when it first matters.
class Client {
 public:
  Client(const Address& address, const Networks& networks) : address_(address), networks_(networks) {}
  bool is_private() {
    if (!private_) private_ = networks_.Contains(address_);
    return *private_;
  }

 private:
  const Address& address_;
  const Networks& networks_;
  std::optional<bool> private_;
};

/// What there is at a name.
enum class Found : std::uint8_t {
  kOutside,     ///< in no zone of ours
  kForbidden,   ///< in a private one, and the client is not
  kService,     ///< `service`, in `state`
  kTargets,     ///< an SRV target: `members` of `state`
  kApex,        ///< of `zone`
  kNameserver,  ///< `ns1.<apex>`, invented
  kApi,         ///< the API's own name
  kEmpty,       ///< no records, but names below
  kNothing,     ///< no such name
};

/// A zone as far as its SOA goes. Borrows from the view or the policy.
struct Zone {
  std::string_view apex = {};
  std::uint32_t serial = 1;
  std::uint32_t soa_ttl = 60;
  bool is_api = false;  ///< made for the API's name: it is its own name server
};

/// What was found at a name. Valid inside the read section it was found in.
struct Place {
  /// Ids that differ only in case share one target name; so many of them are answered.
  static constexpr std::size_t kSameNameMax = 8;
  Found found = Found::kOutside;
  Zone zone = {};
  const view::ServiceNode* service = nullptr;
  const view::ServiceState* state = nullptr;
  std::uint32_t member_count = 0;
  std::array<const view::Member*, kSameNameMax> members;
};

Zone ZoneOf(const view::NamespaceNode& zone);

/// The longest zone of ours, then what it has at `name` (canonical wire form, `hash` by View::HashName). Inside a read
/// section.
Place Locate(const view::View& view, const AnswerPolicy& policy, Client& client, std::string_view name,
             std::uint64_t hash);

/// Whether the SRV target of this member is a made-up label instead of its id: the id is no host name, or would make
/// the name too long.
bool UsesLabel(const view::Member& member, std::string_view owner);

}  // namespace waypost::dns
