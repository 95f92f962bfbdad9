// SRV records under the names of RFC 2782 (`_http._tcp.<service>`), for any service whose instances have ports.
#include <algorithm>
#include <cstring>

#include "dns/composer.h"
#include "waypost/model/owner_name.h"

namespace waypost::dns {
namespace {

using model::RecordType;
using view::ServiceState;

constexpr std::string_view kTransportLabel("\004_tcp", 5);

/// TTL of what is made from a service's instances: that of the records it has.
std::uint32_t TtlOf(const ServiceState& state) {
  for (const RecordType type : {RecordType::kSrv, RecordType::kA, RecordType::kAaaa}) {
    if (state.ttl(type) != ServiceState::kNoRecord) return state.ttl(type);
  }
  return state.ttl(RecordType::kCname);
}

}  // namespace

void Composer::AnswerPorts(const Place& place, NameAt owner) {
  const ServiceState& state = *place.state;
  const std::uint32_t ttl = TtlOf(state);
  if (place.found == Found::kPortTarget) return AnswerTargets(place, owner, ttl);
  if ((query_.type != Type::kSrv && query_.type != Type::kAny) || state.count() == 0) return NoData(place.zone);
  DrawMany(state, ClientZone(state), Picks::kMax, sources_.random, sources_.picks);
  Picks& picks = sources_.picks;
  const auto has_port = [&](std::uint32_t index) {
    const std::uint16_t port = state.member(index).port();
    return port != 0 && (place.port == 0 || port == place.port);
  };
  const auto end = std::remove_if(picks.index.begin(), picks.index.begin() + picks.count,
                                  [&](std::uint32_t index) { return !has_port(index); });
  picks.count = std::min(static_cast<std::uint32_t>(end - picks.index.begin()), LimitFor(state));
  if (picks.count == 0) return NoData(place.zone);
  // Where the service has SRV records of its own, these lead to names that exist already.
  const std::string_view service = place.service->owner_wire();
  std::array<char, model::kMaxNameOctets> octets;
  std::string_view base = service;
  if (state.ttl(RecordType::kSrv) == ServiceState::kNoRecord) {
    if (kTransportLabel.size() + service.size() > octets.size()) return NoData(place.zone);
    std::memcpy(octets.data(), kTransportLabel.data(), kTransportLabel.size());
    std::memcpy(octets.data() + kTransportLabel.size(), service.data(), service.size());
    base = {octets.data(), kTransportLabel.size() + service.size()};
  }
  const Response::Mark mark = response_.Here();
  AddPicked(state, base, owner, ttl);
  const bool nothing = response_.offset() == static_cast<std::size_t>(mark.at - response_.begin());
  if (nothing && !response_.truncated()) NoData(place.zone);
}

}  // namespace waypost::dns
