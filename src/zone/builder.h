#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "waypost/zone/zone.h"
#include "zone/complaints.h"
#include "zone/record.h"

namespace waypost::zone {

/// A node while its zone is built, with the records that it was made of.
struct Draft {
  std::unique_ptr<Node> node = {};
  std::string sort_key = {};
  std::vector<const Record*> records = {};  ///< by type; without those that were there twice
};

/// Makes a zone out of records.
class ZoneBuilder {
 public:
  /// `apex` in canonical wire form; `seed` as for Zone::Look.
  ZoneBuilder(std::string apex, std::string file, std::uint64_t seed);

  /// The number of a file, for Record::file. The first is 0.
  std::uint32_t AddFile(std::string name);
  /// `owner` at or below the apex.
  void Add(Record record, std::span<const std::uint8_t> rdata);
  const std::string& FileName(std::uint32_t file) const { return files_[file]; }
  std::uint64_t seed() const { return seed_; }
  std::uint64_t rdata_octets() const { return arena_.size(); }
  Origin OriginOf(const Record& record) const { return {files_[record.file], record.line}; }
  std::string_view RdataOf(const Record& record) const {
    return {reinterpret_cast<const char*>(arena_.data()) + record.rdata_at, record.rdata_size};
  }

  /// The zone, checked by itself and as a whole; null when that, or what was complained about before, is fatal. Once.
  std::shared_ptr<const Zone> Build(Complaints& complaints);

  /// A zone that is not valid().
  static std::shared_ptr<const Zone> Invalid(std::string apex, std::string file);

 private:
  Draft& DraftOf(std::string_view owner);
  void GroupByOwner();
  void MakeRRsets(Draft& draft, Complaints& complaints);
  void MakeRRset(Node& node, std::span<const Record* const> records, Complaints& complaints);
  std::size_t DropDoubles(std::span<const Record*> records, Complaints& complaints);
  void SetFlags();
  void FillTable();
  void TakeSoa();

  std::shared_ptr<Zone> zone_;
  std::uint64_t seed_;
  std::vector<std::string> files_ = {};
  std::vector<Record> records_ = {};
  std::vector<std::uint8_t> arena_ = {};
  std::vector<Draft> drafts_ = {};
  std::unordered_map<std::string_view, std::size_t> by_owner_ = {};  // until the drafts are sorted
};

}  // namespace waypost::zone
