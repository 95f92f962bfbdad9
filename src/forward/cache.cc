#include "forward/cache.h"

#include <algorithm>
#include <utility>

#include "forward/upstream_message.h"
#include "waypost/model/hash.h"

namespace waypost::forward {
namespace {

constexpr std::size_t kEntryOctets = 320;  // list node, index node and bucket around the answer

std::chrono::seconds Whole(Time::duration time) { return std::chrono::duration_cast<std::chrono::seconds>(time); }

}  // namespace

Cache::Cache(const Options& options) : options_(options) {
  const std::size_t count = std::clamp<std::size_t>(options.octets_max / kPartOctetsMin, 1, kPartsMax);
  part_octets_max_ = options.octets_max / count;
  for (std::size_t i = 0; i < count; ++i) parts_.push_back(std::make_unique<Part>(options.seed));
}

std::size_t Cache::Hash::operator()(const Key& key) const {
  return model::Hash64(key.name, seed + static_cast<std::uint64_t>(key.type));
}

Cache::Part& Cache::PartOf(const Key& key) const { return *parts_[(Hash{options_.seed}(key) >> 32) % parts_.size()]; }

bool Cache::MayBeShown(const Entry& entry, Time now) const {
  return !entry.is_failure && now < entry.fresh_until + options_.stale_max;
}

bool Cache::WantsRefresh(Entry& entry, Time now) const {
  const Time::duration ttl = entry.fresh_until - entry.learned;
  const bool soon = (entry.fresh_until - now) * kPrefetchShare < ttl;
  if (!options_.prefetch || entry.is_failure || entry.refreshed) return false;
  if (!soon || ttl < kPrefetchTtlMin || entry.hits < kPrefetchHitsMin) return false;
  entry.refreshed = true;
  return true;
}

Cache::Seen Cache::Find(std::string_view name, dns::Type type, dns::Outside::Accept accept, Time now) {
  const Key key{name, type};
  Part& part = PartOf(key);
  const std::lock_guard lock(part.mutex);
  const auto at = part.index.find(key);
  if (at == part.index.end()) {
    ++part.totals.misses;
    return {};
  }
  Entry& entry = *at->second;
  Seen seen;
  const auto age = static_cast<std::uint32_t>(Whole(std::max(now - entry.learned, Time::duration(0))).count());
  const bool any = accept == dns::Outside::Accept::kAny;
  const bool fresh = now < entry.fresh_until;
  if (fresh || (any && (entry.is_failure || now < entry.learned + kJustLearned))) {
    seen.found = dns::OutsideFound{entry.answer, age, false};
  } else if (MayBeShown(entry, now) && (any || now < entry.failed_until)) {
    seen.found = dns::OutsideFound{entry.answer, age, true};
    ++part.totals.stale;
  }
  entry.touched = true;
  if (!any) ++(seen.found ? part.totals.hits : part.totals.misses);
  if (fresh && !any) {
    if (entry.hits < kPrefetchHitsMin) ++entry.hits;
    seen.refresh = WantsRefresh(entry, now);
  }
  return seen;
}

Cache::State Cache::Look(std::string_view name, dns::Type type, Time now) const {
  const Key key{name, type};
  const Part& part = PartOf(key);
  const std::lock_guard lock(part.mutex);
  const auto at = part.index.find(key);
  if (at == part.index.end()) return State::kUnknown;
  const Entry& entry = *at->second;
  if (now < entry.fresh_until) return State::kFresh;
  if (!MayBeShown(entry, now)) return State::kUnknown;
  return now < entry.failed_until ? State::kFailed : State::kStale;
}

void Cache::Learn(std::string_view name, dns::Type type, std::shared_ptr<const dns::OutsideAnswer> answer,
                  std::chrono::seconds ttl, Time now) {
  Entry entry;
  entry.name = name;
  entry.type = type;
  entry.octets = kEntryOctets + name.size() + OctetsOf(*answer);
  entry.answer = std::move(answer);
  entry.learned = now;
  entry.fresh_until = now + ttl;
  Part& part = PartOf({name, type});
  const std::lock_guard lock(part.mutex);
  Put(part, std::move(entry), part_octets_max_);
}

void Cache::LearnFailure(std::string_view name, dns::Type type, std::shared_ptr<const dns::OutsideAnswer> failure,
                         std::chrono::seconds kept, Time now) {
  Entry entry;
  entry.name = name;
  entry.type = type;
  entry.octets = kEntryOctets + name.size() + OctetsOf(*failure);
  entry.answer = std::move(failure);
  entry.learned = now;
  entry.fresh_until = now + kept;
  entry.is_failure = true;
  Part& part = PartOf({name, type});
  const std::lock_guard lock(part.mutex);
  const auto at = part.index.find({name, type});
  if (at != part.index.end() && MayBeShown(*at->second, now)) {
    at->second->failed_until = now + kStaleRetry;
    return;
  }
  Put(part, std::move(entry), part_octets_max_);
}

void Cache::Put(Part& part, Entry entry, std::size_t octets_max) {
  const auto at = part.index.find({entry.name, entry.type});
  if (at != part.index.end()) {
    // The index borrows the name, so the entry goes too. What is asked for often stays known as such.
    const Entries::iterator old = at->second;
    entry.touched = old->touched;
    part.totals.octets -= old->octets;
    part.index.erase(at);
    part.entries.erase(old);
  }
  part.totals.octets += entry.octets;
  part.entries.push_back(std::move(entry));
  const auto last = std::prev(part.entries.end());
  part.index.emplace(Key{last->name, last->type}, last);
  MakeRoom(part, octets_max);
}

/// Second chance: what was asked for since it was last considered goes to the end of the line once. The newest stays.
void Cache::MakeRoom(Part& part, std::size_t octets_max) {
  while (part.totals.octets > octets_max && part.entries.size() > 1) {
    const auto first = part.entries.begin();
    if (std::exchange(first->touched, false)) {
      part.entries.splice(std::prev(part.entries.end()), part.entries, first);
      continue;
    }
    part.totals.octets -= first->octets;
    ++part.totals.evictions;
    part.index.erase(Key{first->name, first->type});
    part.entries.erase(first);
  }
}

Cache::Totals Cache::totals() const {
  Totals totals;
  for (const auto& part : parts_) {
    const std::lock_guard lock(part->mutex);
    totals.hits += part->totals.hits;
    totals.misses += part->totals.misses;
    totals.stale += part->totals.stale;
    totals.evictions += part->totals.evictions;
    totals.octets += part->totals.octets;
    totals.entries += part->entries.size();
  }
  return totals;
}

}  // namespace waypost::forward
