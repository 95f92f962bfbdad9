#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/model/result.h"
#include "zone/lexer.h"

namespace waypost::zone {

using Octets = std::vector<std::uint8_t>;

/// kInvalidInput, in these words.
model::Error Wrong(std::string message);
/// `"word" is not …`
model::Error Wanted(const Token& word, const char* what);

/// The fields of RDATA that are read here; each puts its octets behind `rdata`. Err: kInvalidInput.
model::Status AddNumber(const Token& word, unsigned octets, Octets& rdata);
/// Seconds, in four octets.
model::Status AddPeriod(const Token& word, Octets& rdata);
/// `origin` in wire form.
model::Status AddName(const Token& word, std::string_view origin, Octets& rdata);
/// A character-string (RFC 1035 3.3): 255 octets at most, its length in front.
model::Status AddString(const Token& word, Octets& rdata);
/// The octets that a word stands for, and nothing else.
model::Status AddUnescaped(const Token& word, Octets& rdata);
model::Status AddHex(std::span<const Token> words, Octets& rdata);

/// Whether the words of a LOC record are within their limits (RFC 1876 3).
bool IsLocation(std::span<const Token> words);

void AddBigEndian(Octets& rdata, std::uint32_t number, unsigned octets);

}  // namespace waypost::zone
