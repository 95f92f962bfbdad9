#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dns/query.h"
#include "waypost/dns/protocol.h"
#include "waypost/dns/wire.h"

namespace waypost::dns {

/// Where in the message a name stands, so that a pointer can stand for it: always below 0x4000.
using NameAt = std::uint16_t;
inline constexpr NameAt kQuestionName = kHeaderOctets;
inline constexpr std::size_t kPointerEnd = 0x4000;  // offsets from here on cannot be pointed to (RFC 1035 4.1.4)

/// EDNS options of a response, beside extended errors. Borrowed until Finish.
struct ResponseOptions {
  std::string_view cookie = {};  ///< client's and server's part
  std::string_view nsid = {};
  std::uint16_t keepalive = 0;  ///< idle time of the connection in 100 ms (RFC 7828); 0: not said
  bool padded = false;          ///< to a multiple of 468 octets (RFC 8467 4.1)
};

/// A response under construction in the caller's buffer: header and question, then whole records only, in the order of
/// the sections. Nothing is ever written past the limit, and room for the OPT record is kept. Names that are passed in
/// are canonical wire form and must stay valid until Finish.
class Response {
 public:
  enum class Section : std::uint8_t { kAnswer = 0, kAuthority = 1, kAdditional = 2 };
  /// The least room that a buffer must have.
  static constexpr std::size_t kRoomMin = kPlainUdpOctets;
  /// Owner pointer, type, class, TTL, length.
  static constexpr std::size_t kRecordPrefix = 12;

  /// `limit`: octets that the response may have, at least kRoomMin. Copies the question byte for byte.
  Response(const Query& query, std::uint8_t* out, std::size_t limit);
  /// Before the first record: what else the OPT record says (only if the query had one).
  void SetOptions(const ResponseOptions& options);
  /// Before the first record: leaves so much room behind the message.
  void Reserve(std::size_t octets) {
    const std::size_t taken = std::min(octets, left());
    end_ -= taken;
    limit_ -= taken;
  }

  /// Octets left for records.
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  const std::uint8_t* begin() const { return begin_; }
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  void set_section(Section section) { section_ = static_cast<std::size_t>(section); }

  /// A place to come back to, when records turn out not to fit as a whole.
  struct Mark {
    std::uint8_t* at;
    std::uint16_t counts[3];
    std::size_t known;
    std::uint16_t flags;
  };
  Mark Here() const { return {at_, {counts_[0], counts_[1], counts_[2]}, known_count_, flags_}; }
  void Rewind(const Mark& mark);

  /// The same with an owner that stands nowhere in the message yet.
  std::uint8_t* AddOwned(std::string_view owner, Type type, std::uint32_t ttl, std::size_t length);

  /// Begins a record of exactly `length` octets of RDATA and counts it; null when it does not fit. The caller fills
  /// what the pointer shows.
  std::uint8_t* Add(NameAt owner, Type type, std::uint32_t ttl, std::size_t length) {
    if (left() < kRecordPrefix + length) return nullptr;
    std::uint8_t* record = at_;
    Store16(record, static_cast<std::uint16_t>(0xc000 | owner));
    Store16(record + 2, static_cast<std::uint16_t>(type));
    Store16(record + 4, kClassIn);
    Store32(record + 6, ttl);
    Store16(record + 10, static_cast<std::uint16_t>(length));
    at_ += kRecordPrefix + length;
    ++counts_[section_];
    return record + kRecordPrefix;
  }

  /// A name as it goes into RDATA of RFC 1035's types: the longest tail that the message has already is a pointer.
  struct PackedName {
    std::array<std::uint8_t, 255> octets;
    std::size_t size;
    std::size_t literal;  ///< octets in front of the pointer, or all
  };
  PackedName Pack(std::string_view name) const { return Pack(name, name); }
  /// The same, written in the case of `spelled`.
  PackedName Pack(std::string_view name, std::string_view spelled) const;
  /// Where the name already stands in the message; 0: nowhere.
  NameAt Find(std::string_view name) const;
  /// Notes that `name` was written at `at` (of RDATA), `literal` octets of it in full, for later pointers.
  void Remember(std::string_view name, const std::uint8_t* at, std::size_t literal);

  void set_authoritative() { flags_ |= kFlagAuthoritative; }
  void clear_authoritative() { flags_ &= static_cast<std::uint16_t>(~kFlagAuthoritative); }
  void set_recursion_available() { kept_flags_ = kFlagRecursionAvailable; }
  /// A record that the answer needs was left out.
  void set_truncated() { flags_ |= kFlagTruncated; }
  bool truncated() const { return (flags_ & kFlagTruncated) != 0; }
  void set_rcode(Rcode rcode) { rcode_ = rcode; }
  Rcode rcode() const { return rcode_; }
  void set_extended_error(ExtendedError error) { extended_error_ = error; }
  bool has_answers() const { return counts_[0] != 0; }
  /// Drops all records and what was set (but for the options), for an answer that turned out otherwise.
  void Restart();

  /// Writes header and OPT (the latter only if the query had one). Returns the response's size in octets.
  std::size_t Finish();

 private:
  static constexpr std::size_t kKnownMax = 12;
  static constexpr std::size_t kOptRoom = kOptOctets + 6;  // with an extended error
  struct Known {                                           // trivial, so that unused ones cost nothing
    const char* name;
    std::size_t size;
    std::size_t literal;  ///< only so many octets are there in full
    NameAt at;
  };
  NameAt FindIn(const Known& known, std::string_view name) const;

  void AddOptions();
  static std::uint8_t* AddOption(std::uint8_t* at, std::uint16_t code, std::size_t length);
  /// Octets of padding, its option's head included, that bring the message to `size` octets up to a full block.
  std::size_t Padding(std::size_t size) const;

  const Query& query_;
  const ResponseOptions* options_ = nullptr;
  std::uint8_t* begin_;
  std::uint8_t* at_;
  std::uint8_t* end_;
  std::uint8_t* limit_;
  std::uint16_t counts_[3] = {0, 0, 0};
  std::size_t section_ = 0;
  std::uint16_t flags_ = 0;
  std::uint16_t kept_flags_ = 0;  // survive Restart
  Rcode rcode_ = Rcode::kNoError;
  ExtendedError extended_error_ = ExtendedError::kNone;
  std::size_t known_count_ = 0;
  std::array<Known, kKnownMax> known_;
};

}  // namespace waypost::dns
