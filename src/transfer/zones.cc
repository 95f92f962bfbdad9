#include "transfer/zones.h"

#include <set>

#include "waypost/model/owner_name.h"

namespace waypost::transfer {
namespace {

std::string Presented(std::string_view wire) {
  std::string text;
  for (; wire.size() > 1; wire.remove_prefix(static_cast<std::uint8_t>(wire[0]) + 1U)) {
    text.append(wire.substr(1, static_cast<std::uint8_t>(wire[0]))) += '.';
  }
  return text.empty() ? "." : text;
}

}  // namespace

Zones::Zones(const Options& options, const Secondaries& secondaries, view::View& view, telemetry::Log log)
    : secondaries_(secondaries),
      view_(view),
      reader_(view.domain()),
      log_(std::move(log)),
      nameservers_{options.nameservers, options.nameserver_addresses},
      bounds_(options.journal_octets_max, options.journal_age_max) {}

void Zones::SetFixed(std::shared_ptr<const zone::ZoneSet> zones) {
  fixed_ = std::move(zones);
  unsettled_ = true;
  for (const auto& [key, zone] : held_) {
    const FixedZone fixed = FixedZone::Find(fixed_, key.apex);
    if (fixed.zone != nullptr && zone->image.LacksSerialFor(fixed)) {
      log_->warn("{} has changed but its serial is still {}: secondaries are not told", fixed.zone->file(),
                 fixed.zone->serial());
    }
  }
}

void Zones::Mark(const Touched& touched) {
  noted_ = touched.revision;
  unsettled_ = unsettled_ || touched.namespaces;
  for (const model::ServiceId& service : touched.services) {
    std::optional<model::NamespaceId> in;
    {
      const view::ReadSection section(reader_);
      const view::ServiceNode* node = view_.FindService(service);
      if (node != nullptr) in = node->in().id;
    }
    if (in) {
      const auto zone = by_namespace_.find(*in);
      if (zone != by_namespace_.end()) zone->second->image.MarkService(service);
      continue;
    }
    for (const auto& [key, zone] : held_) {
      if (zone->image.Has(service)) zone->image.MarkService(service);
    }
  }
  if (!touched.views && !touched.everything) return;
  for (const auto& [key, zone] : held_) {
    if (touched.views) zone->image.MarkViews();
    if (touched.everything) zone->image.MarkAll();
  }
}

std::optional<ZoneKey> Zones::Meant(std::string_view apex, bool sees_private) {
  ZoneKey key{std::string(apex)};
  {
    const view::ReadSection section(reader_);
    const view::NamespaceNode* node = view_.FindZone(apex, sees_private);
    if (node != nullptr && node->apex == apex) key.in = node->id;
  }
  if (!key.in && (fixed_ == nullptr || fixed_->FindApex(apex) == nullptr)) return std::nullopt;
  return key;
}

HeldZone* Zones::Find(const ZoneKey& key) {
  const auto at = held_.find(key);
  return at == held_.end() ? nullptr : at->second.get();
}

std::map<ZoneKey, std::vector<std::size_t>> Zones::Wanted() {
  std::set<std::string> apexes;
  for (const view::NamespaceInfo& info :
       view_.ListNamespaces(std::nullopt, SIZE_MAX, [](const model::Namespace& value) { return value.has_dns(); })) {
    const auto name = model::OwnerName::Parse(info.value.name);
    if (name.ok()) apexes.emplace(name->wire());
  }
  if (fixed_ != nullptr) {
    for (const auto& zone : fixed_->zones()) {
      if (zone->valid()) apexes.emplace(zone->apex());
    }
  }
  std::map<ZoneKey, std::vector<std::size_t>> wanted;
  for (const std::string& apex : apexes) {
    for (std::size_t i = 0; i < secondaries_.all().size(); ++i) {
      if (!secondaries_.all()[i].Covers(apex)) continue;
      const auto key = Meant(apex, secondaries_.all()[i].sees_private);
      if (key) wanted[*key].push_back(i);
    }
  }
  return wanted;
}

std::vector<ZoneKey> Zones::Settle() {
  if (!std::exchange(unsettled_, false)) return {};
  const auto wanted = Wanted();
  std::vector<ZoneKey> gone;
  for (const auto& [key, zone] : held_) {
    if (!wanted.contains(key)) gone.push_back(key);
  }
  for (const ZoneKey& key : gone) {
    if (key.in) by_namespace_.erase(*key.in);
    held_.erase(key);
  }
  for (const auto& [key, secondaries] : wanted) {
    std::unique_ptr<HeldZone>& zone = held_[key];
    if (zone == nullptr) zone = std::make_unique<HeldZone>(key, ImageSources{view_, reader_, nameservers_});
    zone->secondaries = secondaries;
    if (key.in) by_namespace_[*key.in] = zone.get();
  }
  return gone;
}

ZoneImage::Outcome Zones::Refresh(HeldZone& zone, Instant now) {
  const ZoneImage::Outcome outcome = zone.image.Refresh(fixed_, noted_);
  if (outcome == ZoneImage::Outcome::kGone) unsettled_ = true;
  if (outcome != ZoneImage::Outcome::kChanged) return outcome;
  for (const auto& [service, target] : zone.image.TakeLeftOut()) {
    log_->warn("{} leads to {}, which is in no zone of ours: it is left out of transfers", Presented(service),
               Presented(target));
  }
  const auto& change = zone.image.last_change();
  if (change != nullptr) {
    const std::uint64_t number = zone.journal->Append(zone.image.last_soa(), zone.image.soa().serial, change);
    bounds_.Note(zone.journal, number, change->octets(), now);
    return outcome;
  }
  zone.journal->Clear();
  if (zone.image.versions() > 1) {
    log_->warn("zone {} went from serial {} to {}, which is not later: secondaries must be told to fetch it anew",
               Presented(zone.image.key().apex), zone.image.last_soa().serial, zone.image.soa().serial);
  }
  return outcome;
}

}  // namespace waypost::transfer
