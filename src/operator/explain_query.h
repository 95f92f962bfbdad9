#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/model/result.h"

namespace waypost::oper {

/// What is to be explained.
struct ExplainQuery {
  std::string name;                                                  ///< without a final dot
  std::string client = {};                                           ///< its address; empty: any client
  std::vector<std::pair<std::string, std::string>> attributes = {};  ///< as DiscoverInstances' QueryParameters
};

/// Reads the parameters `name`, `client` and `attr` (`k=v`, several times). Err: kInvalidInput.
model::Result<ExplainQuery> ReadExplainQuery(std::string_view query);

}  // namespace waypost::oper
