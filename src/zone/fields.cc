#include "zone/fields.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "waypost/model/owner_name.h"
#include "zone/name.h"
#include "zone/period.h"

namespace waypost::zone {
namespace {

constexpr std::size_t kStringOctetsMax = 255;  // RFC 1035 3.3

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = model::Fold(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// A number with or without a fraction.
std::optional<double> ReadDecimal(std::string_view text) {
  constexpr std::size_t kDigitsMax = 12;
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  if (text.empty() || text.size() > kDigitsMax || text[0] < '0' || text[0] > '9') return std::nullopt;
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  if (std::count(text.begin(), text.end(), '.') > 1) return std::nullopt;
  const double value = std::strtod(std::string(text).c_str(), nullptr);
  return is_negative ? -value : value;
}

/// Degrees, minutes and seconds up to one of two letters; takes them from the front.
bool TakeAngle(std::span<const Token>& words, double degrees_max, std::string_view letters) {
  for (unsigned part = 0; part < 4 && !words.empty(); ++part) {
    const std::string_view text = words.front().text;
    words = words.subspan(1);
    if (text.size() == 1 && letters.find(text[0]) != std::string_view::npos) return part != 0;
    const auto value = ReadDecimal(text);
    if (!value || *value < 0 || *value > (part == 0 ? degrees_max : 59.9995)) return false;
  }
  return false;
}

}  // namespace

bool IsLocation(std::span<const Token> words) {
  constexpr double kLowest = -100000;  // metres
  constexpr double kHighest = 42849672;
  constexpr double kSizeMax = 90000000;
  constexpr std::size_t kLengths = 4;  // altitude, size, precisions
  if (!TakeAngle(words, 90, "NS") || !TakeAngle(words, 180, "EW")) return false;
  if (words.empty() || words.size() > kLengths) return false;
  bool is_altitude = true;
  for (const Token& word : words) {
    std::string_view text = word.text;
    if (text.ends_with('m') || text.ends_with('M')) text.remove_suffix(1);
    const auto value = ReadDecimal(text);
    if (!value || *value < (is_altitude ? kLowest : 0) || *value > (is_altitude ? kHighest : kSizeMax)) return false;
    is_altitude = false;
  }
  return true;
}

model::Error Wrong(std::string message) { return model::MakeError(model::Code::kInvalidInput, std::move(message)); }

model::Error Wanted(const Token& word, const char* what) { return Wrong(Quoted(word.text) + " is not " + what); }

void AddBigEndian(Octets& rdata, std::uint32_t number, unsigned octets) {
  while (octets-- != 0) rdata.push_back(static_cast<std::uint8_t>(number >> (8 * octets)));
}

model::Status AddNumber(const Token& word, unsigned octets, Octets& rdata) {
  const std::uint32_t max = 0xffffffffU >> (32 - 8 * octets);
  const auto number = ReadNumber(word.text, max);
  if (!number) return Wrong(Quoted(word.text) + " is not a number from 0 to " + std::to_string(max));
  AddBigEndian(rdata, *number, octets);
  return model::Ok();
}

model::Status AddPeriod(const Token& word, Octets& rdata) {
  const auto seconds = ReadPeriod(word.text, kTtlMax);
  if (!seconds) return Wanted(word, "a time such as 3600 or 1h30m, up to 2147483647 seconds");
  AddBigEndian(rdata, *seconds, 4);
  return model::Ok();
}

model::Status AddName(const Token& word, std::string_view origin, Octets& rdata) {
  WP_TRY(name, ReadName(word.text, origin));
  rdata.insert(rdata.end(), name.begin(), name.end());
  return model::Ok();
}

model::Status AddString(const Token& word, Octets& rdata) {
  const std::size_t start = rdata.size();
  rdata.push_back(0);
  WP_CHECK(AddUnescaped(word, rdata));
  const std::size_t length = rdata.size() - start - 1;
  if (length > kStringOctetsMax) {
    return Wrong(Quoted(word.text) + " has " + std::to_string(length) +
                 " octets; a string has 255 at most: write several, each in its own quotes");
  }
  rdata[start] = static_cast<std::uint8_t>(length);
  return model::Ok();
}

model::Status AddUnescaped(const Token& word, Octets& rdata) {
  for (std::size_t at = 0; at < word.text.size();) {
    const char c = word.text[at++];
    const int octet = c == '\\' ? ReadEscape(word.text, at) : static_cast<std::uint8_t>(c);
    if (octet < 0) return Wrong(Quoted(word.text) + " has a bad escape (wanted: \\DDD up to \\255, or \\X)");
    rdata.push_back(static_cast<std::uint8_t>(octet));
  }
  return model::Ok();
}

model::Status AddHex(std::span<const Token> words, Octets& rdata) {
  int high = -1;
  for (const Token& word : words) {
    for (const char c : word.text) {
      const int digit = HexDigit(c);
      if (digit < 0) return Wanted(word, "hex");
      if (high < 0) {
        high = digit;
      } else {
        rdata.push_back(static_cast<std::uint8_t>(high << 4 | digit));
        high = -1;
      }
    }
  }
  if (high >= 0) return Wrong("hex with an odd number of digits: the last octet has only one");
  return model::Ok();
}

}  // namespace waypost::zone
