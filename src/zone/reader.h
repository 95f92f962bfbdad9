#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zone/builder.h"
#include "zone/complaints.h"
#include "zone/file.h"
#include "zone/lexer.h"

namespace waypost::zone {

inline constexpr std::size_t kIncludesMax = 1000;        // files that one zone is read from
inline constexpr std::uint32_t kGeneratedMax = 1000000;  // records of one zone that $GENERATE makes

/// Reads master files into a ZoneBuilder: directives, and what a record may leave out (RFC 1035 5.1, RFC 2308 4).
class Reader {
 public:
  /// A file that was read, or could not be, as it was then.
  struct Source {
    std::string path = {};
    Stamp stamp = {};
  };

  /// All must outlive the Reader. `apex` in canonical wire form.
  Reader(std::string_view apex, const Limits& limits, ZoneBuilder& builder, Complaints& complaints)
      : apex_(apex), limits_(limits), builder_(builder), complaints_(complaints), origin_(apex) {}

  void ReadFile(const std::string& path);
  /// `name`: what complaints call it. It cannot include files.
  void ReadText(std::string_view text, const std::string& name);

  const std::vector<Source>& sources() const { return sources_; }

 private:
  using Words = std::span<const Token>;

  /// A file that is open, and all that it was included from.
  struct Level {
    std::string path = {};
    Stamp stamp = {};
    std::uint32_t file = 0;
  };
  /// What the words in front of RDATA say.
  struct Head {
    std::optional<std::uint32_t> ttl = {};
    std::uint16_t type = 0;
  };

  void ReadEntries(std::string_view text);
  void ReadEntry(const Entry& entry);
  void ReadDirective(const Entry& entry);
  void SetOrigin(Words words);
  void SetTtl(Words words);
  void Include(Words words);
  void Generate(const Entry& entry);
  bool TakeOwner(std::string_view text);
  void ReadRecord(Words words);
  std::optional<Head> ReadHead(Words& words);
  std::optional<std::uint32_t> TtlOf(const Head& head);
  void Refuse(std::string message);
  std::nullopt_t RefuseHead(std::string message);
  void Stop(std::string message);

  std::string_view apex_;
  const Limits& limits_;
  ZoneBuilder& builder_;
  Complaints& complaints_;

  std::string origin_;                             // wire form, in the case in which it is written
  std::optional<std::string> owner_ = {};          // of the last record; none: there was none
  bool owner_is_bad_ = false;                      // the last one written could not be read
  std::optional<std::uint32_t> default_ttl_ = {};  // $TTL
  std::optional<std::uint32_t> last_ttl_ = {};     // of the last record that said one
  std::vector<Level> levels_ = {};
  std::vector<Source> sources_ = {};
  std::uint32_t line_ = 0;    // of the entry that is read
  std::uint64_t octets_ = 0;  // of all files
  std::uint32_t generated_ = 0;
  bool stopped_ = false;                  // at a limit
  std::vector<std::uint8_t> rdata_ = {};  // of the record that is read
};

}  // namespace waypost::zone
