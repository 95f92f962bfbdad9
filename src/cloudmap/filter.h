#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cloudmap/json_value.h"
#include "waypost/model/result.h"

namespace waypost::cloudmap {

/// How a filter of a list compares.
enum class Condition : std::uint8_t { kEqual, kIn, kBetween, kBeginsWith };

/// One filter as it was sent. Borrows from the input.
struct Filter {
  std::string_view name;
  Condition condition = Condition::kEqual;
  std::vector<std::string_view> values;

  /// Whether a text satisfies it. Not for kBetween.
  bool Accepts(std::string_view text) const;
};

/// Which conditions a filter allows.
struct FilterRule {
  std::string_view name;
  std::vector<Condition> conditions;
};

/// The filters of a list operation; all must hold. Err: kInvalidInput (a condition that this filter does not know, or a
/// wrong number of values: one, for IN one or more, for BETWEEN two).
model::Result<std::vector<Filter>> ReadFilters(const Value& input, std::span<const FilterRule> rules);

/// Whether things owned by `account` pass a RESOURCE_OWNER filter: SELF, OTHER_ACCOUNTS, or an account. Err:
/// kInvalidInput for other values.
model::Result<bool> AcceptsOwner(const Filter& filter, std::string_view account);

}  // namespace waypost::cloudmap
