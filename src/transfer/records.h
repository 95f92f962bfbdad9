#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace waypost::transfer {

/// One record, borrowed. Owner in canonical wire form; RDATA in wire format with uncompressed names.
struct Record {
  std::string_view owner = {};
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  std::string_view rdata = {};
  auto operator<=>(const Record&) const = default;
};

/// Records one after another in one string; an owner that is that of the record before takes one octet.
class Records {
 public:
  /// Walks over them; what it shows borrows from the records.
  class Cursor {
   public:
    explicit Cursor(const Records& records) : left_(records.octets_) {}
    /// Null: that was all. Valid until the next call.
    const Record* Next();

   private:
    std::string_view left_;
    Record record_;
  };

  void Add(const Record& record);
  void Add(const Records& others);
  bool empty() const { return octets_.empty(); }
  std::size_t octets() const { return octets_.size(); }

 private:
  friend class Cursor;
  std::string octets_;
  std::size_t last_owner_at_ = 0;
};

/// What one source (a service, a view, an apex) has in a zone: sorted, each record once.
using Part = std::shared_ptr<const Records>;

/// Gathers a part's records in any order.
class PartBuilder {
 public:
  void Add(std::string_view owner, std::uint16_t type, std::uint32_t ttl, std::string_view rdata);
  Part Build();

 private:
  struct Place {
    std::size_t at;
    std::uint8_t owner_size;
    std::uint16_t type;
    std::uint32_t ttl;
    std::size_t rdata_size;
  };
  Record RecordAt(const Place& place) const;
  std::string octets_;
  std::vector<Place> places_;
};

/// From one version to another: records to take away first, then records to add.
struct Change {
  Records removed = {};
  Records added = {};
  bool empty() const { return removed.empty() && added.empty(); }
  std::size_t octets() const { return removed.octets() + added.octets(); }
};

/// The one change that has the effect of these one after another: what came and went again is not in it. O(records).
Change Condense(const std::vector<const Change*>& changes);

/// Adds to `change` what leads from one part to the other. O(records of both).
void AddDifference(const Records& before, const Records& after, Change& change);

}  // namespace waypost::transfer
