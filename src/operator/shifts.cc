#include "operator/shifts.h"

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

/// Zones are what instances may say in AVAILABILITY_ZONE; what can be shifted is shorter.
model::Status CheckZone(std::string_view zone) {
  const bool printable =
      std::none_of(zone.begin(), zone.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!zone.empty() && zone.size() <= model::kMaxZoneName && printable) return model::Ok();
  return MakeError(Code::kInvalidInput, "zone is the AVAILABILITY_ZONE of instances, 1 to " +
                                            std::to_string(model::kMaxZoneName) + " characters");
}

}  // namespace

model::Result<http::Progress> ListShifts(HealthContext& context, const http::Request&, http::Response& response,
                                         http::Later&) {
  WP_TRY(shifts, context.options().registry.GetShifts());
  ordered_json list = ordered_json::array();
  for (const model::Shift& shift : shifts) {
    list.push_back({{"zone", shift.zone}, {"set", FormatTime(shift.set)}, {"until", FormatTime(shift.until)}});
  }
  return Done(list, response);
}

model::Result<http::Progress> SetShift(HealthContext& context, const http::Request& request, http::Response&,
                                       http::Later& later) {
  WP_TRY(input, ReadTexts(request.body, {{"zone"}, {"for"}}));
  WP_CHECK(CheckZone(input["zone"]));
  WP_TRY(lasting, ReadDuration(input, "for", model::kMaxPinned));
  const model::Timestamp now = context.Now();
  const model::Shift shift{input["zone"], now, {now.ms + lasting.count()}};
  ordered_json answer = {{"zone", shift.zone}, {"until", FormatTime(shift.until)}};
  return context.Submit(registry::ShiftZone{shift}, std::move(answer), later);
}

model::Result<http::Progress> EraseShift(HealthContext& context, const http::Request& request, http::Response&,
                                         http::Later& later) {
  WP_TRY(zone, DecodeSegment(request.path.substr(std::min(request.path.size(), kShiftsPath.size() + 1))));
  WP_CHECK(CheckZone(zone));
  WP_TRY(shifts, context.options().registry.GetShifts());
  const auto is_it = [&](const model::Shift& shift) { return shift.zone == zone; };
  if (std::none_of(shifts.begin(), shifts.end(), is_it)) {
    return MakeError(Code::kResourceNotFound, "zone " + zone + " is not shifted away");
  }
  return context.Submit(registry::EndShift{std::move(zone)}, ordered_json::object(), later);
}

}  // namespace waypost::oper
