#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "waypost/model/namespace.h"
#include "waypost/model/owner_name.h"
#include "waypost/view/address_index.h"
#include "waypost/view/epoch.h"
#include "waypost/view/foreign_zones.h"
#include "waypost/view/hash_index.h"
#include "waypost/view/service_state.h"

namespace waypost::view {

/// One version of a namespace's configuration.
struct NamespaceState {
  model::Namespace value;
  model::Revision revision = 0;
  static void Destroy(NamespaceState* state) { delete state; }
};

/// A namespace's lasting place; for DNS types also its zone.
struct NamespaceNode {
  model::NamespaceId id;
  model::NamespaceType type = model::NamespaceType::kHttp;
  std::string apex = {};  ///< canonical wire form; empty for HTTP namespaces
  std::string http_name = {};

  const NamespaceState& state() const { return *current.load(std::memory_order_acquire); }
  /// SOA serial: low 32 bits of the revision of the zone's last change, 0 → 1.
  std::uint32_t serial() const {
    const auto low = static_cast<std::uint32_t>(last_change.load(std::memory_order_acquire));
    return low == 0 ? 1 : low;
  }
  /// Negative TTL, and TTL of the SOA, in seconds.
  std::uint32_t soa_ttl() const { return soa_ttl_now.load(std::memory_order_relaxed); }
  bool is_private() const { return type == model::NamespaceType::kDnsPrivate; }
  /// No other zone has this apex and none lies below it: a name found here needs no search for another zone.
  bool plain() const { return alone.load(std::memory_order_acquire); }

  static void Destroy(NamespaceNode* node) {
    delete node->current.load();
    delete node;
  }

  std::atomic<const NamespaceState*> current{nullptr};
  std::atomic<std::uint64_t> last_change{0};
  std::atomic<std::uint32_t> soa_ttl_now{0};
  std::atomic<bool> alone{true};
};

/// What a reader outside the hot paths gets of a namespace: shared by value, valid as long as it likes.
struct NamespaceInfo {
  model::Namespace value;
  std::uint32_t service_count = 0;
};
struct ServiceInfo {
  std::shared_ptr<const ServiceConfig> config;
  std::uint32_t instance_count = 0;
};

struct NamedQueryInfo {
  model::NamedQuery value;
  model::Revision revision = 0;
  std::uint32_t member_count = 0;
};

/// Everything that can be asked, in memory: owner name → records, (namespace, service) → members, ids → both. Readers
/// take no locks on the hot paths; all that is marked "section" needs a ReadSection of this view's domain on the
/// calling thread (or the right to edit). List… and Get… bring their own and take a lock for a moment.
class View {
 public:
  View();
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  EpochDomain& domain() { return domain_; }
  /// Highest revision that readers can see.
  model::Revision applied() const { return applied_.load(std::memory_order_acquire); }
  /// False until the registry is loaded.
  bool ready() const { return ready_.load(std::memory_order_acquire); }

  // --- DNS: names are canonical wire form (lower case, root label included) ---

  /// The hash under which names are found; the same for the whole life of this view.
  std::uint64_t HashName(std::string_view wire) const { return model::Hash64(wire, name_seed_); }
  std::uint64_t name_seed() const { return name_seed_; }
  /// Section. First stage of a batch: the slot; second: a candidate that the caller must compare by owner_wire().
  void PrefetchName(std::uint64_t hash) const { names_.Prefetch(hash); }
  const ServiceNode* NameCandidate(std::uint64_t hash) const { return names_.Candidate(hash); }
  /// Section. The service of this owner name in `zone` (null: in any), or null.
  const ServiceNode* FindName(std::string_view wire, std::uint64_t hash, const NamespaceNode* zone) const;
  /// Section. The zone of the longest apex at or above the name. Where a private and a public namespace share an apex,
  /// `private_client` decides which is meant; among equals the oldest. Null: none of ours. O(labels).
  const NamespaceNode* FindZone(std::string_view wire, bool private_client) const;
  /// Section. Whether some name of ours lies below this one (RFC 8020, RFC 4592 2.2.2).
  bool HasNamesBelow(std::string_view wire) const;

  /// Where a zone from elsewhere that has this apex too has records of this name; empty: nowhere. Waits for an Edit to
  /// end, so not from within one.
  std::string ForeignOrigin(std::string_view apex, std::string_view owner) const;

  // --- discovery ---

  /// Section. By HttpName and name of a service or a view (exact, or for those in DNS without regard to case). Null:
  /// none.
  const ServiceNode* FindService(std::string_view http_name, std::string_view service) const;
  /// Section. Null: none.
  const NamespaceNode* FindNamespaceByHttpName(std::string_view http_name) const;

  /// Section. A service as people name it: `srv-…`, or `<service>.<HttpName>` (a final dot may stand). Null: none. Of
  /// several ways to read a name the one with the longest namespace is taken.
  const ServiceNode* FindServiceByText(std::string_view text) const;

  // --- by address ---

  /// From now on FindByAddress finds. Once, before anything is in this view.
  void EnableReverse();
  /// Section. Calls `visit(service, member)` for each instance that is registered with this address (4 or 16 octets in
  /// network order), the latest first, until it returns true. Returns whether it did. O(instances at that address).
  template <class Visit>
  bool FindByAddress(std::span<const std::uint8_t> address, Visit visit) const {
    return addresses_ != nullptr && addresses_->Find(address, visit);
  }

  // --- views (named queries); without a section ---

  /// By name without regard to case.
  std::optional<NamedQueryInfo> GetNamedQuery(const model::NamespaceId& in, std::string_view name) const;
  /// All that `want(query)` accepts, by namespace and name. O(views).
  template <class Want>
  std::vector<NamedQueryInfo> ListNamedQueries(Want want) const {
    std::vector<NamedQueryInfo> list;
    const ColdSection section(*this);
    for (const auto& [key, node] : queries_) {
      const QueryPart& part = *node->query();
      if (want(part.value)) list.push_back({part.value, part.revision, node->state().count()});
    }
    return list;
  }

  // --- by id ---

  /// Section.
  const ServiceNode* FindService(const model::ServiceId& id) const;
  const NamespaceNode* FindNamespace(const model::NamespaceId& id) const;
  /// Without a section.
  std::optional<NamespaceInfo> GetNamespace(const model::NamespaceId& id) const;
  std::optional<ServiceInfo> GetService(const model::ServiceId& id) const;

  // --- ordered lists, for pages: by id, beginning behind `after` (nullopt: at the start), `limit` at most, only those
  // that
  //     `want` accepts. Stable when others come and go between calls.
  template <class Want>
  std::vector<NamespaceInfo> ListNamespaces(std::optional<model::NamespaceId> after, std::size_t limit,
                                            Want want) const {
    std::vector<NamespaceInfo> page;
    const ColdSection section(*this);
    auto at = after ? namespaces_.upper_bound(*after) : namespaces_.begin();
    for (; at != namespaces_.end() && page.size() < limit; ++at) {
      const model::Namespace& value = at->second.node->state().value;
      if (want(value)) page.push_back({value, static_cast<std::uint32_t>(at->second.services.size())});
    }
    return page;
  }
  /// Services of one namespace, or of all.
  std::vector<ServiceInfo> ListServices(std::optional<model::NamespaceId> in, std::optional<model::ServiceId> after,
                                        std::size_t limit) const;
  std::size_t namespace_count() const;
  std::size_t service_count() const;
  std::size_t instance_count() const { return instance_count_.load(std::memory_order_relaxed); }

 private:
  friend class Edit;
  struct NamespaceEntry {
    NamespaceNode* node = nullptr;
    std::set<model::ServiceId> services = {};
  };
  /// A name that exists only because others lie below it.
  struct Ancestor {
    std::string wire;
    std::uint32_t below = 0;
    static void Destroy(Ancestor* ancestor) { delete ancestor; }
  };
  /// Who must follow when a service changes.
  struct Dependents {
    std::vector<ServiceNode*> views = {};    ///< that select from it
    std::vector<ServiceNode*> leaning = {};  ///< that fall back to it
  };
  using QueryKey = std::pair<model::NamespaceId, std::string>;  // the name folded

  /// For paths that are not hot: holds the catalog still, and what it leads to alive.
  class ColdSection {
   public:
    explicit ColdSection(const View& view) : lock_(view.catalog_mutex_), section_(view.cold_reader_) {}

   private:
    std::lock_guard<std::mutex> lock_;
    ReadSection section_;
  };

  std::uint64_t ServiceKey(std::string_view http_name, std::string_view service) const;

  EpochDomain domain_;
  mutable Reader cold_reader_;  // under catalog_mutex_
  std::uint64_t name_seed_;
  HashIndex<ServiceNode> names_;     // by owner name
  HashIndex<ServiceNode> services_;  // by HttpName and folded service name
  HashIndex<ServiceNode> service_ids_;
  HashIndex<NamespaceNode> namespace_ids_;
  HashIndex<NamespaceNode> http_names_;
  HashIndex<NamespaceNode> zones_;  // by apex
  HashIndex<Ancestor> ancestors_;
  std::atomic<model::Revision> applied_{0};
  std::atomic<bool> ready_{false};
  std::atomic<std::size_t> instance_count_{0};
  std::set<std::uint32_t> shifted_zones_;                          // ZoneHash; the editor's
  std::unordered_map<const ServiceNode*, Dependents> dependents_;  // the editor's; only services that have some
  std::unique_ptr<AddressIndex> addresses_;                        // null: not wanted

  mutable std::mutex catalog_mutex_;
  std::map<model::NamespaceId, NamespaceEntry> namespaces_;
  std::map<model::ServiceId, ServiceNode*> catalog_;
  std::map<QueryKey, ServiceNode*> queries_;

  mutable std::mutex edit_mutex_;
  ForeignZones foreign_zones_;  // the editor's
};

/// Members of a service in order of their ids, behind `after`, `limit` at most. Section. O(members).
std::vector<const Member*> ListMembers(const ServiceState& state, std::string_view after, std::size_t limit);

}  // namespace waypost::view
