#include "zone/builder.h"

#include <algorithm>
#include <bit>
#include <unordered_set>

#include "waypost/model/hash.h"
#include "waypost/model/owner_name.h"
#include "zone/name.h"
#include "zone/rdata.h"
#include "zone/rules.h"
#include "zone/types.h"

namespace waypost::zone {
namespace {

// An RRset must fit into a message beside its header and a question (RFC 1035 4.2.2).
constexpr std::size_t kMessageOctetsMax = 65535;
constexpr std::size_t kHeaderOctets = 12;
constexpr std::size_t kRecordOctets = 12;  // a pointer as owner, type, class, TTL, length

/// RDATA so that equal records have equal octets: a name at its end in lower case (RFC 4034 6.2).
std::string ComparableRdata(std::uint16_t type, std::string_view rdata) {
  std::string folded(rdata);
  if (const auto at = TargetOffset(type)) {
    for (char& c : std::span(folded).subspan(*at)) c = model::Fold(c);
  }
  return folded;
}

}  // namespace

ZoneBuilder::ZoneBuilder(std::string apex, std::string file, std::uint64_t seed) : zone_(new Zone()), seed_(seed) {
  zone_->apex_ = std::move(apex);
  zone_->file_ = std::move(file);
  zone_->seed_ = seed;
}

std::shared_ptr<const Zone> ZoneBuilder::Invalid(std::string apex, std::string file) {
  return ZoneBuilder(std::move(apex), std::move(file), 0).zone_;
}

std::uint32_t ZoneBuilder::AddFile(std::string name) {
  files_.push_back(std::move(name));
  return static_cast<std::uint32_t>(files_.size() - 1);
}

void ZoneBuilder::Add(Record record, std::span<const std::uint8_t> rdata) {
  record.rdata_at = arena_.size();
  record.rdata_size = static_cast<std::uint16_t>(rdata.size());
  arena_.insert(arena_.end(), rdata.begin(), rdata.end());
  records_.push_back(std::move(record));
}

std::shared_ptr<const Zone> ZoneBuilder::Build(Complaints& complaints) {
  GroupByOwner();
  for (Draft& draft : drafts_) MakeRRsets(draft, complaints);
  SetFlags();
  FillTable();
  CheckStructure({*zone_, *this, drafts_}, complaints);
  if (complaints.fatal()) return nullptr;
  TakeSoa();
  zone_->apex_node_ = drafts_.front().node.get();
  CheckTargets({*zone_, *this, drafts_}, complaints);
  zone_->nodes_.reserve(drafts_.size());
  for (Draft& draft : drafts_) zone_->nodes_.push_back(std::move(draft.node));
  return std::move(zone_);
}

Draft& ZoneBuilder::DraftOf(std::string_view owner) {
  const auto found = by_owner_.find(owner);
  if (found != by_owner_.end()) return drafts_[found->second];
  Draft& draft = drafts_.emplace_back();
  draft.node = std::make_unique<Node>();
  draft.node->owner_ = owner;
  by_owner_.emplace(draft.node->owner_, drafts_.size() - 1);
  return draft;
}

void ZoneBuilder::GroupByOwner() {
  by_owner_.reserve(records_.size());
  DraftOf(zone_->apex_);
  for (const Record& record : records_) {
    Draft& draft = DraftOf(record.owner);
    if (draft.records.empty()) draft.node->origin_ = OriginOf(record);
    draft.records.push_back(&record);
  }
  // What lies between a name and the apex is there too, if only as an empty non-terminal.
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    const std::string_view owner = drafts_[i].node->owner_;
    if (owner != zone_->apex_ && !by_owner_.contains(ParentOf(owner))) {
      const Origin origin = drafts_[i].node->origin_;
      DraftOf(ParentOf(owner)).node->origin_ = origin;
    }
  }
  by_owner_.clear();
  for (Draft& draft : drafts_) draft.sort_key = SortKey(draft.node->owner_);
  std::sort(drafts_.begin(), drafts_.end(), [](const Draft& a, const Draft& b) { return a.sort_key < b.sort_key; });
}

void ZoneBuilder::MakeRRsets(Draft& draft, Complaints& complaints) {
  auto& records = draft.records;
  std::stable_sort(records.begin(), records.end(), [](const Record* a, const Record* b) { return a->type < b->type; });
  std::vector<const Record*> kept;
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at < records.size();) {
    std::size_t end = at + 1;
    while (end < records.size() && records[end]->type == records[at]->type) ++end;
    const std::size_t count = DropDoubles(std::span(records).subspan(at, end - at), complaints);
    starts.push_back(kept.size());
    kept.insert(kept.end(), records.begin() + static_cast<std::ptrdiff_t>(at),
                records.begin() + static_cast<std::ptrdiff_t>(at + count));
    at = end;
  }
  records = std::move(kept);
  std::size_t octets = 0;
  for (const Record* record : records) octets += 2U + record->rdata_size;
  draft.node->octets_.reserve(octets);  // what the RRsets borrow must not move
  draft.node->rrsets_.reserve(starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t end = i + 1 < starts.size() ? starts[i + 1] : records.size();
    MakeRRset(*draft.node, std::span(records).subspan(starts[i], end - starts[i]), complaints);
  }
}

/// Moves what is new to the front; returns how many that are.
std::size_t ZoneBuilder::DropDoubles(std::span<const Record*> records, Complaints& complaints) {
  if (records.size() == 1) return 1;
  std::unordered_set<std::string> seen;
  std::size_t kept = 0;
  for (const Record* record : records) {
    if (seen.insert(ComparableRdata(record->type, RdataOf(*record))).second) {
      records[kept++] = record;
    } else {
      complaints.Warn(OriginOf(*record), "the same " + TypeName(record->type) + " record of " +
                                             NameText(record->owner) + " is there already; this one is dropped");
    }
  }
  return kept;
}

void ZoneBuilder::MakeRRset(Node& node, std::span<const Record* const> records, Complaints& complaints) {
  const Record& first = *records.front();
  RRset rrset;
  rrset.type = first.type;
  rrset.ttl = first.ttl;
  const Record* differs = nullptr;
  const std::size_t start = node.octets_.size();
  for (const Record* record : records) {
    if (record->ttl != first.ttl && differs == nullptr) differs = record;
    rrset.ttl = std::min(rrset.ttl, record->ttl);
    node.octets_.push_back(static_cast<std::uint8_t>(record->rdata_size >> 8));
    node.octets_.push_back(static_cast<std::uint8_t>(record->rdata_size));
    const std::string_view rdata = RdataOf(*record);
    node.octets_.insert(node.octets_.end(), rdata.begin(), rdata.end());
  }
  rrset.rdata = std::span(node.octets_).subspan(start);
  // Signatures of different types share a type, but not a TTL.
  if (differs != nullptr && first.type != kRrsig) {
    complaints.Warn(OriginOf(*differs), "the " + TypeName(first.type) + " records of " + NameText(first.owner) +
                                            " have different TTLs; the lowest, " + std::to_string(rrset.ttl) +
                                            ", is taken for all (RFC 2181 5.2)");
  }
  const std::size_t octets =
      kHeaderOctets + first.owner.size() + 4 + rrset.rdata.size() + records.size() * (kRecordOctets - 2);
  if (octets > kMessageOctetsMax) {
    complaints.Refuse(OriginOf(first), "the " + TypeName(first.type) + " records of " + NameText(first.owner) +
                                           " do not fit into a DNS message: " + std::to_string(octets) +
                                           " octets, 65535 at most");
    rrset.rdata = {};
  }
  rrset.count = static_cast<std::uint16_t>(std::min<std::size_t>(records.size(), 65535));
  node.rrsets_.push_back(rrset);
}

void ZoneBuilder::SetFlags() {
  const Node* hider = nullptr;  // the topmost cut or DNAME above what follows
  std::vector<Node*> path;      // from the apex down to the last node
  for (Draft& draft : drafts_) {
    Node& node = *draft.node;
    while (!path.empty() && !IsAtOrBelow(node.owner_, path.back()->owner_)) path.pop_back();
    if (hider != nullptr && !IsAtOrBelow(node.owner_, hider->owner_)) hider = nullptr;
    node.hidden_by_ = hider;
    node.is_cut_ = !path.empty() && node.Find(kNs) != nullptr;
    if (hider == nullptr && (node.is_cut_ || node.Find(kDname) != nullptr)) hider = &node;
    if (!path.empty() && node.owner_.starts_with(std::string_view("\1*", 2))) path.back()->wildcard_ = &node;
    path.push_back(&node);
  }
}

void ZoneBuilder::FillTable() {
  const std::size_t size = std::bit_ceil(drafts_.size() * 2);
  zone_->slots_.resize(size);
  for (const Draft& draft : drafts_) {
    const std::uint64_t hash = model::Hash64(draft.node->owner_, zone_->seed_);
    std::size_t at = hash & (size - 1);
    while (zone_->slots_[at].node != nullptr) at = (at + 1) & (size - 1);
    zone_->slots_[at] = {hash, draft.node.get()};
  }
}

void ZoneBuilder::TakeSoa() {
  constexpr std::size_t kNumbers = 20;  // serial, refresh, retry, expire, minimum
  const RRset& soa = *drafts_.front().node->Find(kSoa);
  const auto load = [&](std::size_t at) {
    const std::uint8_t* from = soa.rdata.data() + soa.rdata.size() - kNumbers + at;
    return static_cast<std::uint32_t>(from[0] << 24 | from[1] << 16 | from[2] << 8 | from[3]);
  };
  zone_->serial_ = load(0);
  zone_->negative_ttl_ = std::min(soa.ttl, load(16));
}

}  // namespace waypost::zone
