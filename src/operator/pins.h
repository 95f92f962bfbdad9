#pragma once

#include "operator/health_context.h"

namespace waypost::oper {

// /v1/health/pins

model::Result<http::Progress> ListPins(HealthContext& context, const http::Request& request, http::Response& response,
                                       http::Later& later);
model::Result<http::Progress> SetPin(HealthContext& context, const http::Request& request, http::Response& response,
                                     http::Later& later);
/// /v1/health/pins/{service}/{instance}
model::Result<http::Progress> ErasePin(HealthContext& context, const http::Request& request, http::Response& response,
                                       http::Later& later);

inline constexpr std::string_view kPinsPath = "/v1/health/pins";

}  // namespace waypost::oper
