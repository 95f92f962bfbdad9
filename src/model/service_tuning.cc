// The service's `waypost:` tags: one row each, so that what is allowed stands beside what it does.
#include <charconv>

#include "waypost/model/check.h"
#include "waypost/model/duration.h"
#include "waypost/model/service.h"

namespace waypost::model {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kTagPrefix = "waypost:";
constexpr milliseconds kIntervalMin{100};
constexpr milliseconds kIntervalMax = std::chrono::hours(1);
constexpr milliseconds kHoldMax = std::chrono::hours(24);
constexpr CheckKind kAllKinds[] = {CheckKind::kTcp, CheckKind::kHttp, CheckKind::kHttps, CheckKind::kGrpc,
                                   CheckKind::kHeartbeat};

/// The whole text as a number in [low, high].
std::optional<std::uint32_t> Number(const std::string& text, std::uint32_t low, std::uint32_t high) {
  std::uint32_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && problem == std::errc() && end == text.data() + text.size();
  if (!whole || number < low || number > high) return std::nullopt;
  return number;
}

std::optional<milliseconds> DurationIn(const std::string& text, milliseconds low, milliseconds high) {
  const auto value = ParseDuration(text);
  if (!value || *value < low || *value > high) return std::nullopt;
  return value;
}

bool AnswerLimit(ServiceTuning& tuning, const std::string& value) {
  if (value == "all") {
    tuning.answer_limit = ServiceTuning::kAllAnswers;
    return true;
  }
  const auto limit = Number(value, 1, 1000);
  tuning.answer_limit = limit.value_or(0);
  return limit.has_value();
}

bool Kind(ServiceTuning& tuning, const std::string& value) {
  for (const CheckKind kind : kAllKinds) {
    if (value == CheckKindName(kind)) tuning.check_kind = kind;
  }
  return tuning.check_kind.has_value();
}

bool Interval(ServiceTuning& tuning, const std::string& value) {
  tuning.check_interval = DurationIn(value, kIntervalMin, kIntervalMax);
  return tuning.check_interval.has_value();
}

bool Timeout(ServiceTuning& tuning, const std::string& value) {
  tuning.check_timeout = DurationIn(value, kIntervalMin, kIntervalMax);
  return tuning.check_timeout.has_value();
}

bool Port(ServiceTuning& tuning, const std::string& value) {
  const auto port = Number(value, 1, 65'535);
  if (port) tuning.check_port = static_cast<std::uint16_t>(*port);
  return port.has_value();
}

bool Host(ServiceTuning& tuning, const std::string& value) {
  tuning.check_host = value;
  if (value.empty() || value.size() > 253) return false;
  for (const char c : value) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!alnum && std::string_view(".-_:").find(c) == std::string_view::npos) return false;
  }
  return true;
}

/// `200`, `200-399`, `200,204,300-303`.
bool Statuses(ServiceTuning& tuning, const std::string& value) {
  for (std::string_view rest = value;;) {
    const std::string part(rest.substr(0, rest.find(',')));
    const std::size_t dash = part.find('-');
    const auto first = Number(part.substr(0, dash), 100, 599);
    const auto last = dash == std::string::npos ? first : Number(part.substr(dash + 1), 100, 599);
    if (!first || !last || *first > *last) return false;
    tuning.check_status.push_back({static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)});
    if (part.size() == rest.size()) return true;
    rest.remove_prefix(part.size() + 1);
  }
}

bool Body(ServiceTuning& tuning, const std::string& value) {
  tuning.check_body = value;
  return !value.empty();
}

bool Rise(ServiceTuning& tuning, const std::string& value) {
  const auto rise = Number(value, 1, 10);
  if (rise) tuning.check_rise = static_cast<std::uint8_t>(*rise);
  return rise.has_value();
}

bool Certificate(ServiceTuning& tuning, const std::string& value) {
  tuning.check_certificate = value == "valid";
  return value == "valid" || value == "any";
}

bool InitialHealth(ServiceTuning& tuning, const std::string& value) {
  tuning.initially_unhealthy = value == "unhealthy";
  return value == "unhealthy" || value == "healthy";
}

bool Protect(ServiceTuning& tuning, const std::string& value) {
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), tuning.protect);
  return !value.empty() && problem == std::errc() && end == value.data() + value.size() && tuning.protect >= 0 &&
         tuning.protect <= 1;
}

bool HoldLast(ServiceTuning& tuning, const std::string& value) {
  const auto held = DurationIn(value, milliseconds(0), kHoldMax);
  tuning.hold_last = held.value_or(milliseconds(0));
  return held.has_value();
}

bool ZoneAffinity(ServiceTuning& tuning, const std::string& value) {
  tuning.zone_affinity = value == "prefer";
  return value == "prefer" || value == "off";
}

struct TagRule {
  std::string_view key;
  std::string_view allowed;
  bool (*read)(ServiceTuning& tuning, const std::string& value);
};

constexpr TagRule kRules[] = {
    {"waypost:answer-limit", "1 to 1000, or all", AnswerLimit},
    {"waypost:check-kind", "tcp, http, https, grpc or heartbeat", Kind},
    {"waypost:check-interval", "a duration from 100ms to 1h", Interval},
    {"waypost:check-timeout", "a duration from 100ms to 1h", Timeout},
    {"waypost:check-port", "1 to 65535", Port},
    {"waypost:check-host", "an address or a host name", Host},
    {"waypost:check-status", "status codes from 100 to 599, as 200 or 200-399, several separated by commas", Statuses},
    {"waypost:check-body", "a text that is not empty", Body},
    {"waypost:check-rise", "1 to 10", Rise},
    {"waypost:check-certificate", "any or valid", Certificate},
    {"waypost:initial-health", "healthy or unhealthy", InitialHealth},
    {"waypost:protect", "a share from 0 to 1", Protect},
    {"waypost:hold-last", "a duration from 0s to 24h", HoldLast},
    {"waypost:zone-affinity", "off or prefer", ZoneAffinity},
};

const TagRule* FindRule(std::string_view key) {
  for (const TagRule& rule : kRules) {
    if (rule.key == key) return &rule;
  }
  return nullptr;
}

Error Unknown(const std::string& key) {
  std::string known;
  for (const TagRule& rule : kRules) known += (known.empty() ? "" : ", ") + std::string(rule.key);
  return MakeError(Code::kInvalidInput,
                   "unknown tag " + key + ": of the tags with prefix waypost: a service may have " + known);
}

}  // namespace

std::string_view CheckKindName(CheckKind kind) {
  switch (kind) {
    case CheckKind::kTcp:
      return "tcp";
    case CheckKind::kHttp:
      return "http";
    case CheckKind::kHttps:
      return "https";
    case CheckKind::kGrpc:
      return "grpc";
    case CheckKind::kHeartbeat:
      return "heartbeat";
  }
  return "";
}

Result<ServiceTuning> ParseServiceTuning(const Tags& tags) {
  ServiceTuning tuning;
  for (const auto& [key, value] : tags) {
    if (!key.starts_with(kTagPrefix)) continue;
    const TagRule* rule = FindRule(key);
    if (rule == nullptr) return Unknown(key);
    if (!rule->read(tuning, value)) {
      return MakeError(Code::kInvalidInput,
                       "tag " + key + " has the value \"" + value + "\": allowed are " + std::string(rule->allowed));
    }
  }
  return tuning;
}

HealthSource HealthSourceOf(const Service& service, const ServiceTuning& tuning) {
  if (service.custom_health) return HealthSource::kReported;
  if (tuning.check_kind == CheckKind::kHeartbeat) return HealthSource::kReported;
  return service.health_check || tuning.check_kind ? HealthSource::kChecked : HealthSource::kNone;
}

}  // namespace waypost::model
