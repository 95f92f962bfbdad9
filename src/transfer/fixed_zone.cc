#include "transfer/fixed_zone.h"

#include "waypost/dns/protocol.h"
#include "waypost/dns/wire.h"
#include "waypost/model/hash.h"

namespace waypost::transfer {
namespace {

constexpr auto kSoa = static_cast<std::uint16_t>(dns::Type::kSoa);

void AddNode(const zone::Node& node, PartBuilder& builder) {
  for (const zone::RRset& rrset : node.rrsets()) {
    if (rrset.type == kSoa) continue;
    const std::uint8_t* at = rrset.rdata.data();
    for (std::uint16_t i = 0; i < rrset.count; ++i) {
      const std::size_t length = dns::Load16(at);
      builder.Add(node.owner(), rrset.type, rrset.ttl, {reinterpret_cast<const char*>(at) + 2, length});
      at += 2 + length;
    }
  }
}

Part PartOf(const zone::Node* node) {
  PartBuilder builder;
  if (node != nullptr) AddNode(*node, builder);
  return builder.Build();
}

const zone::Node* FindIn(const FixedZone& fixed, std::string_view owner) {
  if (fixed.zone == nullptr) return nullptr;
  return fixed.zone->Find(owner, model::Hash64(owner, fixed.set->seed()));
}

}  // namespace

FixedZone FixedZone::Find(std::shared_ptr<const zone::ZoneSet> set, std::string_view apex) {
  const zone::Zone* zone = set != nullptr ? set->FindApex(apex) : nullptr;
  if (zone == nullptr || !zone->valid()) return {};
  return {std::move(set), zone};
}

const Record* FixedCursor::Next() {
  for (const auto nodes = zone_->nodes(); node_ < nodes.size(); ++node_, rrset_ = 0) {
    const zone::Node& node = *nodes[node_];
    for (; rrset_ < node.rrsets().size(); ++rrset_, index_ = 0, offset_ = 0) {
      const zone::RRset& rrset = node.rrsets()[rrset_];
      if (rrset.type == kSoa || index_ == rrset.count) continue;
      const std::uint8_t* at = rrset.rdata.data() + offset_;
      const std::size_t length = dns::Load16(at);
      record_ = {node.owner(), rrset.type, rrset.ttl, {reinterpret_cast<const char*>(at) + 2, length}};
      ++index_;
      offset_ += 2 + length;
      return &record_;
    }
  }
  return nullptr;
}

Soa SoaOf(const zone::Zone& zone) {
  const zone::RRset& rrset = *zone.apex_node().Find(kSoa);
  const auto* rdata = reinterpret_cast<const char*>(rrset.rdata.data()) + 2;
  return {zone.serial(), rrset.ttl, std::string(rdata, dns::Load16(rrset.rdata.data()))};
}

void AddDifference(const FixedZone& before, const FixedZone& after, Change& change) {
  if (before.zone == after.zone) return;
  if (before.zone != nullptr) {
    for (const auto& node : before.zone->nodes()) {
      AddDifference(*PartOf(node.get()), *PartOf(FindIn(after, node->owner())), change);
    }
  }
  if (after.zone == nullptr) return;
  for (const auto& node : after.zone->nodes()) {
    if (FindIn(before, node->owner()) == nullptr) AddDifference(Records(), *PartOf(node.get()), change);
  }
}

std::size_t CountOctets(const zone::Zone& zone) {
  std::size_t octets = 0;
  FixedCursor cursor(zone);
  while (const Record* record = cursor.Next()) octets += 1 + record->owner.size() + 8 + record->rdata.size();
  return octets;
}

}  // namespace waypost::transfer
