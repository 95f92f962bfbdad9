#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "waypost/model/attributes.h"

namespace waypost::store {

/// Appends fields to a record.
class FieldWriter {
 public:
  void Byte(std::uint8_t value) { bytes_ += static_cast<char>(value); }
  void Bool(bool value) { Byte(value ? 1 : 0); }
  void Number(std::uint64_t value) {
    while (value >= 128) {
      Byte(static_cast<std::uint8_t>(value) | 128);
      value >>= 7;
    }
    Byte(static_cast<std::uint8_t>(value));
  }
  void Text(std::string_view value) {
    Number(value.size());
    bytes_ += value;
  }
  void Optional(const std::optional<std::string>& value) {
    Bool(value.has_value());
    if (value) Text(*value);
  }
  void Pairs(const model::Attributes& pairs) {
    Number(pairs.size());
    for (const auto& [key, value] : pairs) {
      Text(key);
      Text(value);
    }
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads fields of a record, never past its end: after the first impossible field everything reads as empty and `good`
/// is false, so a decoder checks once.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  bool good() const { return good_; }
  /// All read, and nothing left over.
  bool done() const { return good_ && rest_.empty(); }

  std::uint8_t Byte() {
    if (rest_.empty()) return Fail();
    const auto value = static_cast<std::uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return value;
  }
  bool Bool() {
    const std::uint8_t value = Byte();
    if (value > 1) Fail();
    return value == 1;
  }
  std::uint64_t Number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = Byte();
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) return value;
    }
    return Fail();
  }
  std::uint32_t Number32() {
    const std::uint64_t value = Number();
    if (value > 0xffffffff) return Fail();
    return static_cast<std::uint32_t>(value);
  }
  /// An enumerator from 0 to `last`.
  template <class E>
  E Enum(E last) {
    const std::uint8_t value = Byte();
    if (value > static_cast<std::uint8_t>(last)) return static_cast<E>(Fail());
    return static_cast<E>(value);
  }
  /// Borrowed from the record.
  std::string_view Text() {
    const std::uint64_t length = Number();
    if (length > rest_.size()) {
      Fail();
      return {};
    }
    const std::string_view text = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return text;
  }
  std::optional<std::string> Optional() {
    if (!Bool()) return std::nullopt;
    return std::string(Text());
  }
  model::Attributes Pairs() {
    model::Attributes pairs;
    const std::uint64_t count = Number();
    for (std::uint64_t i = 0; i < count && good_; ++i) {
      const std::string_view key = Text();
      const std::string_view value = Text();
      pairs.Set(std::string(key), std::string(value));
    }
    if (pairs.size() != count) Fail();  // a key twice
    return pairs;
  }

 private:
  std::uint8_t Fail() {
    good_ = false;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace waypost::store
