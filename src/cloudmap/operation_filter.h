#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "cloudmap/json_value.h"
#include "waypost/model/operation.h"
#include "waypost/model/result.h"

namespace waypost::cloudmap {

/// What ListOperations' filters ask for. All must hold; an absent one always does.
struct OperationFilter {
  std::vector<std::string> namespace_ids = {};                ///< each must be the operation's
  std::vector<std::string> service_ids = {};                  ///< each must be the operation's
  std::vector<std::vector<model::OperationType>> types = {};  ///< one of each list
  bool nothing = false;                                       ///< a status was asked for that no operation has
  std::int64_t from_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t to_ms = std::numeric_limits<std::int64_t>::max();

  bool Accepts(const model::Operation& operation) const;
};

/// Err: kInvalidInput for what the API does not allow: conditions, counts, unknown statuses and types, bad dates.
model::Result<OperationFilter> ReadOperationFilter(const Value& input);

/// A date of UPDATE_DATE in milliseconds since the epoch: the text is seconds, perhaps with a fraction, or
/// milliseconds, told apart by size (1e11 seconds would be the year 5138). The last millisecond of it where `end`. Err:
/// kInvalidInput.
enum class DateBound : std::uint8_t { kStart, kEnd };
model::Result<std::int64_t> ReadDate(std::string_view text, DateBound bound);

}  // namespace waypost::cloudmap
