#pragma once

#include "operator/health_context.h"

namespace waypost::oper {

/// GET /v1/health/history?service=S&instance=I&limit=N
model::Result<http::Progress> ShowHistory(HealthContext& context, const http::Request& request,
                                          http::Response& response, http::Later& later);

inline constexpr std::size_t kHistoryRows = 1'000;  ///< where `limit` is not given
inline constexpr std::size_t kHistoryRowsMax = 10'000;

}  // namespace waypost::oper
