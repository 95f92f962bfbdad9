#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "waypost/dns/outside.h"

namespace waypost::forward {

using Time = std::chrono::steady_clock::time_point;

/// What is known of names outside, by (name, type): findings until they are too old to be shown even as stale answers,
/// and failures for a moment. Bounded by octets; who was not asked for lately goes first. Safe from any thread: in
/// parts, each with a lock that is held for a moment.
class Cache {
 public:
  static constexpr std::size_t kPartsMax = 64;
  static constexpr std::size_t kPartOctetsMin = 512 << 10;  ///< room for several of the largest answers
  /// A failure is remembered this long (RFC 9520 3.2).
  static constexpr std::chrono::seconds kFailureKept{5};
  /// One that hides behind a stale answer: no new question before (RFC 8767 5).
  static constexpr std::chrono::seconds kStaleRetry{30};
  /// kAny shows what was just learned even if it may not be kept at all.
  static constexpr std::chrono::seconds kJustLearned{5};
  static constexpr std::chrono::seconds kPrefetchTtlMin{10};
  static constexpr std::uint32_t kPrefetchHitsMin = 2;
  static constexpr int kPrefetchShare = 10;  ///< a tenth of the TTL is left

  struct Options {
    std::size_t octets_max = 0;  ///< kPartOctetsMin or more
    std::chrono::seconds stale_max{0};
    bool prefetch = true;
    std::uint64_t seed = 0;  ///< of the hash, so that nobody can choose names that collide
  };
  explicit Cache(const Options& options);

  struct Seen {
    std::optional<dns::OutsideFound> found = {};
    bool refresh = false;  ///< asked often and soon too old: said once
  };
  Seen Find(std::string_view name, dns::Type type, dns::Outside::Accept accept, Time now);

  enum class State : std::uint8_t {
    kUnknown,
    kFresh,   ///< a finding within its TTL, or a remembered failure
    kStale,   ///< may be shown, but should be asked for
    kFailed,  ///< the same, and to ask failed lately
  };
  State Look(std::string_view name, dns::Type type, Time now) const;

  void Learn(std::string_view name, dns::Type type, std::shared_ptr<const dns::OutsideAnswer> answer,
             std::chrono::seconds ttl, Time now);
  /// A finding that may still be shown is kept instead.
  void LearnFailure(std::string_view name, dns::Type type, std::shared_ptr<const dns::OutsideAnswer> failure,
                    std::chrono::seconds kept, Time now);

  struct Totals {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t stale = 0;
    std::uint64_t evictions = 0;
    std::size_t entries = 0;
    std::size_t octets = 0;
  };
  Totals totals() const;

 private:
  struct Entry {
    std::string name;
    dns::Type type = dns::Type::kA;
    std::shared_ptr<const dns::OutsideAnswer> answer;
    std::size_t octets = 0;
    Time learned = {};
    Time fresh_until = {};
    Time failed_until = {};  // a refresh failed; no other before
    std::uint32_t hits = 0;
    bool is_failure = false;
    bool refreshed = false;  // a refresh was asked for
    bool touched = false;    // since it was last considered for eviction
  };
  using Entries = std::list<Entry>;
  struct Key {
    std::string_view name;  // of the entry
    dns::Type type;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const Key& key) const;
  };
  struct Part {
    explicit Part(std::uint64_t seed) : index(0, Hash{seed}) {}
    mutable std::mutex mutex;
    Entries entries;  // the next to be considered for eviction first
    std::unordered_map<Key, Entries::iterator, Hash> index;
    Totals totals;
  };

  Part& PartOf(const Key& key) const;
  bool MayBeShown(const Entry& entry, Time now) const;
  bool WantsRefresh(Entry& entry, Time now) const;
  static void Put(Part& part, Entry entry, std::size_t octets_max);
  static void MakeRoom(Part& part, std::size_t octets_max);

  const Options options_;
  std::size_t part_octets_max_ = 0;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace waypost::forward
