#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/model/result.h"
#include "zone/lexer.h"

namespace waypost::zone {

inline constexpr std::size_t kRdataOctetsMax = 65535;

/// `MX`, `type65`, …; none when there is no such type.
std::optional<std::uint16_t> ReadType(std::string_view text);
/// `MX`; `TYPE1234` where the type has no name.
std::string TypeName(std::uint16_t type);
/// A type that stands in a zone: not one that only questions or messages have (RFC 6895 3.1).
bool IsDataType(std::uint16_t type);

/// Puts what the words of a record behind its type say into `rdata`, in wire form: names in the case in which they are
/// written, those that are relative below `origin` (wire form). Any type may be written as `\# length hex` (RFC 3597
/// 5). Err: kInvalidInput, in words that say what is wanted.
model::Status ReadRdata(std::uint16_t type, std::span<const Token> words, std::string_view origin,
                        std::vector<std::uint8_t>& rdata);

}  // namespace waypost::zone
