#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operator/query.h"
#include "waypost/http/message.h"
#include "waypost/model/clock.h"
#include "waypost/view/discovery.h"

namespace waypost::oper {

/// `HEALTHY`, `UNHEALTHY`, `ALL`, `HEALTHY_OR_ELSE_ALL`. Err: kInvalidInput.
model::Result<view::HealthFilter> ParseHealthFilter(std::string_view text);

/// What a long poll asks for.
struct LongPollRequest {
  std::string namespace_name = {};
  std::string service_name = {};
  std::optional<model::Revision> index = {};
  std::chrono::milliseconds wait{0};
  view::HealthFilter health = view::HealthFilter::kHealthyOrElseAll;
  std::uint32_t max_results = 100;
  std::vector<Query::Pair> required = {};
};

/// Reads path and query. Err: kInvalidInput; kResourceNotFound: the path is not /v1/discover/{namespace}/{service}.
model::Result<LongPollRequest> ReadLongPoll(const http::Request& request);

}  // namespace waypost::oper
