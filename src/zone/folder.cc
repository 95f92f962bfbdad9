#include "waypost/zone/folder.h"

#include <algorithm>
#include <map>

#include "zone/builder.h"
#include "zone/name.h"
#include "zone/read_zone.h"

namespace waypost::zone {
namespace {

bool SameRRset(const RRset& a, const RRset& b) {
  return a.type == b.type && a.ttl == b.ttl && std::ranges::equal(a.rdata, b.rdata);
}

bool SameContent(const Zone& a, const Zone& b) {
  return std::ranges::equal(a.nodes(), b.nodes(), [](const auto& x, const auto& y) {
    return x->owner() == y->owner() && std::ranges::equal(x->rrsets(), y->rrsets(), SameRRset);
  });
}

/// RFC 1982 3.2.
bool Rose(std::uint32_t before, std::uint32_t after) { return static_cast<std::int32_t>(after - before) > 0; }

std::string LoadedText(const Zone& zone) {
  const auto names = std::ranges::count_if(zone.nodes(), [](const auto& node) { return !node->is_empty(); });
  return NameText(zone.apex()) + " " + std::to_string(zone.serial()) + " (" + std::to_string(names) +
         (names == 1 ? " name)" : " names)");
}

}  // namespace

struct Folder::Impl {
  struct File {
    std::string apex = {};                     // canonical wire form; empty: its name is none
    std::vector<Reader::Source> sources = {};  // as they were when it was read
    std::vector<Stamp> seen = {};              // of the same, at the last look, where they were others
    bool is_missing = false;                   // at the last look
    bool is_bad = false;                       // when it was read
    std::shared_ptr<const Zone> zone = {};     // null: it gives none
  };

  std::string path;
  std::uint64_t seed;
  ZoneCheck check;
  Limits limits;
  std::map<std::string, File> files = {};           // by path
  std::map<std::string, std::string> holders = {};  // apex → path of the file that gives it
  bool has_zones = false;                           // a set was handed out

  bool DropGone(const std::vector<std::string>& paths, Reason reason, Refreshed& refreshed);
  bool IsDue(const std::string& file_path, File& file, Reason reason) const;
  bool Read(const std::string& file_path, File& file, Refreshed& refreshed);
  bool Take(std::shared_ptr<const Zone> zone, File& file, Refreshed& refreshed) const;
  std::shared_ptr<const ZoneSet> Zones() const;
};

/// True: a zone went.
bool Folder::Impl::DropGone(const std::vector<std::string>& paths, Reason reason, Refreshed& refreshed) {
  bool changed = false;
  for (auto it = files.begin(); it != files.end();) {
    File& file = it->second;
    if (std::ranges::binary_search(paths, it->first)) {
      file.is_missing = false;
    } else if (reason == Reason::kPoll && !file.is_missing) {
      file.is_missing = true;  // perhaps it is being replaced
    } else {
      if (file.zone != nullptr) {
        refreshed.gone.push_back(NameText(file.apex));
        changed = true;
      }
      const auto holder = holders.find(file.apex);
      if (holder != holders.end() && holder->second == it->first) holders.erase(holder);
      it = files.erase(it);
      continue;
    }
    ++it;
  }
  return changed;
}

bool Folder::Impl::IsDue(const std::string& file_path, File& file, Reason reason) const {
  std::vector<Stamp> now;
  for (const Reader::Source& source : file.sources) now.push_back(StampOf(source.path));
  const bool is_new = file.sources.empty();
  if (is_new) now.push_back(StampOf(file_path));
  const bool is_same = !is_new && std::ranges::equal(now, file.sources, {}, {}, &Reader::Source::stamp);
  if (is_same) {
    file.seen.clear();
    const bool waited = file.is_bad && !file.apex.empty() && !holders.contains(file.apex);  // for its apex
    return waited || (reason == Reason::kDemand && file.is_bad);
  }
  const bool is_settled = file.seen == now;
  file.seen = std::move(now);
  return is_settled || reason == Reason::kDemand;
}

/// True: its zone is another now.
bool Folder::Impl::Read(const std::string& file_path, File& file, Refreshed& refreshed) {
  file.seen.clear();
  const auto refuse = [&](std::string message) {
    refreshed.complaints.push_back({{file_path, 0}, std::move(message)});
    file.sources = {{file_path, StampOf(file_path)}};
    file.is_bad = true;
    return false;
  };
  const auto name = ApexOf(file_path);
  if (!name.ok()) return refuse(name.error().message);
  file.apex = name->wire();
  const std::string& holder = holders.try_emplace(file.apex, file_path).first->second;
  if (holder != file_path) return refuse("the zone " + NameText(file.apex) + " is given by " + holder + " already");

  StampedZone stamped = ReadStamped(file_path, file.apex, seed, limits);
  file.sources = std::move(stamped.sources);
  std::shared_ptr<const Zone> zone = std::move(stamped.read.zone);
  auto& complaints = refreshed.complaints;
  complaints.insert(complaints.end(), stamped.read.complaints.begin(), stamped.read.complaints.end());
  if (zone != nullptr && check) {
    Complaints objections(limits.complaints_max);
    for (Complaint& objection : check(*zone)) objections.Add(std::move(objection));
    if (objections.fatal()) zone = nullptr;
    for (Complaint& objection : objections.Take(file_path)) complaints.push_back(std::move(objection));
  }
  file.is_bad = zone == nullptr;
  if (zone != nullptr) return Take(std::move(zone), file, refreshed);
  if (file.zone != nullptr) return false;
  file.zone = ZoneBuilder::Invalid(file.apex, file_path);
  return true;
}

bool Folder::Impl::Take(std::shared_ptr<const Zone> zone, File& file, Refreshed& refreshed) const {
  if (file.zone != nullptr && file.zone->valid()) {
    if (SameContent(*zone, *file.zone)) return false;
    if (!Rose(file.zone->serial(), zone->serial())) {
      refreshed.complaints.push_back({zone->apex_node().origin(),
                                      "the zone changed, but its serial did not rise: it was " +
                                          std::to_string(file.zone->serial()) + " and is " +
                                          std::to_string(zone->serial()) + "; secondaries will not follow",
                                      false});
    }
  }
  refreshed.loaded.push_back(LoadedText(*zone));
  file.zone = std::move(zone);
  return true;
}

std::shared_ptr<const ZoneSet> Folder::Impl::Zones() const {
  std::vector<std::shared_ptr<const Zone>> zones;
  for (const auto& [file_path, file] : files) {
    if (file.zone != nullptr) zones.push_back(file.zone);
  }
  return std::make_shared<const ZoneSet>(std::move(zones), seed);
}

Folder::Folder(std::string path, std::uint64_t seed, ZoneCheck check, Limits limits)
    : impl_(new Impl{std::move(path), seed, std::move(check), limits}) {}

Folder::~Folder() = default;

model::Result<Refreshed> Folder::Refresh(Reason reason) {
  WP_TRY(paths, ZoneFilesIn(impl_->path));
  Refreshed refreshed;
  bool changed = impl_->DropGone(paths, reason, refreshed);
  for (const std::string& file_path : paths) {
    Impl::File& file = impl_->files[file_path];
    if (impl_->IsDue(file_path, file, reason)) changed = impl_->Read(file_path, file, refreshed) || changed;
  }
  if (changed || !impl_->has_zones) refreshed.zones = impl_->Zones();
  impl_->has_zones = true;
  return refreshed;
}

}  // namespace waypost::zone
