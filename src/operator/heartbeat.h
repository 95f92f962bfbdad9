#pragma once

#include "operator/health_context.h"

namespace waypost::oper {

/// POST /v1/health/heartbeats: an instance says of itself that it lives.
model::Result<http::Progress> TakeHeartbeat(HealthContext& context, const http::Request& request,
                                            http::Response& response, http::Later& later);

}  // namespace waypost::oper
