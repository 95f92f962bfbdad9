#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waypost::zone {

/// All records of one owner name and type (RFC 2181 5). Borrowed from its zone.
struct RRset {
  std::uint16_t type = 0;
  std::uint16_t count = 0;  ///< records, 1 or more
  std::uint32_t ttl = 0;    ///< seconds, the same for all (RFC 2181 5.2)
  /// The records one after another, each as two octets of length and its RDATA: wire format, names uncompressed and in
  /// the case in which they were written.
  std::span<const std::uint8_t> rdata = {};
};

/// Where a record stands, for messages to people.
struct Origin {
  std::string file = {};
  std::uint32_t line = 0;  ///< 0: the file as a whole
  std::string str() const { return line == 0 ? file : file + ":" + std::to_string(line); }
};

class Zone;

/// An owner name of a zone with its RRsets; with none it is there only because names lie below it (RFC 4592 2.2.2).
class Node {
 public:
  /// Canonical wire form (lower case, root label included).
  std::string_view owner() const { return owner_; }
  std::span<const RRset> rrsets() const { return rrsets_; }
  /// Null: none of this type. O(RRsets).
  const RRset* Find(std::uint16_t type) const;
  bool is_empty() const { return rrsets_.empty(); }
  /// Has NS records and is not the apex: the zone ends here, and what is below is another's (RFC 1034 4.2.1).
  bool is_cut() const { return is_cut_; }
  /// The cut, or the owner of a DNAME, that stands above this node and hides it; null: none. A cut hides itself not.
  const Node* hidden_by() const { return hidden_by_; }
  /// The node `*` right below this one; null: none.
  const Node* wildcard() const { return wildcard_; }
  /// Where its first record was written.
  const Origin& origin() const { return origin_; }

 private:
  friend class ZoneBuilder;
  std::string owner_;
  std::vector<RRset> rrsets_;
  bool is_cut_ = false;
  const Node* hidden_by_ = nullptr;
  const Node* wildcard_ = nullptr;
  Origin origin_;
  std::vector<std::uint8_t> octets_;  // what the RRsets borrow
};

/// What a zone has for a name, in the order in which RFC 1034 4.3.2 asks.
enum class Match : std::uint8_t {
  kExact,       ///< `node` is the name's; maybe without records, maybe a cut
  kDelegation,  ///< the name is below the cut `node`
  kDname,       ///< the name is below `node`, which has a DNAME
  kWildcard,    ///< `node` is the `*` below the name's closest encloser
  kNone,        ///< no such name; `node` is its closest encloser
};
struct Lookup {
  Match match = Match::kNone;
  const Node* node = nullptr;
};

/// One static zone: immutable, safe to share between threads, owns all it shows.
class Zone {
 public:
  ~Zone();
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

  /// Canonical wire form.
  std::string_view apex() const { return apex_; }
  /// False: its file could not be read and there was no earlier version. Then it has no nodes, and every name at or
  /// below its apex is answered with SERVFAIL.
  bool valid() const { return apex_node_ != nullptr; }
  /// Only of valid zones, like all below. Has SOA (one) and NS.
  const Node& apex_node() const { return *apex_node_; }
  std::uint32_t serial() const { return serial_; }
  /// TTL of negative answers: the lesser of the SOA's own and its MINIMUM, seconds (RFC 2308 5).
  std::uint32_t negative_ttl() const { return negative_ttl_; }
  /// The file it was read from.
  const std::string& file() const { return file_; }

  /// Canonical wire form at or below the apex; `hash` is model::Hash64 with the seed of the zone's ZoneSet. One probe
  /// for a name that is there, else one a label. No allocation.
  Lookup Look(std::string_view name, std::uint64_t hash) const;
  /// The node of exactly this name, hidden ones and empty non-terminals included; null: none.
  const Node* Find(std::string_view name, std::uint64_t hash) const;
  /// All nodes: the apex first, the others in canonical order (RFC 4034 6.1).
  std::span<const std::unique_ptr<Node>> nodes() const { return nodes_; }

 private:
  friend class ZoneBuilder;
  friend class ZoneSet;
  Zone() = default;
  struct Slot {
    std::uint64_t hash = 0;
    const Node* node = nullptr;
  };
  std::string apex_;
  std::string file_;
  std::uint64_t seed_ = 0;
  std::uint32_t serial_ = 0;
  std::uint32_t negative_ttl_ = 0;
  const Node* apex_node_ = nullptr;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<Slot> slots_;
};

/// All static zones at one time: immutable, safe to share between threads.
class ZoneSet {
 public:
  /// `seed`: of the hash under which names are looked up. Two zones of one apex are a bug of the caller.
  ZoneSet(std::vector<std::shared_ptr<const Zone>> zones, std::uint64_t seed);

  bool empty() const { return zones_.empty(); }
  /// By apex, in canonical order.
  std::span<const std::shared_ptr<const Zone>> zones() const { return zones_; }
  /// The zone of the longest apex at or above the name (canonical wire form); null: none. No allocation, one probe a
  /// label; none at all when there are no zones.
  const Zone* FindZone(std::string_view name) const;
  /// The zone of exactly this apex; null: none.
  const Zone* FindApex(std::string_view apex) const;
  std::uint64_t seed() const { return seed_; }

 private:
  std::vector<std::shared_ptr<const Zone>> zones_;
  std::vector<std::pair<std::uint64_t, const Zone*>> slots_;
  std::uint64_t seed_;
};

}  // namespace waypost::zone
