#include "http/request_head.h"

#include <array>
#include <charconv>
#include <cstring>

namespace waypost::http {
namespace {

constexpr std::array<bool, 256> MakeTokenTable() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kToken = MakeTokenTable();

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool IsToken(std::string_view text) {
  for (const char c : text) {
    if (!kToken[static_cast<unsigned char>(c)]) return false;
  }
  return !text.empty();
}

bool IsValueByte(unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; }

/// No control characters but tab. Eight bytes a step: a byte below 0x20 borrows into its top bit; a doubtful word is
/// looked at byte by byte.
bool IsFieldValue(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kTops = kOnes * 0x80;
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    const std::uint64_t control = (word - kOnes * 0x20) & ~word & kTops;
    const std::uint64_t deleted = word ^ (kOnes * 0x7f);
    if (((control | ((deleted - kOnes) & ~deleted)) & kTops) == 0) continue;
    for (int i = 0; i < 8; ++i) {
      if (!IsValueByte(static_cast<unsigned char>(at[i]))) return false;
    }
  }
  for (; left > 0; --left, ++at) {
    if (!IsValueByte(static_cast<unsigned char>(*at))) return false;
  }
  return true;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Digits and nothing else, as they fit in 64 bits.
bool ParseNumber(std::string_view text, std::uint64_t& value) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// Whether a URI may have these bytes in it; `#` begins a fragment, which is never sent.
bool IsTarget(std::string_view text) {
  for (const char c : text) {
    if (c <= 0x20 || c == 0x7f || c == '#') return false;
  }
  return !text.empty();
}

void SplitPath(std::string_view origin, RequestHead& head) {
  const std::size_t mark = origin.find('?');
  head.path = origin.substr(0, mark);
  head.query = mark == std::string_view::npos ? std::string_view() : origin.substr(mark + 1);
}

/// Origin form, absolute form or `*` (RFC 9112 3.2). The authority form is CONNECT's, which is not served.
const Refusal* ParseTarget(std::string_view target, RequestHead& head) {
  if (!IsTarget(target)) return &refusals::kTarget;
  if (target.front() == '/') {
    SplitPath(target, head);
    return nullptr;
  }
  if (target == "*" && head.method == "OPTIONS") {
    head.path = target;
    return nullptr;
  }
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) return &refusals::kTarget;
  const std::string_view scheme = target.substr(0, colon);
  if (!EqualIgnoringCase(scheme, "http") && !EqualIgnoringCase(scheme, "https")) return &refusals::kTarget;
  const std::string_view rest = target.substr(colon + 3);
  const std::size_t end = rest.find_first_of("/?");
  head.host = rest.substr(0, end);
  if (head.host.empty() || head.host.find('@') != std::string_view::npos) return &refusals::kTarget;
  SplitPath(end == std::string_view::npos ? std::string_view() : rest.substr(end), head);
  if (head.path.empty()) head.path = "/";
  return nullptr;
}

const Refusal* ParseVersion(std::string_view version, RequestHead& head) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (version.size() != 8 || !version.starts_with("HTTP/") || !digit(version[5]) || version[6] != '.' ||
      !digit(version[7])) {
    return &refusals::kRequestLine;
  }
  if (version[5] != '1') return &refusals::kVersion;
  head.version_1_0 = version[7] == '0';
  head.keep_alive = !head.version_1_0;
  return nullptr;
}

const Refusal* ParseRequestLine(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return &refusals::kRequestLine;
  head.method = line.substr(0, first);
  if (!IsToken(head.method)) return &refusals::kRequestLine;
  if (const Refusal* refusal = ParseVersion(line.substr(last + 1), head)) return refusal;
  return ParseTarget(line.substr(first + 1, last - first - 1), head);
}

void ParseConnection(std::string_view value, RequestHead& head, bool& close) {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    const std::string_view option = Trim(value.substr(0, comma));
    if (EqualIgnoringCase(option, "close")) close = true;
    if (EqualIgnoringCase(option, "keep-alive")) head.keep_alive = true;
    value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
  }
}

const Refusal* ParseLength(std::string_view value, RequestHead& head) {
  std::uint64_t length = 0;
  if (!ParseNumber(value, length)) return &refusals::kLength;
  if (head.has_length && head.content_length != length) return &refusals::kLength;
  head.content_length = length;
  head.has_length = true;
  return nullptr;
}

struct FieldState {
  bool close = false;
  bool absolute = false;  ///< the target named the host
  bool unmet = false;     ///< an expectation that nobody here meets
};

/// Acts on the fields that this layer knows; the length of a name sorts out most others.
const Refusal* ApplyField(const Field& field, RequestHead& head, FieldState& state) {
  switch (field.name.size()) {
    case 4:
      if (EqualIgnoringCase(field.name, "host")) {
        if (head.has_host) return &refusals::kHost;
        head.has_host = true;
        if (!state.absolute) head.host = field.value;
      }
      break;
    case 6:
      if (EqualIgnoringCase(field.name, "expect")) {
        if (EqualIgnoringCase(field.value, "100-continue")) {
          head.expects_continue = true;
        } else {
          state.unmet = true;
        }
      }
      break;
    case 10:
      if (EqualIgnoringCase(field.name, "connection")) ParseConnection(field.value, head, state.close);
      break;
    case 12:
      if (EqualIgnoringCase(field.name, "content-type")) {
        head.content_type = field.value;
      } else if (EqualIgnoringCase(field.name, "x-amz-target")) {
        head.amz_target = field.value;
      }
      break;
    case 14:
      if (EqualIgnoringCase(field.name, "content-length")) return ParseLength(field.value, head);
      break;
    case 17:
      if (EqualIgnoringCase(field.name, "transfer-encoding")) {
        if (head.chunked || !EqualIgnoringCase(field.value, "chunked")) return &refusals::kCoding;
        head.chunked = true;
      }
      break;
    case 22:
      if (EqualIgnoringCase(field.name, "x-waypost-min-revision") && !ParseNumber(field.value, head.min_revision)) {
        return &refusals::kMinRevision;
      }
      break;
    default:
      break;
  }
  return nullptr;
}

const Refusal* ParseFieldLine(std::string_view line, Field& field) {
  const auto* colon = static_cast<const char*>(std::memchr(line.data(), ':', line.size()));
  if (colon == nullptr) return &refusals::kField;
  field.name = line.substr(0, static_cast<std::size_t>(colon - line.data()));
  field.value = Trim(line.substr(field.name.size() + 1));
  return IsToken(field.name) && IsFieldValue(field.value) ? nullptr : &refusals::kField;
}

const Refusal* CheckWhole(const FieldState& state, RequestHead& head) {
  if (head.chunked && (head.has_length || head.version_1_0)) return &refusals::kFraming;
  if (!head.has_host && !head.version_1_0) return &refusals::kHost;
  if (head.version_1_0) {
    head.expects_continue = false;  // RFC 9110 10.1.1
  } else if (state.unmet) {
    return &refusals::kExpectation;
  }
  if (state.close) head.keep_alive = false;
  return nullptr;
}

}  // namespace

bool IsTokenChar(char c) { return kToken[static_cast<unsigned char>(c)]; }

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

const Refusal* CheckFieldLine(std::string_view line) {
  Field field;
  return ParseFieldLine(line, field);
}

void RequestHead::Clear() {
  std::vector<Field> kept = std::move(fields);
  *this = RequestHead();
  fields = std::move(kept);
  fields.clear();
}

const Refusal* ParseHead(std::string_view bytes, RequestHead& head) {
  head.Clear();
  FieldState state;
  bool first = true;
  while (!bytes.empty()) {
    const auto* end = static_cast<const char*>(std::memchr(bytes.data(), '\n', bytes.size()));
    if (end == nullptr || end == bytes.data() || end[-1] != '\r') return &refusals::kLineEnd;
    const std::string_view line(bytes.data(), static_cast<std::size_t>(end - bytes.data()) - 1);
    bytes.remove_prefix(line.size() + 2);
    if (first) {
      first = false;
      if (const Refusal* refusal = ParseRequestLine(line, head)) return refusal;
      state.absolute = !head.host.empty();
      continue;
    }
    if (line.empty()) break;
    if (head.fields.size() == kFieldsMax) return &refusals::kHeadTooLarge;
    Field& field = head.fields.emplace_back();
    if (const Refusal* refusal = ParseFieldLine(line, field)) return refusal;
    if (const Refusal* refusal = ApplyField(field, head, state)) return refusal;
  }
  return CheckWhole(state, head);
}

const Refusal* CompleteHead(std::string_view target, RequestHead& head) {
  FieldState state;
  if (!IsToken(head.method)) return &refusals::kRequestLine;
  if (target.empty() || (target.front() != '/' && target != "*")) return &refusals::kTarget;
  if (const Refusal* refusal = ParseTarget(target, head)) return refusal;
  state.absolute = !head.host.empty();
  head.has_host = false;
  for (const Field& field : head.fields) {
    if (const Refusal* refusal = ApplyField(field, head, state)) return refusal;
  }
  return CheckWhole(state, head);
}

}  // namespace waypost::http
