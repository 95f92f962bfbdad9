#include "zone/name.h"

#include <array>

#include "waypost/model/owner_name.h"

namespace waypost::zone {
namespace {

constexpr std::size_t kQuotedMax = 60;  // characters of a file that a message shows

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

model::Error Bad(std::string_view text, const char* why) {
  return model::MakeError(model::Code::kInvalidInput, Quoted(text) + " is not a domain name: " + why);
}

void AddEscaped(std::string& text, char c) {
  const auto octet = static_cast<std::uint8_t>(c);
  text += '\\';
  text += static_cast<char>('0' + octet / 100);
  text += static_cast<char>('0' + octet / 10 % 10);
  text += static_cast<char>('0' + octet % 10);
}

}  // namespace

int ReadEscape(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return -1;
  if (!IsDigit(text[at])) return static_cast<std::uint8_t>(text[at++]);
  if (at + 3 > text.size() || !IsDigit(text[at + 1]) || !IsDigit(text[at + 2])) return -1;
  const int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  at += 3;
  return value <= 255 ? value : -1;
}

model::Result<std::string> ReadName(std::string_view text, std::string_view origin) {
  if (text == "@") return std::string(origin);
  if (text == ".") return std::string(1, '\0');
  if (text.empty()) return Bad(text, "it is empty");
  std::string wire(1, '\0');
  std::size_t label = 0;  // where the current label's length stands
  bool is_absolute = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    is_absolute = c == '.';
    if (c == '.') {
      if (wire.size() == label + 1) return Bad(text, "a label is empty");
      label = wire.size();
      wire += '\0';
      continue;
    }
    const int octet = c == '\\' ? ReadEscape(text, at) : static_cast<std::uint8_t>(c);
    if (octet < 0) return Bad(text, "it has a bad escape (wanted: \\DDD up to \\255, or \\X)");
    wire += static_cast<char>(octet);
    const std::size_t length = wire.size() - label - 1;
    if (length > model::kMaxLabelOctets) return Bad(text, "a label is longer than 63 octets");
    if (wire.size() > model::kMaxNameOctets) return Bad(text, "it is longer than 255 octets");
    wire[label] = static_cast<char>(length);
  }
  if (!is_absolute) wire += origin;
  if (wire.size() > model::kMaxNameOctets) return Bad(text, "with its origin it is longer than 255 octets");
  return wire;
}

std::string NameText(std::string_view wire) {
  if (wire.size() <= 1) return ".";
  std::string text;
  for (std::size_t at = 0; wire[at] != 0;) {
    const std::size_t length = static_cast<std::uint8_t>(wire[at++]);
    if (!text.empty()) text += '.';
    for (const char c : wire.substr(at, length)) {
      if (c <= ' ' || c == 127) {
        AddEscaped(text, c);
      } else {
        if (std::string_view(".\\\";()@$").find(c) != std::string_view::npos) text += '\\';
        text += c;
      }
    }
    at += length;
  }
  return text;
}

bool IsAtOrBelow(std::string_view name, std::string_view apex) {
  if (!name.ends_with(apex)) return false;
  // The suffix must begin where a label does.
  const std::size_t want = name.size() - apex.size();
  std::size_t at = 0;
  while (at < want) at += static_cast<std::uint8_t>(name[at]) + 1U;
  return at == want;
}

std::string_view NameAtFront(std::string_view rdata) {
  std::size_t at = 0;
  while (rdata[at] != 0) at += static_cast<std::uint8_t>(rdata[at]) + 1U;
  return rdata.substr(0, at + 1);
}

std::string SortKey(std::string_view wire) {
  std::array<std::uint8_t, model::kMaxNameOctets> starts;
  std::size_t labels = 0;
  for (std::size_t at = 0; wire[at] != 0; at += static_cast<std::uint8_t>(wire[at]) + 1U) {
    starts[labels++] = static_cast<std::uint8_t>(at);
  }
  std::string key;
  key.reserve(wire.size());
  while (labels != 0) {
    const std::size_t at = starts[--labels];
    // 0 ends a label, so that a shorter one comes first; 0 and 1 inside of it give way.
    for (const char c : wire.substr(at + 1, static_cast<std::uint8_t>(wire[at]))) {
      if (static_cast<std::uint8_t>(c) > 1) {
        key += c;
      } else {
        key += '\1';
        key += static_cast<char>(c + 1);
      }
    }
    key += '\0';
  }
  return key;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text.substr(0, kQuotedMax)) {
    if (c < ' ' || c == 127) {
      AddEscaped(quoted, c);
    } else {
      quoted += c;
    }
  }
  return quoted + (text.size() > kQuotedMax ? "…\"" : "\"");
}

}  // namespace waypost::zone
