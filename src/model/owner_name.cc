#include "waypost/model/owner_name.h"

namespace waypost::model {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Reads one escape behind a backslash at `text[at]`; moves `at` behind it. -1: bad.
int Unescape(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return -1;
  if (!IsDigit(text[at])) return static_cast<unsigned char>(text[at++]);
  if (at + 3 > text.size() || !IsDigit(text[at + 1]) || !IsDigit(text[at + 2])) return -1;
  const int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  at += 3;
  return value <= 255 ? value : -1;
}

Error Bad(std::string_view name, std::string_view why) {
  return MakeError(Code::kInvalidInput, "\"" + std::string(name) + "\" is not a domain name: " + std::string(why));
}

}  // namespace

std::string Folded(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) c = Fold(c);
  return folded;
}

bool EqualFolded(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (Fold(a[i]) != Fold(b[i])) return false;
  }
  return true;
}

Result<OwnerName> OwnerName::Parse(std::string_view presentation) {
  if (presentation == ".") return OwnerName();
  if (presentation.empty()) return Bad(presentation, "it is empty");
  std::string wire;
  std::string label;
  const auto end_label = [&]() -> std::string_view {
    if (label.empty()) return "a label is empty";
    if (label.size() > kMaxLabelOctets) return "a label is longer than 63 octets";
    wire += static_cast<char>(label.size());
    wire += label;
    label.clear();
    return "";
  };
  for (std::size_t at = 0; at < presentation.size();) {
    const char c = presentation[at++];
    if (c == '.') {
      const std::string_view problem = end_label();
      if (!problem.empty()) return Bad(presentation, problem);
    } else if (c == '\\') {
      const int byte = Unescape(presentation, at);
      if (byte < 0) return Bad(presentation, "it has a bad escape");
      label += Fold(static_cast<char>(byte));
    } else {
      label += Fold(c);
    }
  }
  if (!label.empty()) {
    const std::string_view problem = end_label();
    if (!problem.empty()) return Bad(presentation, problem);
  }
  wire += '\0';
  if (wire.size() > kMaxNameOctets) return Bad(presentation, "it is longer than 255 octets");
  return OwnerName(std::move(wire));
}

Result<OwnerName> OwnerName::Child(std::string_view label) const {
  if (label.empty() || label.size() > kMaxLabelOctets || wire_.size() + label.size() + 1 > kMaxNameOctets) {
    return Bad(std::string(label) + "." + str(), "it is too long");
  }
  std::string wire(1, static_cast<char>(label.size()));
  wire += Folded(label);
  wire += wire_;
  return OwnerName(std::move(wire));
}

Result<OwnerName> OwnerName::Join(const OwnerName& prefix, const OwnerName& suffix) {
  std::string wire = prefix.wire_;
  wire.pop_back();
  wire += suffix.wire_;
  if (wire.size() > kMaxNameOctets) {
    return Bad(OwnerName(prefix).str() + suffix.str(), "it is longer than 255 octets");
  }
  return OwnerName(std::move(wire));
}

std::size_t OwnerName::labels() const {
  std::size_t count = 0;
  for (std::size_t at = 0; wire_[at] != 0; at += static_cast<unsigned char>(wire_[at]) + 1) ++count;
  return count;
}

OwnerName OwnerName::Parent() const {
  assert(!is_root());
  return OwnerName(wire_.substr(static_cast<unsigned char>(wire_[0]) + 1));
}

bool OwnerName::IsBelowOrAt(const OwnerName& apex) const {
  if (!wire_.ends_with(apex.wire_)) return false;
  // The suffix must begin where a label does.
  const std::size_t want = wire_.size() - apex.wire_.size();
  std::size_t at = 0;
  while (at < want) at += static_cast<unsigned char>(wire_[at]) + 1;
  return at == want;
}

std::string OwnerName::str() const {
  if (is_root()) return ".";
  std::string text;
  for (std::size_t at = 0; wire_[at] != 0;) {
    const std::size_t length = static_cast<unsigned char>(wire_[at++]);
    for (std::size_t i = 0; i < length; ++i) {
      const auto byte = static_cast<unsigned char>(wire_[at++]);
      if (byte == '.' || byte == '\\' || byte == '"' || byte == ';' || byte == '(' || byte == ')' || byte == '@' ||
          byte == '$') {
        text += '\\';
        text += static_cast<char>(byte);
      } else if (byte <= 32 || byte >= 127) {
        text += '\\';
        text += static_cast<char>('0' + byte / 100);
        text += static_cast<char>('0' + byte / 10 % 10);
        text += static_cast<char>('0' + byte % 10);
      } else {
        text += static_cast<char>(byte);
      }
    }
    text += '.';
  }
  return text;
}

}  // namespace waypost::model
