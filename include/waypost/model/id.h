#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "waypost/model/hash.h"
#include "waypost/model/random.h"

namespace waypost::model {

/// The alphabet of RFC 4648 base 32 in lower case, which Cloud Map's ids are made of.
inline constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";

/// An id such as `srv-4bqk2xfyo3kzvwcm`: a prefix that says of what, and 16 base-32 characters. A plain value of 16
/// bytes.
template <class Kind>
class Id {
 public:
  static constexpr std::size_t kDigits = 16;

  Id() { digits_.fill('a'); }

  /// None when `text` is not of this form.
  static std::optional<Id> Parse(std::string_view text) {
    if (text.size() != Kind::kPrefix.size() + kDigits || !text.starts_with(Kind::kPrefix)) return std::nullopt;
    text.remove_prefix(Kind::kPrefix.size());
    Id id;
    for (std::size_t i = 0; i < kDigits; ++i) {
      if (kBase32.find(text[i]) == std::string_view::npos) return std::nullopt;
      id.digits_[i] = text[i];
    }
    return id;
  }

  static Id Draw(Random& random) {
    Id id;
    for (char& digit : id.digits_) digit = kBase32[random.Below(kBase32.size())];
    return id;
  }

  std::string str() const {
    std::string text(Kind::kPrefix);
    text.append(digits_.data(), digits_.size());
    return text;
  }

  std::uint64_t hash() const { return Hash64(std::string_view(digits_.data(), digits_.size())); }

  auto operator<=>(const Id&) const = default;

 private:
  std::array<char, kDigits> digits_;
};

struct NamespaceKind {
  static constexpr std::string_view kPrefix = "ns-";
};
struct ServiceKind {
  static constexpr std::string_view kPrefix = "srv-";
};
using NamespaceId = Id<NamespaceKind>;
using ServiceId = Id<ServiceKind>;

/// Length of an operation id: 32 base-32 characters, `-`, 8 of [a-z0-9].
inline constexpr std::size_t kOperationIdLength = 41;
/// An operation id drawn at random.
std::string DrawOperationId(Random& random);
/// The operation id that belongs to these parts, always the same: a retried request finds its operation by it.
std::string DeriveOperationId(std::initializer_list<std::string_view> parts);
/// A hosted zone id as Route 53 has them: `Z` and 20 of [A-Z0-9].
std::string DrawHostedZoneId(Random& random);

}  // namespace waypost::model
