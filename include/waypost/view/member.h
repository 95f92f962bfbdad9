#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "waypost/model/clock.h"
#include "waypost/model/instance.h"

namespace waypost::view {

/// One registered instance as readers see it: a single immutable block. What DiscoverInstances sends of it is
/// serialised already; JSON is also the only copy of its attributes in memory.
class Member {
 public:
  enum Flag : std::uint8_t {
    kHasIpv4 = 1,
    kHasIpv6 = 2,
    kHasPort = 4,
    kHasCname = 8,
    kHasAlias = 16,
    kHostId = 32,    ///< the id is a host name, so it names the instance's SRV target
    kDottedId = 64,  ///< … of several labels
    kHasCreator = 128,
  };

  static const Member* Make(const model::Instance& instance, const model::Endpoint& endpoint, model::Revision revision);
  static void Destroy(Member* member);
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  model::Revision revision() const { return revision_; }  ///< of its registration
  model::Timestamp registered() const { return {registered_ms_}; }
  std::string_view id() const { return {bytes() + kIdAt, id_length_}; }
  std::string_view creator_request_id() const { return {bytes() + json_length_, creator_length_}; }
  bool has_creator_request_id() const { return Has(kHasCreator); }

  /// `{"InstanceId":"…","Attributes":{…}` without the closing brace: the caller adds health and names behind it.
  std::string_view discovery_json() const { return {bytes(), json_length_}; }
  /// `{…}`: the attributes object alone.
  std::string_view attributes_json() const { return discovery_json().substr(kAttributesAt + id_length_); }
  /// Whether the attribute is there with exactly this value. O(attributes).
  bool HasAttribute(std::string_view key, std::string_view value) const;
  /// The attributes as a value; for paths that are not hot.
  model::Attributes attributes() const;

  bool Has(Flag flag) const { return (flags_ & flag) != 0; }
  const std::uint8_t* ipv4() const { return ipv4_; }  ///< 4 octets, with kHasIpv4
  /// 16 octets, with kHasIpv6.
  const std::uint8_t* ipv6() const { return reinterpret_cast<const std::uint8_t*>(bytes() + extra_at()); }
  std::uint16_t port() const { return port_; }
  std::uint16_t weight() const { return weight_; }
  std::uint16_t priority() const { return priority_; }  ///< WAYPOST_PRIORITY
  /// ZoneHash of AVAILABILITY_ZONE; 0: none.
  std::uint32_t zone() const { return zone_; }
  /// Canonical wire form of AWS_INSTANCE_CNAME or AWS_ALIAS_DNS_NAME, with kHasCname or kHasAlias (CNAME first).
  std::string_view target_wire() const {
    const std::size_t skip = Has(kHasIpv6) ? 16 : 0;
    return {bytes() + extra_at() + skip, static_cast<std::size_t>(extra_length_) - skip};
  }

 private:
  static constexpr std::size_t kIdAt = 15;          // behind {"InstanceId":"
  static constexpr std::size_t kAttributesAt = 30;  // + id length; behind ","Attributes":

  Member() = default;
  // JSON, creator request id, IPv6 address, target name stand behind the object, in this order.
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  std::size_t extra_at() const { return static_cast<std::size_t>(json_length_) + creator_length_; }

  model::Revision revision_;
  std::int64_t registered_ms_;
  std::uint8_t ipv4_[4];
  std::uint16_t port_;
  std::uint16_t weight_;
  std::uint32_t zone_;
  std::uint16_t priority_;
  std::uint16_t json_length_;
  std::uint16_t extra_length_;
  std::uint8_t flags_;
  std::uint8_t id_length_;
  std::uint8_t creator_length_;
};

/// Stable 32-bit hash of an instance id without regard to case: the index by id and by SRV target.
std::uint32_t IdHash(std::string_view id);

/// Hash of an attribute with its value, for the attribute index.
std::uint32_t AttributeHash(std::string_view key, std::string_view value);

/// True when the id is a host name by the rule for SRV targets: dotted labels of letters, digits, `-`, `_`, each 1…63.
bool IsHostId(std::string_view id);

/// The label that names the SRV target of an instance whose id is no host name: `i-` and 16 base-32 characters; the
/// same for the same id, always. Its first 32 bits are IdHash(id), so that the index finds it.
std::array<char, 18> TargetLabel(std::string_view id);
/// The IdHash inside such a label (lower case), or none when it has not that form.
std::optional<std::uint32_t> IdHashOfTargetLabel(std::string_view label);

}  // namespace waypost::view
