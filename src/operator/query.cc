#include "operator/query.h"

#include <algorithm>

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;

enum class Plus { kSpace, kItself };

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Octets of the UTF-8 character at the front of `text`; 0: it is none (RFC 3629 4).
std::size_t CharacterSize(std::string_view text) {
  const auto at = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  // Too long a form, halves of a pair, beyond the last one.
  if ((lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) > 0x9f)) return 0;
  if ((lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) > 0x8f)) return 0;
  return size;
}

bool IsText(std::string_view text) {
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t size = CharacterSize(text);
    if (size == 0 || byte < 0x20 || byte == 0x7f) return false;
    text.remove_prefix(size);
  }
  return true;
}

model::Result<std::string> Decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
      if (low < 0) return MakeError(Code::kInvalidInput, "a % in the URL is not followed by two hexadecimal digits");
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i] == '+' && plus == Plus::kSpace ? ' ' : text[i];
    }
  }
  if (!IsText(decoded)) return MakeError(Code::kInvalidInput, "the URL says something that is no text in UTF-8");
  return decoded;
}

}  // namespace

model::Result<Query> Query::Parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (query.pairs_.size() == kPairsMax) {
      return MakeError(Code::kInvalidInput, "more than " + std::to_string(kPairsMax) + " parameters");
    }
    const std::size_t equals = std::min(pair.find('='), pair.size());
    WP_TRY(key, Decode(pair.substr(0, equals), Plus::kSpace));
    WP_TRY(value, Decode(pair.substr(std::min(equals + 1, pair.size())), Plus::kSpace));
    query.pairs_.emplace_back(std::move(key), std::move(value));
  }
  return query;
}

const std::string* Query::Find(std::string_view key) const {
  const auto at = std::find_if(pairs_.begin(), pairs_.end(), [key](const Pair& pair) { return pair.first == key; });
  return at == pairs_.end() ? nullptr : &at->second;
}

model::Result<std::string> DecodeSegment(std::string_view segment) { return Decode(segment, Plus::kItself); }

}  // namespace waypost::oper
