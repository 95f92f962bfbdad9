#include "zone/rules.h"

#include "waypost/model/hash.h"
#include "waypost/model/owner_name.h"
#include "zone/name.h"
#include "zone/rdata.h"
#include "zone/types.h"

namespace waypost::zone {
namespace {

/// The n-th record of a type; null: there are fewer.
const Record* Nth(const Draft& draft, std::uint16_t type, std::size_t n) {
  for (const Record* record : draft.records) {
    if (record->type == type && n-- == 0) return record;
  }
  return nullptr;
}

void CheckApex(const Unchecked& unchecked, Complaints& complaints) {
  const Draft& apex = unchecked.drafts.front();
  const std::string name = NameText(apex.node->owner());
  const Origin file{unchecked.zone.file(), 0};
  if (const Record* second = Nth(apex, kSoa, 1)) {
    complaints.Refuse(unchecked.builder.OriginOf(*second), "a second SOA record of " + name + "; a zone has one");
  }
  if (Nth(apex, kSoa, 0) == nullptr) {
    complaints.Refuse(file,
                      "no SOA record of " + name + " (wanted: one, at the zone's apex, which the file's name says)");
  }
  if (Nth(apex, kNs, 0) == nullptr) {
    complaints.Refuse(file, "no NS record of " + name + " (wanted: at least one, at the zone's apex)");
  }
}

void CheckCname(const Unchecked& unchecked, const Draft& draft, Complaints& complaints) {
  const Record* cname = Nth(draft, kCname, 0);
  if (cname == nullptr) return;
  const std::string name = NameText(draft.node->owner());
  if (const Record* second = Nth(draft, kCname, 1)) {
    complaints.Refuse(unchecked.builder.OriginOf(*second), "a second CNAME record of " + name + "; a name has one");
  }
  for (const Record* other : draft.records) {
    if (other->type == kCname || other->type == kRrsig || other->type == kNsec) continue;
    complaints.Refuse(unchecked.builder.OriginOf(*cname),
                      "the CNAME record of " + name + " must be alone, but there is " + TypeName(other->type) +
                          " too (" + unchecked.builder.OriginOf(*other).str() + ")");
    return;
  }
}

void CheckDname(const Unchecked& unchecked, const Draft& draft, Complaints& complaints) {
  if (Nth(draft, kDname, 0) == nullptr) return;
  const std::string name = NameText(draft.node->owner());
  if (const Record* second = Nth(draft, kDname, 1)) {
    complaints.Refuse(unchecked.builder.OriginOf(*second), "a second DNAME record of " + name + "; a name has one");
  }
  if (draft.node->is_cut()) {
    complaints.Refuse(
        unchecked.builder.OriginOf(*Nth(draft, kDname, 0)),
        "DNAME at the delegation " + name + ": it belongs into the zone that is delegated (RFC 6672 2.3)");
  }
}

/// Records that no wildcard may have, because nobody could say what they mean (RFC 4592 4.2, 4.4).
void CheckWildcard(const Unchecked& unchecked, const Draft& draft, Complaints& complaints) {
  if (!draft.node->owner().starts_with(std::string_view("\1*", 2))) return;
  for (const std::uint16_t type : {kNs, kDname}) {
    if (const Record* record = Nth(draft, type, 0)) {
      complaints.Refuse(
          unchecked.builder.OriginOf(*record),
          TypeName(type) + " at the wildcard " + NameText(draft.node->owner()) + ": write it for each name");
    }
  }
}

/// Or refused there anyway.
bool IsAnsweredAtCut(std::uint16_t type) {
  return type == kDname || type == kNs || type == kDs || type == kNsec || type == kRrsig || type == kA || type == kAaaa;
}

void WarnHidden(const Unchecked& unchecked, const Draft& draft, Complaints& complaints) {
  const Node* hider = draft.node->hidden_by();
  for (const Record* record : draft.records) {
    const bool is_glue = record->type == kA || record->type == kAaaa;
    std::string where;
    if (hider != nullptr && hider->is_cut() && !is_glue) {
      where = "lies below the delegation " + NameText(hider->owner());
    } else if (hider != nullptr && !hider->is_cut()) {
      where = "lies below the DNAME of " + NameText(hider->owner());
    } else if (hider == nullptr && draft.node->is_cut() && !IsAnsweredAtCut(record->type)) {
      where = "stands at a delegation";
    }
    if (where.empty()) continue;
    complaints.Warn(unchecked.builder.OriginOf(*record), "the " + TypeName(record->type) + " record of " +
                                                             NameText(draft.node->owner()) + " " + where +
                                                             " and is never answered");
  }
}

bool HasAddress(const Node& node) { return node.Find(kA) != nullptr || node.Find(kAaaa) != nullptr; }

/// What is wrong with `target`, which lies in the zone; empty: nothing.
std::string WhatIsWrong(const Unchecked& unchecked, const Draft& draft, const Record& record,
                        const std::string& target) {
  const std::uint64_t hash = model::Hash64(target, unchecked.builder.seed());
  const Node& owner = *draft.node;
  if (record.type == kNs && owner.is_cut() && IsAtOrBelow(target, owner.owner())) {
    const Node* glue = unchecked.zone.Find(target, hash);
    return glue != nullptr && HasAddress(*glue) ? "" : "needs its address here (glue), or nobody can reach it";
  }
  const Lookup found = unchecked.zone.Look(target, hash);
  switch (found.match) {
    case Match::kDelegation:
      return "";
    case Match::kDname:
      return "is an alias, by the DNAME of " + NameText(found.node->owner()) + " (RFC 2181 10.3)";
    case Match::kNone:
      return "does not exist in this zone";
    default:
      break;
  }
  if (found.node->Find(kCname) != nullptr) return "is an alias, a CNAME (RFC 2181 10.3)";
  if (HasAddress(*found.node) || found.node->is_cut()) return "";
  return "has no address in this zone";
}

}  // namespace

std::optional<std::size_t> TargetOffset(std::uint16_t type) {
  switch (type) {
    case kNs:
    case kCname:
    case kPtr:
    case kDname:
      return 0;
    case kMx:
      return 2;
    case kSrv:
      return 6;
    default:
      return std::nullopt;
  }
}

void CheckStructure(const Unchecked& unchecked, Complaints& complaints) {
  CheckApex(unchecked, complaints);
  for (const Draft& draft : unchecked.drafts) {
    const bool is_apex = &draft == &unchecked.drafts.front();
    const Record* soa = Nth(draft, kSoa, 0);
    if (!is_apex && soa != nullptr) {
      complaints.Refuse(unchecked.builder.OriginOf(*soa), "SOA of " + NameText(draft.node->owner()) +
                                                              ", which is not the zone's apex " +
                                                              NameText(unchecked.zone.apex()));
    }
    CheckCname(unchecked, draft, complaints);
    CheckDname(unchecked, draft, complaints);
    CheckWildcard(unchecked, draft, complaints);
    WarnHidden(unchecked, draft, complaints);
  }
}

void CheckTargets(const Unchecked& unchecked, Complaints& complaints) {
  for (const Draft& draft : unchecked.drafts) {
    if (draft.node->hidden_by() != nullptr) continue;
    for (const Record* record : draft.records) {
      if (record->type != kNs && record->type != kMx && record->type != kSrv) continue;
      const std::string target =
          model::Folded(NameAtFront(unchecked.builder.RdataOf(*record).substr(*TargetOffset(record->type))));
      // The root stands for "none" in MX and SRV (RFC 7505, RFC 2782).
      if (target.size() == 1 || !IsAtOrBelow(target, unchecked.zone.apex())) continue;
      const std::string wrong = WhatIsWrong(unchecked, draft, *record, target);
      if (wrong.empty()) continue;
      complaints.Warn(unchecked.builder.OriginOf(*record),
                      NameText(target) + ", which this " + TypeName(record->type) + " record names, " + wrong);
    }
  }
}

}  // namespace waypost::zone
