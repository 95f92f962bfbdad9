#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace waypost::doh {

/// Octets of base64url text (RFC 4648 5) without padding. None: padding, a foreign character, a length that no octets
/// have, or bits set behind the last octet: each message has one spelling only, so that caches see it as one.
std::optional<std::vector<std::uint8_t>> DecodeBase64Url(std::string_view text);

}  // namespace waypost::doh
