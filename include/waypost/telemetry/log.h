#pragma once

#include <spdlog/logger.h>

#include <memory>

namespace waypost::telemetry {

/// A handle to write structured lines to standard error; passed in, never global. Safe from any thread.
using Log = std::shared_ptr<spdlog::logger>;

enum class LogFormat { kText, kJson };

/// A logger to standard error. `level`: trace, debug, info, warn, error, off. Null when the level is unknown.
Log MakeLog(const std::string& level, LogFormat format);
/// A logger that drops everything, for tests.
Log MakeSilentLog();

}  // namespace waypost::telemetry
