#include "zone/generate.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "zone/name.h"
#include "zone/period.h"

namespace waypost::zone {
namespace {

constexpr std::uint32_t kNumberMax = 0x7fffffff;
constexpr std::uint32_t kWidthMax = 255;

model::Error Wrong(std::string message) { return model::MakeError(model::Code::kInvalidInput, std::move(message)); }

/// What stands in the braces of `${…}`.
struct Form {
  std::int64_t offset = 0;
  std::uint32_t width = 0;
  char base = 'd';
};

std::string_view TakePart(std::string_view& text) {
  const std::size_t comma = std::min(text.find(','), text.size());
  const std::string_view part = text.substr(0, comma);
  text.remove_prefix(std::min(comma + 1, text.size()));
  return part;
}

model::Result<Form> ParseForm(std::string_view text) {
  const model::Error wrong =
      Wrong("\"${" + std::string(text) + "}\" is not ${offset,width,base} with base d, o, x or X");
  std::string_view offset = TakePart(text);
  const bool has_width = !text.empty();
  const std::string_view width = TakePart(text);
  Form form;
  const bool is_negative = offset.starts_with('-');
  if (is_negative || offset.starts_with('+')) offset.remove_prefix(1);
  const auto offset_number = ReadNumber(offset, kNumberMax);
  if (!offset_number) return wrong;
  form.offset = is_negative ? -std::int64_t{*offset_number} : std::int64_t{*offset_number};
  if (has_width) {
    const auto width_number = ReadNumber(width, kWidthMax);
    if (!width_number) return wrong;
    form.width = *width_number;
  }
  if (!text.empty()) {
    if (text.size() != 1 || std::string_view("doxX").find(text[0]) == std::string_view::npos) return wrong;
    form.base = text[0];
  }
  return form;
}

model::Result<std::string> Print(std::uint32_t number, const Form& form) {
  const std::int64_t value = number + form.offset;
  if (value < 0) return Wrong("$GENERATE comes to a negative number");
  const int width = static_cast<int>(form.width);
  const auto octal_or_hex = static_cast<std::uint64_t>(value);
  char text[kWidthMax + 32];
  int length = 0;
  if (form.base == 'd') length = std::snprintf(text, sizeof text, "%0*" PRId64, width, value);
  if (form.base == 'o') length = std::snprintf(text, sizeof text, "%0*" PRIo64, width, octal_or_hex);
  if (form.base == 'x') length = std::snprintf(text, sizeof text, "%0*" PRIx64, width, octal_or_hex);
  if (form.base == 'X') length = std::snprintf(text, sizeof text, "%0*" PRIX64, width, octal_or_hex);
  return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace

model::Result<GenerateRange> GenerateRange::Parse(std::string_view text) {
  const std::string wanted = Quoted(text) + " is not a range such as 1-254 or 0-100/2";
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return Wrong(wanted);
  const std::size_t slash = std::min(text.find('/'), text.size());
  if (slash < dash) return Wrong(wanted);
  const auto start = ReadNumber(text.substr(0, dash), kNumberMax);
  const auto stop = ReadNumber(text.substr(dash + 1, slash - dash - 1), kNumberMax);
  const auto step = slash == text.size() ? 1 : ReadNumber(text.substr(slash + 1), kNumberMax);
  if (!start || !stop || !step || *step == 0 || *stop < *start) return Wrong(wanted);
  if ((*stop - *start) / *step >= kGenerateStepsMax) {
    return Wrong(Quoted(text) + " has more than " + std::to_string(kGenerateStepsMax) + " steps");
  }
  return GenerateRange{*start, *stop, *step};
}

model::Result<std::string> Substitute(std::string_view word, std::uint32_t number) {
  std::string text;
  for (std::size_t at = 0; at < word.size();) {
    const char c = word[at++];
    if (c == '\\' && at < word.size()) {
      if (word[at] != '$') text += c;
      text += word[at++];
    } else if (c != '$') {
      text += c;
    } else if (at == word.size() || word[at] != '{') {
      text += std::to_string(number);
    } else {
      const std::size_t end = word.find('}', at);
      if (end == std::string_view::npos) return Wrong("a ${ without its }");
      WP_TRY(form, ParseForm(word.substr(at + 1, end - at - 1)));
      WP_TRY(printed, Print(number, form));
      text += printed;
      at = end + 1;
    }
  }
  return text;
}

}  // namespace waypost::zone
