#include "view/json_string.h"

namespace waypost::view {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

/// Reads one character of an escaped string and moves behind it.
char TakeCharacter(std::string_view escaped, std::size_t& at) {
  const char c = escaped[at++];
  if (c != '\\') return c;
  const char kind = escaped[at++];
  if (kind == 't') return '\t';
  if (kind != 'u') return kind;
  const auto high = static_cast<unsigned>(kHex.find(escaped[at + 2]));
  const auto low = static_cast<unsigned>(kHex.find(escaped[at + 3]));
  at += 4;
  return static_cast<char>(high << 4 | low);
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string UnescapeJson(std::string_view escaped) {
  std::string text;
  text.reserve(escaped.size());
  for (std::size_t at = 0; at < escaped.size();) text += TakeCharacter(escaped, at);
  return text;
}

bool JsonStringEquals(std::string_view escaped, std::string_view text) {
  if (escaped.size() < text.size()) return false;
  std::size_t at = 0;
  for (const char c : text) {
    if (at == escaped.size() || TakeCharacter(escaped, at) != c) return false;
  }
  return at == escaped.size();
}

std::string_view JsonPairs::TakeString() {
  rest_.remove_prefix(1);
  std::size_t end = 0;
  while (rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
  const std::string_view text = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return text;
}

bool JsonPairs::Next() {
  if (rest_.front() == ',') rest_.remove_prefix(1);
  if (rest_.front() == '}') return false;
  key_ = TakeString();
  rest_.remove_prefix(1);
  value_ = TakeString();
  return true;
}

}  // namespace waypost::view
