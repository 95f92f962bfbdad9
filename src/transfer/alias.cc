#include "transfer/alias.h"

#include <algorithm>
#include <cstring>

#include "transfer/served.h"
#include "waypost/dns/target_name.h"
#include "waypost/dns/wire.h"
#include "waypost/model/owner_name.h"

namespace waypost::transfer {
namespace {

using dns::Type;
using model::RecordType;
using view::Member;
using view::NamespaceNode;
using view::ServiceState;

constexpr unsigned kHopsMax = 8;

std::string_view Above(std::string_view name) { return name.substr(static_cast<std::uint8_t>(name[0]) + 1U); }

std::string AddressOf(const Member& member, Type type) {
  if (!member.Has(type == Type::kA ? Member::kHasIpv4 : Member::kHasIpv6)) return {};
  const std::uint8_t* octets = type == Type::kA ? member.ipv4() : member.ipv6();
  return {reinterpret_cast<const char*>(octets), type == Type::kA ? 4U : 16U};
}

void AddAddress(const Member& member, Type type, AliasAddresses& found) {
  std::string address = AddressOf(member, type);
  if (!address.empty()) found.rdata.push_back(std::move(address));
}

/// One walk along a chain of names.
class Walk {
 public:
  Walk(const World& world, Type type) : world_(world), type_(type) {}

  AliasAddresses Run(std::string name) {
    for (unsigned hop = 0; hop < kHopsMax && !name.empty(); ++hop) name = Step(name);
    return std::move(found_);
  }

 private:
  /// What there is at the name; returns the next one, or nothing.
  std::string Step(const std::string& name) {
    const NamespaceNode* in = world_.view.FindZone(name, world_.sees_private);
    if (in != nullptr && in->is_private() && !world_.sees_private) in = nullptr;
    const zone::Zone* fixed = world_.zones != nullptr ? world_.zones->FindZone(name) : nullptr;
    if (fixed != nullptr && !fixed->valid()) fixed = nullptr;
    const std::size_t apex = in != nullptr ? in->apex.size() : 0;
    const std::size_t fixed_apex = fixed != nullptr ? fixed->apex().size() : 0;
    if (in == nullptr && fixed == nullptr) {
      found_.left_out = name;
      return {};
    }
    if (in != nullptr && apex >= fixed_apex) {
      const view::ServiceNode* service = world_.view.FindName(name, world_.view.HashName(name), in);
      if (service != nullptr) return AtService(service->Answering());
      if (apex != fixed_apex) {
        AtTarget(*in, name);
        return {};
      }
    }
    std::string next = AtFixed(*fixed, name);
    if (next.empty() && found_.rdata.empty() && apex == fixed_apex) AtTarget(*in, name);
    return next;
  }

  std::string AtService(const ServiceState& state) {
    const auto members = ServedMembers(state);
    const bool cname = state.ttl(RecordType::kCname) != ServiceState::kNoRecord;
    found_.ttl = state.ttl(type_ == Type::kA ? RecordType::kA : RecordType::kAaaa);
    if (members.empty() || (!cname && found_.ttl == ServiceState::kNoRecord)) return {};
    if (cname || state.has_alias()) {
      const Member& one = *StandIn(members, {});
      if (cname || one.Has(Member::kHasAlias)) return std::string(one.target_wire());
      AddAddress(one, type_, found_);
      return {};
    }
    for (const Member* member : members) AddAddress(*member, type_, found_);
    return {};
  }

  std::string AtFixed(const zone::Zone& zone, const std::string& name) {
    const zone::Lookup look = zone.Look(name, model::Hash64(name, world_.zones->seed()));
    if (look.match != zone::Match::kExact && look.match != zone::Match::kWildcard) return {};
    const auto first = [](const zone::RRset& rrset) {
      return std::string(reinterpret_cast<const char*>(rrset.rdata.data()) + 2, dns::Load16(rrset.rdata.data()));
    };
    const zone::RRset* cname = look.node->Find(static_cast<std::uint16_t>(Type::kCname));
    if (cname != nullptr) return model::Folded(first(*cname));
    const zone::RRset* rrset = look.node->Find(static_cast<std::uint16_t>(type_));
    if (rrset == nullptr) return {};
    found_.ttl = rrset->ttl;
    const std::uint8_t* at = rrset->rdata.data();
    for (std::uint16_t i = 0; i < rrset->count; ++i) {
      const std::size_t length = dns::Load16(at);
      found_.rdata.emplace_back(reinterpret_cast<const char*>(at) + 2, length);
      at += 2 + length;
    }
    return {};
  }

  /// The name as an SRV target below one of the zone's services.
  void AtTarget(const NamespaceNode& in, std::string_view name) {
    for (std::string_view owner = Above(name); owner.size() > in.apex.size(); owner = Above(owner)) {
      const view::ServiceNode* service = world_.view.FindName(owner, world_.view.HashName(owner), &in);
      if (service == nullptr) continue;
      const ServiceState& state = service->Answering();
      found_.ttl = state.ttl(RecordType::kSrv);
      if (found_.ttl == ServiceState::kNoRecord) continue;
      for (std::uint32_t i = 0; i < state.count(); ++i) {
        const Member& member = state.member(i);
        std::uint8_t labels[model::kMaxNameOctets];
        const std::size_t size = dns::WriteTargetName(member, owner, labels);
        const std::string_view prefix(reinterpret_cast<const char*>(labels), size);
        if (size + owner.size() == name.size() && model::EqualFolded(prefix, name.substr(0, size))) {
          AddAddress(member, type_, found_);
        }
      }
      if (!found_.rdata.empty()) return;
    }
  }

  const World& world_;
  Type type_;
  AliasAddresses found_;
};

}  // namespace

AliasAddresses FindAliasAddresses(const World& world, std::string_view name, Type type) {
  return Walk(world, type).Run(std::string(name));
}

}  // namespace waypost::transfer
