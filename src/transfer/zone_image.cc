#include "transfer/zone_image.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "waypost/dns/namespace_zone.h"
#include "waypost/dns/protocol.h"
#include "waypost/dns/wire.h"
#include "waypost/model/owner_name.h"

namespace waypost::transfer {
namespace {

using dns::NamespaceZone;
using dns::Type;

constexpr std::size_t kServicesPage = 1000;
constexpr std::size_t kSoaNumbers = 20;

std::string_view Above(std::string_view name) { return name.substr(static_cast<std::uint8_t>(name[0]) + 1U); }

/// `label` in front of `apex`; the apex alone where that would be too long.
std::string Prefixed(std::string_view label, const std::string& apex) {
  return label.size() + apex.size() > model::kMaxNameOctets ? apex : std::string(label) + apex;
}

void Put32(std::string& rdata, std::size_t at, std::uint32_t value) {
  std::uint8_t octets[4];
  dns::Store32(octets, value);
  std::memcpy(rdata.data() + at, octets, sizeof octets);
}

}  // namespace

/// What a refresh leads to.
struct ZoneImage::Standing {
  World world;
  FixedZone fixed = {};
  std::uint32_t serial = 0;
  std::uint32_t soa_ttl = 0;
  model::Revision revision = 0;    ///< of the namespace's last change
  model::Revision configured = 0;  ///< of its own record
};

ZoneImage::ZoneImage(ZoneKey key, ImageSources sources) : key_(std::move(key)), sources_(sources) {}

ZoneImage::Outcome ZoneImage::ReadStanding(const std::shared_ptr<const zone::ZoneSet>& zones,
                                           Standing& standing) const {
  standing.world.zones = zones.get();
  standing.fixed = FixedZone::Find(zones, key_.apex);
  if (standing.fixed.zone != nullptr) standing.serial = standing.fixed.zone->serial();
  if (!key_.in) return standing.fixed.zone == nullptr ? Outcome::kGone : Outcome::kSame;
  const view::ReadSection section(sources_.reader);
  const view::NamespaceNode* node = sources_.view.FindNamespace(*key_.in);
  if (node == nullptr) return Outcome::kGone;
  // The revision first: what it stands for is in the view by then, if its batch has been applied to the end.
  standing.revision = node->last_change.load(std::memory_order_acquire);
  if (standing.revision > sources_.view.applied()) return Outcome::kUnsettled;
  const auto low = static_cast<std::uint32_t>(standing.revision);
  standing.serial += low == 0 ? 1 : low;
  standing.soa_ttl = node->soa_ttl();
  standing.configured = node->state().revision;
  standing.world.sees_private = node->is_private();
  return Outcome::kSame;
}

ZoneImage::Outcome ZoneImage::Refresh(const std::shared_ptr<const zone::ZoneSet>& zones, model::Revision noted) {
  Standing standing{.world = {.view = sources_.view}};
  const Outcome found = ReadStanding(zones, standing);
  if (found != Outcome::kSame || (versions_ != 0 && standing.serial == soa_.serial)) return found;
  Change change;
  Change* wanted = versions_ != 0 && IsLater(standing.serial, soa_.serial) ? &change : nullptr;
  if (fixed_.zone != standing.fixed.zone) {
    if (wanted != nullptr) AddDifference(fixed_, standing.fixed, *wanted);
    fixed_octets_ = standing.fixed.zone != nullptr ? CountOctets(*standing.fixed.zone) : 0;
  }
  if (key_.in) {
    RefreshParts(standing, noted, wanted);
    RefreshApex(standing, wanted);
  }
  fixed_ = standing.fixed;
  last_soa_ = std::exchange(soa_, MakeSoa(standing));
  // What was built twice may have come and gone again.
  last_change_ = wanted != nullptr ? std::make_shared<Change>(Condense({wanted})) : nullptr;
  ++versions_;
  return Outcome::kChanged;
}

void ZoneImage::RefreshParts(const Standing& standing, model::Revision noted, Change* change) {
  const bool all = std::exchange(all_marked_, false) || standing.revision > noted;
  appeared_.clear();
  newest_ = standing.configured;
  RefreshViews(standing, std::exchange(views_marked_, false) || all, change);
  std::set<model::ServiceId> marked = std::exchange(marked_, {});
  marked.insert(leading_.begin(), leading_.end());
  for (const model::ServiceId& id : marked) RefreshService(standing, id, change);
  // Something has brought the namespace to its revision. If it is none of these, it was not marked.
  if (all || newest_ < standing.revision) RefreshAll(standing, change);
  for (const std::string& owner : std::exchange(appeared_, {})) RefreshAbove(standing, owner, change);
}

void ZoneImage::RefreshAll(const Standing& standing, Change* change) {
  std::set<model::ServiceId> missing;
  for (const auto& [id, entry] : parts_) missing.insert(id);
  std::optional<model::ServiceId> after;
  for (;;) {
    const auto page = sources_.view.ListServices(key_.in, after, kServicesPage);
    for (const view::ServiceInfo& info : page) {
      missing.erase(info.config->service.id);
      RefreshService(standing, info.config->service.id, change);
    }
    if (page.size() < kServicesPage) break;
    after = page.back().config->service.id;
  }
  for (const model::ServiceId& id : missing) RefreshService(standing, id, change);
}

void ZoneImage::RefreshViews(const Standing& standing, bool all, Change* change) {
  std::set<std::string> owners;
  for (const auto& [owner, entry] : views_) owners.insert(owner);
  if (all) {
    const auto ours = [this](const model::NamedQuery& query) { return query.namespace_id == *key_.in; };
    for (const view::NamedQueryInfo& info : sources_.view.ListNamedQueries(ours)) {
      const auto relative = model::OwnerName::Parse(info.value.name);
      if (!relative.ok()) continue;
      owners.insert(std::string(relative->wire().substr(0, relative->wire().size() - 1)) + key_.apex);
    }
  }
  for (const std::string& owner : owners) RefreshView(standing, owner, change);
}

void ZoneImage::RefreshAbove(const Standing& standing, const std::string& owner, Change* change) {
  for (std::string_view above = Above(owner); above.size() > key_.apex.size(); above = Above(above)) {
    std::optional<model::ServiceId> service;
    {
      const view::ReadSection section(sources_.reader);
      const view::NamespaceNode* in = sources_.view.FindNamespace(*key_.in);
      const view::ServiceNode* node =
          in != nullptr ? sources_.view.FindName(above, sources_.view.HashName(above), in) : nullptr;
      if (node == nullptr) continue;
      if (node->query() == nullptr) service = node->id();
    }
    if (service) {
      parts_[*service].built = 0;
      RefreshService(standing, *service, change);
    } else {
      views_[std::string(above)].built = 0;
      RefreshView(standing, std::string(above), change);
    }
  }
}

void ZoneImage::RefreshService(const Standing& standing, const model::ServiceId& id, Change* change) {
  const view::ReadSection section(sources_.reader);
  const view::ServiceNode* node = sources_.view.FindService(id);
  if (node != nullptr && node->in().id == *key_.in && !node->owner_wire().empty()) {
    Entry& entry = parts_[id];
    Build(standing, *node, entry, change);
    if (entry.part.leads_elsewhere) {
      leading_.insert(id);
    } else {
      leading_.erase(id);
    }
    return;
  }
  leading_.erase(id);
  const auto entry = parts_.find(id);
  if (entry == parts_.end()) return;
  Drop(standing, entry->second, change);
  parts_.erase(entry);
}

void ZoneImage::RefreshView(const Standing& standing, const std::string& owner, Change* change) {
  const view::ReadSection section(sources_.reader);
  const view::NamespaceNode* in = sources_.view.FindNamespace(*key_.in);
  const view::ServiceNode* node =
      in != nullptr ? sources_.view.FindName(owner, sources_.view.HashName(owner), in) : nullptr;
  if (node != nullptr && node->query() != nullptr) return Build(standing, *node, views_[owner], change);
  const auto entry = views_.find(owner);
  if (entry == views_.end()) return;
  Drop(standing, entry->second, change);
  views_.erase(entry);
}

void ZoneImage::Build(const Standing& standing, const view::ServiceNode& node, Entry& entry, Change* change) {
  const model::Revision revision = node.last_change();
  newest_ = std::max(newest_, revision);
  if (entry.owner.empty()) {
    entry.owner = node.owner_wire();
    entry.part.records = std::make_shared<Records>();
    appeared_.push_back(entry.owner);
  } else if (revision == entry.built && !entry.part.leads_elsewhere) {
    return;
  }
  ServicePart next = BuildServicePart(standing.world, node, entry.part.chosen);
  if (!next.left_out.empty() && next.left_out != entry.part.left_out)
    left_out_.emplace_back(entry.owner, next.left_out);
  Part records = std::exchange(next.records, entry.part.records);
  entry.part = std::move(next);
  Replace(entry.part.records, std::move(records), change);
  entry.built = revision;
}

void ZoneImage::Drop(const Standing& standing, const Entry& entry, Change* change) {
  Part gone = entry.part.records;
  Replace(gone, std::make_shared<Records>(), change);
  appeared_.push_back(entry.owner);
  newest_ = standing.revision;  // a name that is gone has no last change to be asked for
}

void ZoneImage::Replace(Part& part, Part next, Change* change) {
  if (change != nullptr) AddDifference(*part, *next, *change);
  octets_ += next->octets() - part->octets();
  part = std::move(next);
}

void ZoneImage::RefreshApex(const Standing& standing, Change* change) {
  PartBuilder builder;
  constexpr std::uint32_t kTtl = NamespaceZone::kNameserverTtl;
  constexpr auto kNs = static_cast<std::uint16_t>(Type::kNs);
  const std::string own = Prefixed(NamespaceZone::kNameserver, key_.apex);
  if (standing.fixed.zone == nullptr) {
    for (const std::string& name : sources_.nameservers.names) builder.Add(key_.apex, kNs, kTtl, name);
    if (sources_.nameservers.names.empty()) builder.Add(key_.apex, kNs, kTtl, own);
  }
  if (standing.fixed.zone == nullptr && sources_.nameservers.names.empty()) {
    const view::ReadSection section(sources_.reader);
    const view::NamespaceNode* in = sources_.view.FindNamespace(*key_.in);
    if (sources_.view.FindName(own, sources_.view.HashName(own), in) == nullptr) {
      for (const dns::Address& address : sources_.nameservers.addresses) {
        const auto type = static_cast<std::uint16_t>(address.is_v4() ? Type::kA : Type::kAaaa);
        builder.Add(own, type, kTtl, {reinterpret_cast<const char*>(address.octets.data()), address.size});
      }
    }
  }
  Replace(apex_, builder.Build(), change);
}

Soa ZoneImage::MakeSoa(const Standing& standing) const {
  if (!key_.in) return SoaOf(*standing.fixed.zone);
  Soa soa;
  if (standing.fixed.zone != nullptr) {
    soa = SoaOf(*standing.fixed.zone);
  } else {
    const auto& names = sources_.nameservers.names;
    soa.rdata = names.empty() ? Prefixed(NamespaceZone::kNameserver, key_.apex) : names.front();
    soa.rdata += Prefixed(NamespaceZone::kHostmaster, key_.apex);
    soa.rdata.resize(soa.rdata.size() + kSoaNumbers);
    const std::size_t numbers = soa.rdata.size() - kSoaNumbers;
    Put32(soa.rdata, numbers + 4, NamespaceZone::kRefresh);
    Put32(soa.rdata, numbers + 8, NamespaceZone::kRetry);
    Put32(soa.rdata, numbers + 12, NamespaceZone::kExpire);
  }
  soa.serial = standing.serial;
  soa.ttl = standing.soa_ttl;
  Put32(soa.rdata, soa.rdata.size() - kSoaNumbers, standing.serial);
  Put32(soa.rdata, soa.rdata.size() - 4, standing.soa_ttl);
  return soa;
}

RecordSequence ZoneImage::Whole() const {
  RecordSequence sequence;
  const Part soa = soa_.AsPart(key_.apex);
  sequence.Add(soa);
  sequence.Add(apex_);
  sequence.Add(fixed_);
  for (const auto& [id, entry] : parts_) {
    if (!entry.part.records->empty()) sequence.Add(entry.part.records);
  }
  for (const auto& [owner, entry] : views_) {
    if (!entry.part.records->empty()) sequence.Add(entry.part.records);
  }
  sequence.Add(soa);
  return sequence;
}

}  // namespace waypost::transfer
