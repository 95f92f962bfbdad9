#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "waypost/model/result.h"

namespace waypost::cloudmap {

/// Which list a NextToken goes on with: the operation, and the request but for page size and token, written
/// canonically. Borrowed.
struct PageScope {
  std::string_view operation;
  std::string_view request;
};

/// A token that goes on behind `cursor`: base64url of a checksum over scope and cursor, then the cursor.
std::string MakePageToken(const PageScope& scope, std::string_view cursor);

/// The cursor, empty when there is no token or an empty one. Err: kInvalidInput (garbage, or another list's token).
model::Result<std::string> ReadPageToken(const PageScope& scope, const std::optional<std::string>& token);

}  // namespace waypost::cloudmap
