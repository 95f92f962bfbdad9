#include "operator/history.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "operator/json_time.h"
#include "operator/query.h"

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;
using nlohmann::ordered_json;

model::Result<std::size_t> ReadLimit(const std::string* text) {
  if (text == nullptr) return kHistoryRows;
  std::size_t limit = 0;
  const char* end = text->data() + text->size();
  const auto [stop, problem] = std::from_chars(text->data(), end, limit);
  if (problem == std::errc() && stop == end && limit >= 1 && limit <= kHistoryRowsMax) return limit;
  return MakeError(Code::kInvalidInput,
                   "limit is \"" + *text + "\": wanted is a number from 1 to " + std::to_string(kHistoryRowsMax));
}

ordered_json Row(const model::Transition& transition) {
  ordered_json row = {{"time", FormatTime(transition.at)},           {"service", transition.service_id.str()},
                      {"instance", transition.instance_id},          {"from", model::HealthStateName(transition.from)},
                      {"to", model::HealthStateName(transition.to)}, {"cause", transition.cause}};
  if (transition.latency_us) row["latency_ms"] = static_cast<double>(*transition.latency_us) / 1000;
  return row;
}

}  // namespace

model::Result<http::Progress> ShowHistory(HealthContext& context, const http::Request& request,
                                          http::Response& response, http::Later&) {
  WP_TRY(query, Query::Parse(request.query));
  for (const auto& [key, value] : query.pairs()) {
    if (key == "service" || key == "instance" || key == "limit") continue;
    return MakeError(Code::kInvalidInput, "unknown parameter " + key + "; there are service, instance, limit");
  }
  const std::string* service_text = query.Find("service");
  if (service_text == nullptr) return MakeError(Code::kInvalidInput, "the parameter service is missing");
  WP_TRY(limit, ReadLimit(query.Find("limit")));
  WP_TRY(service, context.FindService(*service_text));
  const std::string* instance = query.Find("instance");
  WP_TRY(transitions, context.options().registry.GetHistory(service, instance == nullptr ? "" : *instance, limit));
  ordered_json rows = ordered_json::array();
  for (const model::Transition& transition : transitions) rows.push_back(Row(transition));
  return Done(rows, response);
}

}  // namespace waypost::oper
