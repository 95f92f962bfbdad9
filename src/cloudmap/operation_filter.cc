#include "cloudmap/operation_filter.h"

#include <algorithm>
#include <charconv>

#include "cloudmap/filter.h"
#include "cloudmap/output.h"
#include "cloudmap/shape.h"
#include "waypost/model/arn.h"

namespace waypost::cloudmap {
namespace {

using model::OperationType;

constexpr OperationType kTypes[] = {OperationType::kCreateNamespace,  OperationType::kDeleteNamespace,
                                    OperationType::kUpdateNamespace,  OperationType::kUpdateService,
                                    OperationType::kRegisterInstance, OperationType::kDeregisterInstance};
constexpr std::string_view kStatuses[] = {"SUBMITTED", "PENDING", "SUCCESS", "FAIL"};
constexpr std::int64_t kMillisecondsFrom = 100'000'000'000;

std::span<const FilterRule> Rules() {
  static const std::vector<FilterRule> rules = {{"NAMESPACE_ID", {Condition::kEqual}},
                                                {"SERVICE_ID", {Condition::kEqual}},
                                                {"STATUS", {Condition::kEqual, Condition::kIn}},
                                                {"TYPE", {Condition::kEqual, Condition::kIn}},
                                                {"UPDATE_DATE", {Condition::kBetween}}};
  return rules;
}

model::Status AddStatus(const Filter& filter, OperationFilter& wanted) {
  for (const std::string_view status : filter.values) {
    if (std::find(std::begin(kStatuses), std::end(kStatuses), status) == std::end(kStatuses)) {
      return Violation("Filters", "STATUS takes SUBMITTED, PENDING, SUCCESS or FAIL");
    }
  }
  if (!filter.Accepts(kOperationStatus)) wanted.nothing = true;
  return model::Ok();
}

model::Status AddType(const Filter& filter, OperationFilter& wanted) {
  std::vector<OperationType>& types = wanted.types.emplace_back();
  for (const std::string_view name : filter.values) {
    const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                    [&](OperationType each) { return model::OperationTypeName(each) == name; });
    if (type == std::end(kTypes)) {
      return Violation("Filters", "TYPE does not know " + std::string(name));
    }
    types.push_back(*type);
  }
  return model::Ok();
}

model::Status AddDates(const Filter& filter, OperationFilter& wanted) {
  WP_TRY(from, ReadDate(filter.values[0], DateBound::kStart));
  WP_TRY(to, ReadDate(filter.values[1], DateBound::kEnd));
  if (from > to) return Violation("Filters", "UPDATE_DATE takes the start date first");
  wanted.from_ms = std::max(wanted.from_ms, from);
  wanted.to_ms = std::min(wanted.to_ms, to);
  return model::Ok();
}

}  // namespace

bool OperationFilter::Accepts(const model::Operation& operation) const {
  if (nothing || operation.created.ms < from_ms || operation.created.ms > to_ms) return false;
  for (const std::string& id : namespace_ids) {
    if (operation.namespace_id != id) return false;
  }
  for (const std::string& id : service_ids) {
    if (operation.service_id != id) return false;
  }
  return std::all_of(types.begin(), types.end(), [&](const std::vector<OperationType>& any) {
    return std::find(any.begin(), any.end(), operation.type) != any.end();
  });
}

model::Result<OperationFilter> ReadOperationFilter(const Value& input) {
  WP_TRY(filters, ReadFilters(input, Rules()));
  OperationFilter wanted;
  for (const Filter& filter : filters) {
    if (filter.name == "NAMESPACE_ID") {
      wanted.namespace_ids.emplace_back(model::IdFromArn(filter.values.front(), "namespace"));
    } else if (filter.name == "SERVICE_ID") {
      wanted.service_ids.emplace_back(model::IdFromArn(filter.values.front(), "service"));
    } else if (filter.name == "STATUS") {
      WP_CHECK(AddStatus(filter, wanted));
    } else if (filter.name == "TYPE") {
      WP_CHECK(AddType(filter, wanted));
    } else {
      WP_CHECK(AddDates(filter, wanted));
    }
  }
  return wanted;
}

model::Result<std::int64_t> ReadDate(std::string_view text, DateBound bound) {
  const char* const end = text.data() + text.size();
  std::int64_t number = 0;
  auto [at, problem] = std::from_chars(text.data(), end, number);
  const bool digits = problem == std::errc() && number >= 0 && text.front() != '-';
  if (digits && at == end) {
    if (number >= kMillisecondsFrom) return number;
    return number * 1000 + (bound == DateBound::kEnd ? 999 : 0);
  }
  if (digits && number < kMillisecondsFrom && *at == '.' && at + 1 != end) {
    std::int64_t ms = 0;
    std::int64_t place = 100;
    for (++at; at != end && *at >= '0' && *at <= '9'; ++at, place /= 10) ms += (*at - '0') * place;
    if (at == end) return number * 1000 + ms;
  }
  return Violation("Filters", "UPDATE_DATE takes seconds or milliseconds since 1970, not " + std::string(text));
}

}  // namespace waypost::cloudmap
