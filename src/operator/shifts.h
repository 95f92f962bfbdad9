#pragma once

#include "operator/health_context.h"

namespace waypost::oper {

// /v1/shifts

model::Result<http::Progress> ListShifts(HealthContext& context, const http::Request& request, http::Response& response,
                                         http::Later& later);
model::Result<http::Progress> SetShift(HealthContext& context, const http::Request& request, http::Response& response,
                                       http::Later& later);
/// /v1/shifts/{zone}
model::Result<http::Progress> EraseShift(HealthContext& context, const http::Request& request, http::Response& response,
                                         http::Later& later);

inline constexpr std::string_view kShiftsPath = "/v1/shifts";

}  // namespace waypost::oper
