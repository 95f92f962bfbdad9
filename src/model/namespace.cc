#include "waypost/model/namespace.h"

#include "waypost/model/owner_name.h"

namespace waypost::model {
namespace {

bool IsAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// The pattern of CreatePublicDnsNamespace: two or more labels of letters, digits and inner hyphens, the last one
/// without a final dot.
bool IsPublicName(std::string_view name) {
  std::size_t labels = 0;
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty() || label.size() > kMaxLabelOctets || !IsAlnum(label.front()) || !IsAlnum(label.back()))
      return false;
    for (const char c : label) {
      if (!IsAlnum(c) && c != '-') return false;
    }
    ++labels;
    if (dot == std::string_view::npos) return labels >= 2;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

std::string_view NamespaceTypeName(NamespaceType type) {
  switch (type) {
    case NamespaceType::kHttp:
      return "HTTP";
    case NamespaceType::kDnsPrivate:
      return "DNS_PRIVATE";
    case NamespaceType::kDnsPublic:
      return "DNS_PUBLIC";
  }
  return "";
}

Status CheckNamespaceName(NamespaceType type, std::string_view name) {
  const std::size_t limit = type == NamespaceType::kHttp ? 1024 : 253;
  if (name.empty() || name.size() > limit) {
    return MakeError(Code::kInvalidInput, "Name must have 1 to " + std::to_string(limit) + " characters");
  }
  if (name.starts_with("arn:")) return MakeError(Code::kInvalidInput, "Name must not begin with arn:");
  for (const char c : name) {
    if (c < '!' || c > '~') {
      return MakeError(Code::kInvalidInput, "Name has a character outside the printable ASCII range ! to ~");
    }
  }
  if (type == NamespaceType::kDnsPublic && !IsPublicName(name)) {
    return MakeError(Code::kInvalidInput, "Name \"" + std::string(name) +
                                              "\" of a public DNS namespace must be two or more labels of letters, "
                                              "digits and hyphens, for example example.com");
  }
  if (type == NamespaceType::kDnsPrivate) {
    WP_TRY(owner, OwnerName::Parse(name));
    if (owner.is_root()) return MakeError(Code::kInvalidInput, "Name must not be the DNS root");
  }
  return Ok();
}

}  // namespace waypost::model
