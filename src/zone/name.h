#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waypost/model/result.h"

namespace waypost::zone {

/// The octet that an escape behind a backslash at `text[at]` stands for (`\DDD`, `\X`, RFC 1035 5.1); moves `at` behind
/// it. -1: bad.
int ReadEscape(std::string_view text, std::size_t& at);

/// A domain name in wire form, in the case in which it is written: `@` is the origin, and a name without a final dot
/// lies below it. `origin` is in wire form. Err: kInvalidInput.
model::Result<std::string> ReadName(std::string_view text, std::string_view origin);

/// A name in wire form, for messages: without the final dot, the root as `.`.
std::string NameText(std::string_view wire);

/// Both in wire form and of one case.
bool IsAtOrBelow(std::string_view name, std::string_view apex);

/// Without the first label. Not for the root.
inline std::string_view ParentOf(std::string_view wire) {
  return wire.substr(static_cast<std::uint8_t>(wire.front()) + 1U);
}

/// The name at the front of RDATA that is known to be well-formed.
std::string_view NameAtFront(std::string_view rdata);

/// A key of a name: keys compare as octets like names in canonical order (RFC 4034 6.1).
std::string SortKey(std::string_view wire);

/// Text from a file as part of a message: in quotes, cut when long, what cannot be printed as `\DDD`.
std::string Quoted(std::string_view text);

}  // namespace waypost::zone
