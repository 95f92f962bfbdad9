#include "operator/long_poll_request.h"

#include <charconv>

#include "waypost/model/duration.h"
#include "waypost/operator/long_poll.h"

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;
using model::Result;

constexpr std::string_view kPrefix = "/v1/discover/";
constexpr std::uint32_t kResultsMax = 1000;

template <class Number>
bool ParseNumber(std::string_view text, Number& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size();
}

model::Status ReadParameter(const Query::Pair& pair, LongPollRequest& asked) {
  const auto& [key, value] = pair;
  if (key == "index") {
    if (!ParseNumber(value, asked.index.emplace())) {
      return MakeError(Code::kInvalidInput, "index: a number, as x-waypost-index said it");
    }
  } else if (key == "wait") {
    const auto wait = model::ParseDuration(value);
    if (!wait || *wait > LongPollOptions::kWaitMax) {
      return MakeError(Code::kInvalidInput,
                       "wait: a duration such as 30s, at most " + model::FormatDuration(LongPollOptions::kWaitMax));
    }
    asked.wait = *wait;
  } else if (key == "health") {
    WP_TRY(health, ParseHealthFilter(value));
    asked.health = health;
  } else if (key == "max") {
    if (!ParseNumber(value, asked.max_results) || asked.max_results == 0 || asked.max_results > kResultsMax) {
      return MakeError(Code::kInvalidInput, "max: a number from 1 to 1000");
    }
  } else {
    asked.required.push_back(pair);
  }
  return model::Ok();
}

}  // namespace

Result<view::HealthFilter> ParseHealthFilter(std::string_view text) {
  if (text == "HEALTHY") return view::HealthFilter::kHealthy;
  if (text == "UNHEALTHY") return view::HealthFilter::kUnhealthy;
  if (text == "ALL") return view::HealthFilter::kAll;
  if (text == "HEALTHY_OR_ELSE_ALL") return view::HealthFilter::kHealthyOrElseAll;
  return MakeError(Code::kInvalidInput, "health: HEALTHY, UNHEALTHY, ALL or HEALTHY_OR_ELSE_ALL");
}

Result<LongPollRequest> ReadLongPoll(const http::Request& request) {
  const std::string_view names = request.path.substr(kPrefix.size());
  const std::size_t slash = names.find('/');
  if (slash == 0 || slash >= names.size() - 1 || names.find('/', slash + 1) != std::string_view::npos) {
    return MakeError(Code::kResourceNotFound, "the path is /v1/discover/{namespace}/{service}");
  }
  LongPollRequest asked;
  WP_TRY(namespace_name, DecodeSegment(names.substr(0, slash)));
  WP_TRY(service_name, DecodeSegment(names.substr(slash + 1)));
  asked.namespace_name = std::move(namespace_name);
  asked.service_name = std::move(service_name);
  asked.wait = LongPollOptions::kWaitDefault;
  WP_TRY(query, Query::Parse(request.query));
  for (const Query::Pair& pair : query.pairs()) WP_CHECK(ReadParameter(pair, asked));
  return asked;
}

}  // namespace waypost::oper
