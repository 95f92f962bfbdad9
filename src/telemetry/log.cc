#include "waypost/telemetry/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>

namespace waypost::telemetry {
namespace {

/// One JSON object a line: time, level, message, with the message escaped as JSON wants it.
class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    head_.format(message, out);
    Append(out, "\"level\":\"");
    const auto level = spdlog::level::to_string_view(message.level);
    out.append(level.data(), level.data() + level.size());
    Append(out, "\",\"message\":\"");
    for (const char c : message.payload) Escape(c, out);
    Append(out, "\"}\n");
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }

 private:
  static void Append(spdlog::memory_buf_t& out, std::string_view text) {
    out.append(text.data(), text.data() + text.size());
  }
  static void Escape(char c, spdlog::memory_buf_t& out) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      const char pair[2] = {'\\', c};
      Append(out, std::string_view(pair, 2));
    } else if (byte < 0x20) {
      const char escape[6] = {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
      Append(out, std::string_view(escape, 6));
    } else {
      out.push_back(c);
    }
  }
  spdlog::pattern_formatter head_{"{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",", spdlog::pattern_time_type::utc, ""};
};

}  // namespace

Log MakeLog(const std::string& level, LogFormat format) {
  const spdlog::level::level_enum parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") return nullptr;
  auto log = std::make_shared<spdlog::logger>("waypost", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  log->set_level(parsed);
  if (format == LogFormat::kJson) {
    log->set_formatter(std::make_unique<JsonFormatter>());
  } else {
    log->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
  }
  log->flush_on(spdlog::level::trace);
  return log;
}

Log MakeSilentLog() {
  return std::make_shared<spdlog::logger>("silent", std::make_shared<spdlog::sinks::null_sink_mt>());
}

}  // namespace waypost::telemetry
