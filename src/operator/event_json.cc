#include "operator/event_json.h"

#include <charconv>

#include "operator/json_time.h"

namespace waypost::oper {
namespace {

bool Plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void AppendEscaped(char c, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
    return;
  }
  out += "\\u00";
  out += kHex[static_cast<unsigned char>(c) >> 4];
  out += kHex[static_cast<unsigned char>(c) & 15];
}

void AppendNumber(std::uint64_t number, std::string& out) {
  char digits[20];
  const auto [end, problem] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
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

void JsonObject::Key(std::string_view name) {
  if (!first_) out_ += ',';
  first_ = false;
  out_ += '"';
  out_ += name;  // ours: nothing to escape
  out_ += "\":";
}

JsonObject& JsonObject::Text(std::string_view name, std::string_view text) {
  Key(name);
  AppendJsonString(text, out_);
  return *this;
}

JsonObject& JsonObject::Number(std::string_view name, std::uint64_t number) {
  Key(name);
  AppendNumber(number, out_);
  return *this;
}

JsonObject& JsonObject::Time(std::string_view name, model::Timestamp time) { return Text(name, FormatTime(time)); }

JsonObject& JsonObject::Milliseconds(std::string_view name, std::uint64_t us) {
  Key(name);
  AppendNumber(us / 1000, out_);
  const std::uint64_t rest = us % 1000;
  out_ += '.';
  out_ += static_cast<char>('0' + rest / 100);
  out_ += static_cast<char>('0' + rest / 10 % 10);
  out_ += static_cast<char>('0' + rest % 10);
  return *this;
}

JsonObject& JsonObject::Map(std::string_view name, const model::Attributes& pairs) {
  Key(name);
  out_ += '{';
  bool first = true;
  for (const auto& [key, value] : pairs) {
    if (!first) out_ += ',';
    first = false;
    AppendJsonString(key, out_);
    out_ += ':';
    AppendJsonString(value, out_);
  }
  out_ += '}';
  return *this;
}

JsonObject& JsonObject::Raw(std::string_view name, std::string_view json) {
  Key(name);
  out_ += json;
  return *this;
}

}  // namespace waypost::oper
