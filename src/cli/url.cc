#include "cli/url.h"

namespace waypost::cli {

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

Target& Target::Segment(std::string_view text) {
  text_ += '/';
  text_ += PercentEncode(text);
  return *this;
}

Target& Target::Parameter(std::string_view name, std::string_view value) {
  text_ += separator_;
  text_ += PercentEncode(name);
  text_ += '=';
  text_ += PercentEncode(value);
  separator_ = '&';
  return *this;
}

}  // namespace waypost::cli
