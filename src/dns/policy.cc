#include "waypost/dns/policy.h"

#include <algorithm>
#include <cstring>

#include "dns/reverse.h"
#include "waypost/model/owner_name.h"
#include "waypost/model/random.h"
#include "waypost/view/selection.h"

namespace waypost::dns {
namespace {

model::Result<std::string> Wire(const std::string& name, const char* what) {
  auto parsed = model::OwnerName::Parse(name);
  if (!parsed.ok() || parsed->is_root()) {
    return model::MakeError(model::Code::kConfig, "\"" + name + "\" is no domain name, so it cannot be " + what);
  }
  return std::string(parsed->wire());
}

constexpr std::size_t kNsidMax = 64;

/// The configured secret, or one drawn now.
model::Result<CookieSecret> MakeCookieSecret(const std::string& configured) {
  CookieSecret secret;
  if (!configured.empty() && configured.size() != secret.size()) {
    return model::MakeError(model::Code::kConfig, "a cookie secret has 16 octets");
  }
  if (!configured.empty()) {
    std::copy(configured.begin(), configured.end(), secret.begin());
    return secret;
  }
  for (std::size_t i = 0; i < secret.size(); i += sizeof(std::uint64_t)) {
    const std::uint64_t drawn = model::SystemSeed();
    std::memcpy(secret.data() + i, &drawn, sizeof drawn);
  }
  return secret;
}

}  // namespace

model::Result<std::shared_ptr<const AnswerPolicy>> AnswerPolicy::Create(const AnswerOptions& options) {
  std::shared_ptr<AnswerPolicy> policy(new AnswerPolicy);
  if (!options.api_name.empty()) {
    for (const std::string& name : {options.api_name, "data-" + options.api_name}) {
      WP_TRY(wire, Wire(name, "the API's name"));
      policy->api_names_.push_back(std::move(wire));
    }
  }
  for (const std::string& text : options.api_addresses) {
    WP_TRY(address, Address::Parse(text));
    policy->api_addresses_.push_back(address);
  }
  for (const std::string& name : options.nameservers) {
    WP_TRY(wire, Wire(name, "a name server"));
    policy->nameservers_.push_back(std::move(wire));
  }
  for (const ClientZone& zone : options.zones) {
    WP_TRY(clients, Networks::Parse(zone.clients));
    policy->zones_.push_back({zone.name, view::ZoneHash(zone.name), std::move(clients)});
  }
  policy->outside_ = options.outside;
  if (options.private_networks) {
    WP_TRY(networks, Networks::Parse(*options.private_networks));
    policy->private_networks_ = std::move(networks);
  } else {
    policy->private_networks_ = Networks::Private();
  }
  policy->status_networks_ = policy->private_networks_;
  if (options.status_networks) {
    WP_TRY(networks, Networks::Parse(*options.status_networks));
    policy->status_networks_ = std::move(networks);
  }
  for (const std::string& network : options.reverse_networks) {
    WP_TRY(apexes, ReverseApexes(network));
    for (std::string& apex : apexes) policy->reverse_apexes_.push_back(std::move(apex));
  }
  if (options.nsid.size() > kNsidMax) {
    return model::MakeError(model::Code::kConfig, "nsid: at most " + std::to_string(kNsidMax) + " octets");
  }
  policy->nsid_ = options.nsid;
  if (options.cookies) {
    WP_TRY(secret, MakeCookieSecret(options.cookie_secret));
    policy->cookie_secret_ = secret;
  }
  return std::shared_ptr<const AnswerPolicy>(std::move(policy));
}

const AnswerPolicy::Zone* AnswerPolicy::FindZone(const Address& client) const {
  for (const Zone& zone : zones_) {
    if (zone.clients.Contains(client)) return &zone;
  }
  return nullptr;
}

std::uint32_t AnswerPolicy::ZoneOf(const Address& client) const {
  const Zone* zone = FindZone(client);
  return zone != nullptr ? zone->hash : 0;
}

std::string_view AnswerPolicy::ZoneNameOf(const Address& client) const {
  const Zone* zone = FindZone(client);
  return zone != nullptr ? std::string_view(zone->name) : std::string_view();
}

}  // namespace waypost::dns
