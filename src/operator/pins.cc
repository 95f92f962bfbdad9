#include "operator/pins.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "operator/json_input.h"
#include "operator/json_time.h"
#include "operator/query.h"

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;
using nlohmann::ordered_json;

}  // namespace

model::Result<http::Progress> ListPins(HealthContext& context, const http::Request&, http::Response& response,
                                       http::Later&) {
  WP_TRY(pins, context.options().registry.GetPins());
  ordered_json list = ordered_json::array();
  for (const model::Pin& pin : pins) {
    list.push_back({{"service", pin.service_id.str()},
                    {"name", context.NameOf(pin.service_id)},
                    {"instance", pin.instance_id},
                    {"state", model::PinStateName(pin.state)},
                    {"set", FormatTime(pin.set)},
                    {"until", FormatTime(pin.until)}});
  }
  return Done(list, response);
}

model::Result<http::Progress> SetPin(HealthContext& context, const http::Request& request, http::Response&,
                                     http::Later& later) {
  WP_TRY(input, ReadTexts(request.body, {{"service"}, {"instance"}, {"state"}, {"for"}}));
  const auto state = model::ParsePinState(input["state"]);
  if (!state) {
    return MakeError(Code::kInvalidInput,
                     "state is \"" + input["state"] + "\": wanted is healthy, unhealthy or drained");
  }
  WP_TRY(lasting, ReadDuration(input, "for", model::kMaxPinned));
  WP_TRY(service, context.FindInstance(input["service"], input["instance"]));
  const model::Timestamp now = context.Now();
  const model::Pin pin{service, input["instance"], *state, now, {now.ms + lasting.count()}};
  ordered_json answer = {{"service", service.str()},
                         {"instance", pin.instance_id},
                         {"state", model::PinStateName(pin.state)},
                         {"until", FormatTime(pin.until)}};
  return context.Submit(registry::PinHealth{pin}, std::move(answer), later);
}

model::Result<http::Progress> ErasePin(HealthContext& context, const http::Request& request, http::Response&,
                                       http::Later& later) {
  const std::string_view both = request.path.substr(std::min(request.path.size(), kPinsPath.size() + 1));
  const std::size_t slash = both.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == both.size()) {
    return MakeError(Code::kInvalidInput, "the path is " + std::string(kPinsPath) + "/{service}/{instance}");
  }
  WP_TRY(service_text, DecodeSegment(both.substr(0, slash)));
  WP_TRY(instance, DecodeSegment(both.substr(slash + 1)));
  WP_TRY(service, context.FindService(service_text));
  WP_TRY(pins, context.options().registry.GetPins());
  const auto is_it = [&](const model::Pin& pin) { return pin.service_id == service && pin.instance_id == instance; };
  if (std::none_of(pins.begin(), pins.end(), is_it)) {
    return MakeError(Code::kResourceNotFound, instance + " of " + service_text + " is not pinned");
  }
  return context.Submit(registry::UnpinHealth{service, std::move(instance)}, ordered_json::object(), later);
}

}  // namespace waypost::oper
