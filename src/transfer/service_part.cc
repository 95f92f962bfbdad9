#include "transfer/service_part.h"

#include <cstring>
#include <vector>

#include "transfer/alias.h"
#include "transfer/served.h"
#include "waypost/dns/namespace_zone.h"
#include "waypost/dns/protocol.h"
#include "waypost/dns/target_name.h"
#include "waypost/dns/wire.h"
#include "waypost/model/owner_name.h"

namespace waypost::transfer {
namespace {

using dns::Type;
using model::RecordType;
using view::Member;
using view::ServiceState;

constexpr std::uint32_t kNoRecord = ServiceState::kNoRecord;
constexpr std::size_t kServerFixed = 6;  // priority, weight, port

constexpr std::uint16_t Number(Type type) { return static_cast<std::uint16_t>(type); }

std::string_view Octets(const std::uint8_t* octets, std::size_t size) {
  return {reinterpret_cast<const char*>(octets), size};
}

/// Writes one service's records.
class Scribe {
 public:
  Scribe(const World& world, const view::ServiceNode& service, std::string_view chosen)
      : world_(world), service_(service), state_(service.Answering()), before_(chosen) {}

  ServicePart Write() {
    if (state_.count() != 0) {
      const auto members = ServedMembers(state_);
      if (state_.ttl(RecordType::kCname) != kNoRecord) {
        AddCname(members);
      } else if (state_.has_alias()) {
        AddOne(members);
      } else {
        AddAll(members);
      }
    }
    part_.records = builder_.Build();
    return std::move(part_);
  }

 private:
  std::string_view owner() const { return service_.owner_wire(); }

  const Member* Choose(const std::vector<const Member*>& members) {
    const Member* chosen = StandIn(members, before_);
    if (chosen != nullptr) part_.chosen = std::string(chosen->id());
    return chosen;
  }

  void AddCname(const std::vector<const Member*>& members) {
    const Member* chosen = Choose(members);
    if (chosen == nullptr) return;
    builder_.Add(owner(), Number(Type::kCname), state_.ttl(RecordType::kCname), chosen->target_wire());
  }

  void AddOne(const std::vector<const Member*>& members) {
    const Member* chosen = Choose(members);
    if (chosen == nullptr) return;
    if (!chosen->Has(Member::kHasAlias)) return AddAll({chosen});
    part_.leads_elsewhere = true;
    for (const auto& [type, record] :
         {std::pair{Type::kA, RecordType::kA}, std::pair{Type::kAaaa, RecordType::kAaaa}}) {
      if (state_.ttl(record) == kNoRecord) continue;
      const AliasAddresses found = FindAliasAddresses(world_, chosen->target_wire(), type);
      for (const std::string& address : found.rdata) builder_.Add(owner(), Number(type), found.ttl, address);
      if (!found.left_out.empty()) part_.left_out = found.left_out;
    }
  }

  void AddAll(const std::vector<const Member*>& members) {
    for (const Member* member : members) {
      AddAddresses(*member, owner(), state_.ttl(RecordType::kA), state_.ttl(RecordType::kAaaa));
      if (state_.ttl(RecordType::kSrv) != kNoRecord) AddServer(*member);
    }
  }

  void AddAddresses(const Member& member, std::string_view name, std::uint32_t ttl, std::uint32_t ttl_v6) {
    if (ttl != kNoRecord && member.Has(Member::kHasIpv4)) {
      builder_.Add(name, Number(Type::kA), ttl, Octets(member.ipv4(), 4));
    }
    if (ttl_v6 != kNoRecord && member.Has(Member::kHasIpv6)) {
      builder_.Add(name, Number(Type::kAaaa), ttl_v6, Octets(member.ipv6(), 16));
    }
  }

  void AddServer(const Member& member) {
    const std::uint32_t ttl = state_.ttl(RecordType::kSrv);
    std::uint8_t rdata[kServerFixed + model::kMaxNameOctets];
    std::uint8_t labels[model::kMaxNameOctets];
    const std::size_t size = dns::WriteTargetName(member, owner(), labels);
    if (size + owner().size() > model::kMaxNameOctets) return;  // no name could be made for it
    dns::Store16(rdata, member.priority() != 0 ? member.priority() : dns::NamespaceZone::kServerPriority);
    dns::Store16(rdata + 2, member.weight());
    dns::Store16(rdata + 4, member.port());
    std::string target(Octets(labels, size));
    target += owner();
    std::memcpy(rdata + kServerFixed, target.data(), target.size());
    builder_.Add(owner(), Number(Type::kSrv), ttl, Octets(rdata, kServerFixed + target.size()));
    const std::string name = model::Folded(target);
    // A service that has this name itself comes first.
    if (world_.view.FindName(name, world_.view.HashName(name), &service_.in()) == nullptr) {
      AddAddresses(member, name, ttl, ttl);
    }
  }

  const World& world_;
  const view::ServiceNode& service_;
  const ServiceState& state_;
  std::string_view before_;
  PartBuilder builder_;
  ServicePart part_;
};

}  // namespace

ServicePart BuildServicePart(const World& world, const view::ServiceNode& service, std::string_view chosen) {
  return Scribe(world, service, chosen).Write();
}

}  // namespace waypost::transfer
