#pragma once

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "transfer/fixed_zone.h"
#include "transfer/journal.h"
#include "transfer/record_sequence.h"
#include "transfer/service_part.h"
#include "transfer/soa.h"
#include "waypost/dns/address.h"
#include "waypost/model/id.h"
#include "waypost/view/view.h"

namespace waypost::transfer {

/// A zone that is transferred: a namespace's, a static one, or both as one.
struct ZoneKey {
  std::string apex;  ///< canonical wire form
  std::optional<model::NamespaceId> in = {};
  auto operator<=>(const ZoneKey&) const = default;
};

/// What a namespace's zone says of its name servers.
struct Nameservers {
  std::vector<std::string> names = {};       ///< canonical wire form; empty: `ns1.<apex>`
  std::vector<dns::Address> addresses = {};  ///< of `ns1.<apex>`
};

/// What images are made from.
struct ImageSources {
  view::View& view;
  view::Reader& reader;
  const Nameservers& nameservers;
};

/// A zone's records as they were at one serial, and how they came there. One serial is one content: between two
/// refreshes nothing in here changes. Used by one thread; what it hands out lives as long as its owner likes.
class ZoneImage {
 public:
  ZoneImage(ZoneKey key, ImageSources sources);

  /// What may have changed since the last refresh. Marks that turn out to be about nothing cost a look.
  void MarkService(const model::ServiceId& service) { marked_.insert(service); }
  void MarkViews() { views_marked_ = true; }
  void MarkAll() { all_marked_ = true; }
  bool Has(const model::ServiceId& service) const { return parts_.contains(service); }

  enum class Outcome : std::uint8_t {
    kSame,
    kChanged,    ///< there is a new version
    kUnsettled,  ///< a batch of changes is half applied: soon again
    kGone,       ///< there is no such zone any more
  };
  /// Brings it to the namespace's serial and to these static zones. `noted`: the last revision whose changes are
  /// marked; if the namespace is ahead of that, all of its services are looked at.
  Outcome Refresh(const std::shared_ptr<const zone::ZoneSet>& zones, model::Revision noted);
  /// Of the last refresh that said kChanged: from the version of `last_soa()`; null: there was none, or a later one.
  const std::shared_ptr<const Change>& last_change() const { return last_change_; }
  const Soa& last_soa() const { return last_soa_; }

  const ZoneKey& key() const { return key_; }
  /// After the first refresh.
  const Soa& soa() const { return soa_; }
  /// How many there were.
  std::uint64_t versions() const { return versions_; }
  /// Whether this version of the zone's file differs from the one that is in here, and has the same serial.
  bool LacksSerialFor(const FixedZone& fixed) const {
    return fixed_.zone != nullptr && fixed_.zone != fixed.zone && fixed_.zone->serial() == fixed.zone->serial();
  }
  /// All records, SOA … SOA.
  RecordSequence Whole() const;
  /// Octets of all records, as they are kept.
  std::size_t octets() const { return octets_ + fixed_octets_; }
  /// Targets of aliases that were left out, with the name of the service; for the log. Clears.
  std::vector<std::pair<std::string, std::string>> TakeLeftOut() { return std::exchange(left_out_, {}); }

 private:
  struct Entry {
    ServicePart part = {};
    std::string owner = {};
    model::Revision built = 0;  ///< the service's last change when it was built
  };
  struct Standing;

  Outcome ReadStanding(const std::shared_ptr<const zone::ZoneSet>& zones, Standing& standing) const;
  void RefreshParts(const Standing& standing, model::Revision noted, Change* change);
  void RefreshAll(const Standing& standing, Change* change);
  void RefreshViews(const Standing& standing, bool all, Change* change);
  /// A service whose name came or went may be an SRV target of one above it.
  void RefreshAbove(const Standing& standing, const std::string& owner, Change* change);
  void RefreshService(const Standing& standing, const model::ServiceId& id, Change* change);
  void RefreshView(const Standing& standing, const std::string& owner, Change* change);
  void Build(const Standing& standing, const view::ServiceNode& node, Entry& entry, Change* change);
  void Drop(const Standing& standing, const Entry& entry, Change* change);
  void Replace(Part& part, Part next, Change* change);
  void RefreshApex(const Standing& standing, Change* change);
  Soa MakeSoa(const Standing& standing) const;

  ZoneKey key_;
  ImageSources sources_;
  std::set<model::ServiceId> marked_;
  bool views_marked_ = true;
  bool all_marked_ = true;
  std::uint64_t versions_ = 0;
  Soa soa_;
  FixedZone fixed_;
  Part apex_ = std::make_shared<Records>();
  std::map<model::ServiceId, Entry> parts_;
  std::map<std::string, Entry> views_;  // by owner name
  std::set<model::ServiceId> leading_;  // whose alias leads elsewhere
  std::vector<std::string> appeared_;   // owner names that came or went in this refresh
  std::size_t octets_ = 0;
  std::size_t fixed_octets_ = 0;
  model::Revision newest_ = 0;  // of what was looked at in this refresh
  std::shared_ptr<const Change> last_change_;
  Soa last_soa_;
  std::vector<std::pair<std::string, std::string>> left_out_;
};

}  // namespace waypost::transfer
