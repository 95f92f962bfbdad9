#pragma once

#include "operator/health_context.h"

namespace waypost::oper {

/// POST /v1/health/recheck: checks an instance now.
model::Result<http::Progress> Recheck(HealthContext& context, const http::Request& request, http::Response& response,
                                      http::Later& later);

}  // namespace waypost::oper
