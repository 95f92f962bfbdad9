#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace waypost::doh {

/// A DNS response put together by hand.
class Message {
 public:
  struct Record {
    std::string name = std::string("\xc0\x0c", 2);  ///< wire form; the question's
    std::uint16_t type = 1;
    std::uint32_t ttl = 0;
    std::optional<std::uint32_t> minimum = {};  ///< RDATA is that of an SOA
  };

  explicit Message(std::uint16_t rcode = 0, std::uint16_t flags = 0)
      : flags_(static_cast<std::uint16_t>(0x8400 | flags | rcode)) {}

  Message Answer(const Record& record) const { return With(record, 0); }
  Message Authority(const Record& record) const { return With(record, 1); }
  Message Additional(const Record& record) const { return With(record, 2); }

  std::vector<std::uint8_t> octets() const {
    std::vector<std::uint8_t> out;
    for (const std::uint16_t value :
         {std::uint16_t{0x1234}, flags_, std::uint16_t{1}, counts_[0], counts_[1], counts_[2]}) {
      Put(out, value, 2);
    }
    for (const char c : std::string("\1a\2zz\0\0\1\0\1", 10)) out.push_back(static_cast<std::uint8_t>(c));
    out.insert(out.end(), records_.begin(), records_.end());
    return out;
  }

 private:
  static void Put(std::vector<std::uint8_t>& out, std::uint32_t value, int octets) {
    while (octets-- > 0) out.push_back(static_cast<std::uint8_t>(value >> (8 * octets)));
  }

  /// Sections are filled in their order.
  Message With(const Record& record, int section) const {
    Message grown = *this;
    ++grown.counts_[section];
    std::vector<std::uint8_t>& out = grown.records_;
    for (const char c : record.name) out.push_back(static_cast<std::uint8_t>(c));
    Put(out, record.type, 2);
    Put(out, 1, 2);
    Put(out, record.ttl, 4);
    if (!record.minimum) {
      Put(out, 4, 2);
      Put(out, 0x7f000001, 4);
      return grown;
    }
    Put(out, 22, 2);
    Put(out, 0, 2);  // two root names
    for (int i = 0; i < 4; ++i) Put(out, 1, 4);
    Put(out, *record.minimum, 4);
    return grown;
  }

  std::uint16_t flags_;
  std::uint16_t counts_[3] = {};
  std::vector<std::uint8_t> records_;
};

}  // namespace waypost::doh
