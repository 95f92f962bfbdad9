#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "transfer/journal.h"
#include "transfer/marks.h"
#include "transfer/secondaries.h"
#include "transfer/zone_image.h"
#include "waypost/telemetry/log.h"
#include "waypost/view/view.h"

namespace waypost::transfer {

/// A zone that some secondary is listed for.
struct HeldZone {
  explicit HeldZone(ZoneKey key, ImageSources sources) : image(std::move(key), sources) {}
  ZoneImage image;
  std::shared_ptr<Journal> journal = std::make_shared<Journal>();
  std::vector<std::size_t> secondaries = {};  ///< their places in the list
};

/// All zones that secondaries are listed for. Nothing is kept of others. Of one thread.
class Zones {
 public:
  Zones(const Options& options, const Secondaries& secondaries, view::View& view, telemetry::Log log);

  void SetFixed(std::shared_ptr<const zone::ZoneSet> zones);
  const std::shared_ptr<const zone::ZoneSet>& fixed() const { return fixed_; }
  void Mark(const Touched& touched);
  /// The next Settle looks anew.
  void Unsettle() { unsettled_ = true; }
  /// Which zones there are and who is listed for them, where that may have changed. Returns those that are gone.
  std::vector<ZoneKey> Settle();
  ZoneImage::Outcome Refresh(HeldZone& zone, Instant now);

  std::map<ZoneKey, std::unique_ptr<HeldZone>>& all() { return held_; }
  /// What is meant by a zone of this name; none: there is no such zone.
  std::optional<ZoneKey> Meant(std::string_view apex, bool sees_private);
  HeldZone* Find(const ZoneKey& key);

  JournalBounds& bounds() { return bounds_; }

 private:
  std::map<ZoneKey, std::vector<std::size_t>> Wanted();

  const Secondaries& secondaries_;
  view::View& view_;
  view::Reader reader_;
  telemetry::Log log_;
  Nameservers nameservers_;
  JournalBounds bounds_;
  std::shared_ptr<const zone::ZoneSet> fixed_;
  std::map<ZoneKey, std::unique_ptr<HeldZone>> held_;
  std::map<model::NamespaceId, HeldZone*> by_namespace_;
  model::Revision noted_ = 0;
  bool unsettled_ = true;
};

}  // namespace waypost::transfer
