#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "waypost/model/result.h"

namespace waypost::model {

inline constexpr std::size_t kMaxNameOctets = 255;  // RFC 1035 2.3.4
inline constexpr std::size_t kMaxLabelOctets = 63;

/// ASCII lower case, the only folding that DNS knows (RFC 4343).
constexpr char Fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
std::string Folded(std::string_view text);
/// Equal without regard to ASCII case.
bool EqualFolded(std::string_view a, std::string_view b);

/// An owner name in canonical wire form: length-prefixed labels in lower case with the root label at the end, 1…255
/// octets (RFC 1035 3.1, RFC 4034 6.2). Immutable; borrows nothing.
class OwnerName {
 public:
  /// The root.
  OwnerName() : wire_(1, '\0') {}

  /// From presentation form, with or without the final dot; `\DDD` and `\X` escapes are understood (RFC 1035 5.1).
  /// Err: kInvalidInput (empty label, label or name too long, bad escape).
  static Result<OwnerName> Parse(std::string_view presentation);

  /// `label` + this name, or an error when that is too long. `label` is raw bytes, 1…63.
  Result<OwnerName> Child(std::string_view label) const;
  /// This name's labels before those of `suffix`.
  static Result<OwnerName> Join(const OwnerName& prefix, const OwnerName& suffix);

  std::string_view wire() const { return wire_; }
  std::size_t labels() const;
  bool is_root() const { return wire_.size() == 1; }
  /// Without the first label. Not for the root.
  OwnerName Parent() const;
  bool IsBelowOrAt(const OwnerName& apex) const;
  /// Presentation form, with the final dot; bytes that need it are escaped.
  std::string str() const;

  bool operator==(const OwnerName&) const = default;

 private:
  explicit OwnerName(std::string wire) : wire_(std::move(wire)) {}
  std::string wire_;
};

}  // namespace waypost::model
