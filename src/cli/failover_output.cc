#include "cli/failover_output.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace waypost::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kLabelWidth = 16;
constexpr std::size_t kValueWidth = 12;

std::string Padded(std::string text, std::size_t width) {
  // One blank at least, however long the text is.
  text.append(text.size() < width ? width - text.size() : 1, ' ');
  return text;
}

std::string Label(const std::string& name) {
  std::string label = name;
  std::replace(label.begin(), label.end(), '_', ' ');
  if (label.starts_with("dns")) label.replace(0, 3, "DNS");
  if (label.starts_with("api")) label.replace(0, 3, "API");
  return label;
}

/// What stands behind the figure.
std::string Remark(const FailoverResult& result, const FailoverCheck& check) {
  const WrongAnswers& wrong = result.report.wrong;
  if (check.name == "detected") return result.cause;
  if (check.name == "dns_clean") return "last DNS answer with it";
  if (check.name == "api_clean") return "last DiscoverInstances with it";
  if (check.name == "caches_clean") {
    return "last DNS answer with it, and its TTL of " + std::to_string(result.report.ttl_s) + "s";
  }
  if (check.name == "recovered") return "both doors answer it again";
  return "dead address after detection: DNS " + std::to_string(wrong.dns_named) + ", API " +
         std::to_string(wrong.api_named) + "; empty " + std::to_string(wrong.empty) + ", negative " +
         std::to_string(wrong.negative) + ", failed " + std::to_string(wrong.failed);
}

std::string Failure(const FailoverCheck& check) {
  if (check.value.empty())
    return check.bound.empty() ? "not reached" : "not reached, --" + check.bound + " " + check.limit;
  return check.value + ", --" + check.bound + " " + check.limit;
}

std::string Seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", seconds);
  return text;
}

ordered_json Figure(const std::optional<std::chrono::milliseconds>& value) {
  return value ? ordered_json(value->count()) : ordered_json(nullptr);
}

}  // namespace

bool FailoverResult::passed() const {
  return ended.empty() &&
         std::none_of(checks.begin(), checks.end(), [](const FailoverCheck& check) { return check.failed; });
}

std::string FailoverText(const FailoverResult& result) {
  std::string text = "failover of " + result.instance + " (" + result.address + ") in " + result.service +
                     ", each door asked " + std::to_string(result.rate) + " times a second\n";
  for (const FailoverCheck& check : result.checks) {
    const std::string value = check.skipped ? "-" : check.value.empty() ? "not reached" : check.value;
    std::string line = "  " + Padded(Label(check.name), kLabelWidth);
    const std::string remark = check.skipped || check.value.empty() ? "" : Remark(result, check);
    line += remark.empty() ? value : Padded(value, kValueWidth) + remark;
    if (check.bound_broken) line += "  BROKEN: --" + check.bound + " " + check.limit;
    text += line + "\n";
  }
  if (!result.ended.empty()) text += result.ended + "\n";
  return text + (result.passed() ? "passed\n" : "failed\n");
}

std::string FailoverJson(const FailoverResult& result) {
  const FailoverReport& report = result.report;
  ordered_json broken = ordered_json::array();
  for (const FailoverCheck& check : result.checks) {
    if (check.bound_broken) broken.push_back(check.bound);
  }
  const ordered_json json{{"service", result.service},
                          {"instance", result.instance},
                          {"address", result.address},
                          {"detected_ms", Figure(report.detected)},
                          {"dns_clean_ms", Figure(report.dns_clean)},
                          {"api_clean_ms", Figure(report.api_clean)},
                          {"caches_clean_ms", Figure(report.caches_clean)},
                          {"wrong_answers", report.wrong.total()},
                          {"recovered_ms", Figure(report.recovered)},
                          {"passed", result.passed()},
                          {"broken_bounds", broken}};
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string XmlEscape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\t':
      case '\n':
      case '\r':
        escaped += "&#" + std::to_string(static_cast<int>(c)) + ";";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return escaped;
}

std::string FailoverJunit(const FailoverResult& result) {
  std::size_t failures = 0;
  std::size_t skipped = 0;
  double time = 0;
  std::string cases;
  for (const FailoverCheck& check : result.checks) {
    failures += check.failed ? 1 : 0;
    skipped += check.skipped ? 1 : 0;
    time = std::max(time, check.seconds);
    cases += "    <testcase classname=\"failover." + XmlEscape(result.service) + "\" name=\"" + check.name +
             "\" time=\"" + Seconds(check.seconds) + "\"";
    if (check.failed) {
      cases += "><failure message=\"" + XmlEscape(Failure(check)) + "\"/></testcase>\n";
    } else {
      cases += check.skipped ? "><skipped/></testcase>\n" : "/>\n";
    }
  }
  // A run that was cut short has not passed, even where every figure is there.
  std::size_t errors = 0;
  if (!result.ended.empty()) {
    errors = 1;
    cases += "    <testcase classname=\"failover." + XmlEscape(result.service) +
             "\" name=\"ended\" time=\"0.000\"><error message=\"" + XmlEscape(result.ended) + "\"/></testcase>\n";
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"failover of " +
         XmlEscape(result.instance) + " in " + XmlEscape(result.service) + "\" tests=\"" +
         std::to_string(result.checks.size() + errors) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" +
         std::to_string(errors) + "\" skipped=\"" + std::to_string(skipped) + "\" time=\"" + Seconds(time) + "\">\n" +
         cases + "  </testsuite>\n</testsuites>\n";
}

}  // namespace waypost::cli
