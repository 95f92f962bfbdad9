#include "cloudmap/json_writer.h"

#include <charconv>

namespace waypost::cloudmap {
namespace {

bool Plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void AppendEscaped(char c, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (Plain(text[i])) continue;
    out.append(text.substr(from, i - from));
    AppendEscaped(text[i], out);
    from = i + 1;
  }
  out.append(text.substr(from));
  out += '"';
}

void AppendNumber(std::uint64_t number, std::string& out) {
  char digits[20];
  const auto [end, problem] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

JsonWriter& JsonWriter::Time(model::Timestamp time) {
  const std::int64_t ms = time.ms < 0 ? 0 : time.ms;
  Number(static_cast<std::uint64_t>(ms / 1000));
  out_ += '.';
  out_ += static_cast<char>('0' + ms % 1000 / 100);
  out_ += static_cast<char>('0' + ms % 100 / 10);
  out_ += static_cast<char>('0' + ms % 10);
  return *this;
}

JsonWriter& JsonWriter::Map(const model::Attributes& pairs) {
  Open('{');
  for (const auto& [key, value] : pairs) Text(key, value);
  return Close('}');
}

}  // namespace waypost::cloudmap
