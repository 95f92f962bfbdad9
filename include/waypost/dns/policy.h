#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/dns/address.h"
#include "waypost/model/result.h"

namespace waypost::dns {

/// What names outside our zones get.
enum class OutsideRule : std::uint8_t {
  kRefused,   ///< as an authoritative server should
  kNxDomain,  ///< to clients in the private networks, whose stub resolvers know no other server; others get REFUSED
};

using CookieSecret = std::array<std::uint8_t, 16>;

/// Whose clients a zone's are, for `waypost:zone-affinity`.
struct ClientZone {
  std::string name;                  ///< as instances have it in AVAILABILITY_ZONE
  std::vector<std::string> clients;  ///< CIDR
};

/// How queries are answered, as configured.
struct AnswerOptions {
  /// The API's own name; it and `data-` + it are answered. Empty: none.
  std::string api_name = "servicediscovery.waypost.internal";
  /// Addresses that the API names have; empty: whatever address the query was sent to.
  std::vector<std::string> api_addresses = {};
  OutsideRule outside = OutsideRule::kRefused;
  /// Who may ask for names in private namespaces (CIDR), instead of Networks::Private().
  std::optional<std::vector<std::string>> private_networks = {};
  /// Names of the zones' name servers; empty: `ns1.<apex>`, at the address the query was sent to.
  std::vector<std::string> nameservers = {};
  std::vector<ClientZone> zones = {};
  /// Who may ask for `_status.<service>` (CIDR), instead of those who see private namespaces.
  std::optional<std::vector<std::string>> status_networks = {};
  /// Networks (CIDR) for whose addresses PTR records are made from the instances that have them.
  std::vector<std::string> reverse_networks = {};
  /// Who we are, for clients that ask (RFC 5001); empty: not said.
  std::string nsid = {};
  /// Answer DNS cookies (RFC 7873, RFC 9018).
  bool cookies = true;
  /// 16 octets that server cookies are made with; empty: drawn at start. Servers behind one address share it.
  std::string cookie_secret = {};
};

/// AnswerOptions, checked and put into the form that answering needs. Immutable, shared between threads.
class AnswerPolicy {
 public:
  /// Err: kConfig.
  static model::Result<std::shared_ptr<const AnswerPolicy>> Create(const AnswerOptions& options);

  /// Canonical wire form of the API name and its `data-` twin, or nothing.
  const std::vector<std::string>& api_names() const { return api_names_; }
  const std::vector<Address>& api_addresses() const { return api_addresses_; }
  OutsideRule outside() const { return outside_; }
  const Networks& private_networks() const { return private_networks_; }
  /// Canonical wire form.
  const std::vector<std::string>& nameservers() const { return nameservers_; }
  const Networks& status_networks() const { return status_networks_; }
  /// Apexes of the reverse zones, canonical wire form.
  const std::vector<std::string>& reverse_apexes() const { return reverse_apexes_; }
  const std::string& nsid() const { return nsid_; }
  /// Of server cookies; null: cookies are not answered.
  const CookieSecret* cookie_secret() const { return cookie_secret_ ? &*cookie_secret_ : nullptr; }
  /// view::ZoneHash of the first zone that has this client; 0: none. O(zones), no allocation.
  std::uint32_t ZoneOf(const Address& client) const;
  /// The zone's name; empty: none.
  std::string_view ZoneNameOf(const Address& client) const;

 private:
  AnswerPolicy() = default;
  std::vector<std::string> api_names_;
  std::vector<Address> api_addresses_;
  OutsideRule outside_ = OutsideRule::kRefused;
  Networks private_networks_;
  struct Zone {
    std::string name;
    std::uint32_t hash;
    Networks clients;
  };
  const Zone* FindZone(const Address& client) const;
  std::vector<std::string> nameservers_;
  std::vector<Zone> zones_;
  Networks status_networks_;
  std::vector<std::string> reverse_apexes_;
  std::string nsid_;
  std::optional<CookieSecret> cookie_secret_;
};

}  // namespace waypost::dns
