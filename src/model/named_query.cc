#include "waypost/model/named_query.h"

#include <algorithm>

#include "waypost/model/instance.h"
#include "waypost/model/owner_name.h"
#include "waypost/model/service.h"

namespace waypost::model {
namespace {

bool IsGraphic(char c) { return c >= '!' && c <= '~'; }
bool IsText(char c) { return IsGraphic(c) || c == ' ' || c == '\t'; }

/// By the rules for instances' attributes: nothing else could ever match.
Status CheckFilter(const std::string& key, const std::string& value) {
  if (key.empty() || key.size() > kMaxAttributeKey || !std::all_of(key.begin(), key.end(), IsGraphic)) {
    return MakeError(Code::kInvalidInput, "the key of an attribute must be 1 to " + std::to_string(kMaxAttributeKey) +
                                              " printable ASCII characters without blanks");
  }
  if (value.size() > kMaxAttributeValue || !std::all_of(value.begin(), value.end(), IsText)) {
    return MakeError(Code::kInvalidInput, "the value of attribute " + key + " must be at most " +
                                              std::to_string(kMaxAttributeValue) + " printable ASCII characters");
  }
  return Ok();
}

}  // namespace

Status CheckNamedQuery(const NamedQuery& query) {
  WP_CHECK(CheckServiceName(query.name));
  if (query.name == ".") return MakeError(Code::kInvalidInput, "a view needs a name of its own, not \".\"");
  if (query.filters.empty() || query.filters.size() > kMaxQueryFilters) {
    return MakeError(Code::kInvalidInput, "a view asks for 1 to " + std::to_string(kMaxQueryFilters) + " attributes");
  }
  for (const auto& [key, value] : query.filters) WP_CHECK(CheckFilter(key, value));
  if (query.fallback == query.service_id) {
    return MakeError(Code::kInvalidInput, "a view cannot fall back to the service that it selects from");
  }
  return Ok();
}

Status CheckNamedQueryIn(const NamedQuery& query, const Namespace& in) {
  if (!in.has_dns()) return Ok();
  WP_TRY(relative, OwnerName::Parse(query.name));
  WP_TRY(apex, OwnerName::Parse(in.name));
  WP_CHECK(OwnerName::Join(relative, apex));
  return Ok();
}

}  // namespace waypost::model
