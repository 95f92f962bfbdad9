// PTR records: the services whose instances have an address.
#include <algorithm>
#include <cstring>

#include "dns/composer.h"

namespace waypost::dns {
namespace {

using model::RecordType;
using view::ServiceState;

constexpr std::size_t kServicesMax = 16;  // of one address that are named

std::uint32_t TtlOf(const ServiceState& state) {
  for (const RecordType type : {RecordType::kA, RecordType::kAaaa, RecordType::kSrv}) {
    if (state.ttl(type) != ServiceState::kNoRecord) return state.ttl(type);
  }
  return ServiceState::kNoRecord;
}

}  // namespace

void Composer::AnswerAddress(const Place& place, NameAt owner) {
  std::array<const view::ServiceNode*, kServicesMax> services;
  std::size_t count = 0;
  const auto visit = [&](const view::ServiceNode& service, const view::Member&) {
    const bool hidden = service.in().is_private() && !client_.is_private();
    const bool known = std::find(services.begin(), services.begin() + static_cast<std::ptrdiff_t>(count), &service) !=
                       services.begin() + static_cast<std::ptrdiff_t>(count);
    const bool has_name = !service.owner_wire().empty() && TtlOf(service.state()) != ServiceState::kNoRecord;
    if (!hidden && !known && has_name) services[count++] = &service;
    return count == kServicesMax;
  };
  sources_.world.view.FindByAddress({place.address.octets.data(), place.address.size}, visit);
  if (count == 0) {
    response_.set_rcode(Rcode::kNxDomain);
    return NoData(place.zone);
  }
  if (query_.type != Type::kPtr && query_.type != Type::kAny) return NoData(place.zone);
  // In a lasting order, so that one question has one answer.
  const auto by_name = [](const view::ServiceNode* a, const view::ServiceNode* b) {
    return a->owner_wire() < b->owner_wire();
  };
  std::sort(services.begin(), services.begin() + static_cast<std::ptrdiff_t>(count), by_name);
  for (std::size_t i = 0; i < count; ++i) {
    const auto packed = response_.Pack(services[i]->owner_wire());
    std::uint8_t* at = response_.Add(owner, Type::kPtr, TtlOf(services[i]->state()), packed.size);
    if (at == nullptr) return response_.set_truncated();
    std::memcpy(at, packed.octets.data(), packed.size);
  }
}

}  // namespace waypost::dns
