#pragma once

#include <string>

#include "waypost/model/clock.h"

namespace waypost::oper {

/// RFC 3339 in UTC with milliseconds: `2026-11-25T02:00:00.000Z`. Years 0000…9999; what lies beyond is cut to them.
std::string FormatTime(model::Timestamp time);

}  // namespace waypost::oper
