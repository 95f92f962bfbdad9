#include "cloudmap/filter.h"

#include <algorithm>
#include <utility>

#include "cloudmap/shapes.h"

namespace waypost::cloudmap {
namespace {

constexpr std::pair<std::string_view, Condition> kConditions[] = {{"EQ", Condition::kEqual},
                                                                  {"IN", Condition::kIn},
                                                                  {"BETWEEN", Condition::kBetween},
                                                                  {"BEGINS_WITH", Condition::kBeginsWith}};

bool RightCount(Condition condition, std::size_t count) {
  switch (condition) {
    case Condition::kEqual:
    case Condition::kBeginsWith:
      return count == 1;
    case Condition::kIn:
      return count >= 1;
    case Condition::kBetween:
      return count == 2;
  }
  return false;
}

bool Allows(std::span<const FilterRule> rules, std::string_view name, Condition condition) {
  for (const FilterRule& rule : rules) {
    if (rule.name != name) continue;
    return std::find(rule.conditions.begin(), rule.conditions.end(), condition) != rule.conditions.end();
  }
  return false;
}

}  // namespace

bool Filter::Accepts(std::string_view text) const {
  if (condition == Condition::kBeginsWith) return text.starts_with(values.front());
  return std::find(values.begin(), values.end(), text) != values.end();
}

model::Result<std::vector<Filter>> ReadFilters(const Value& input, std::span<const FilterRule> rules) {
  std::vector<Filter> filters;
  for (const Value& item : input.Items("Filters")) {
    Filter filter;
    filter.name = item.Text("Name");
    const std::string_view word = item.Find("Condition") != nullptr ? item.Text("Condition") : "EQ";
    for (const auto& [name, condition] : kConditions) {
      if (name == word) filter.condition = condition;
    }
    for (const Value& value : item.Items("Values")) filter.values.push_back(*value.string());
    const std::string said = std::string(filter.name) + " with Condition " + std::string(word);
    if (!Allows(rules, filter.name, filter.condition)) return Violation("Filters", said + " is not supported");
    if (!RightCount(filter.condition, filter.values.size())) {
      return Violation("Filters", said + " does not take " + std::to_string(filter.values.size()) + " Values");
    }
    filters.push_back(std::move(filter));
  }
  return filters;
}

model::Result<bool> AcceptsOwner(const Filter& filter, std::string_view account) {
  const std::string_view owner = filter.values.front();
  if (owner == "SELF") return true;
  if (owner == "OTHER_ACCOUNTS") return false;
  const bool digits = std::all_of(owner.begin(), owner.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (owner.size() == kAccountLength && digits) return owner == account;
  return Violation("Filters", "RESOURCE_OWNER takes SELF or OTHER_ACCOUNTS");
}

}  // namespace waypost::cloudmap
