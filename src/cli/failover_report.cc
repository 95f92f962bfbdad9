#include "cli/failover_report.h"

#include <algorithm>

#include "waypost/model/duration.h"

namespace waypost::cli {
namespace {

using std::chrono::milliseconds;
using Moment = std::optional<milliseconds>;

/// Until when it was dead: answers that name it later are right.
milliseconds OutageEnd(const FailoverRecord& record) {
  return std::min(record.recovery.value_or(milliseconds::max()), record.bad_until.value_or(milliseconds::max()));
}

/// The last answer of a door with the dead address, and how many followed without it, before the outage ended.
struct LastNamed {
  const FailoverAnswer* answer = nullptr;
  std::size_t without = 0;
};

LastNamed FindLastNamed(const FailoverRecord& record, Door door) {
  const milliseconds end = OutageEnd(record);
  LastNamed last;
  for (const FailoverAnswer& answer : record.answers) {
    if (answer.door != door || answer.at > end) continue;
    if (answer.said == Said::kNamed) {
      last = {&answer, 0};
    } else if (answer.said != Said::kFailed) {
      ++last.without;
    }
  }
  return last;
}

Moment CleanAfter(const FailoverRecord& record, const LastNamed& last, Door door) {
  if (!record.broken || last.without < record.decisive[Index(door)]) return std::nullopt;
  if (last.answer == nullptr) return milliseconds(0);
  return std::max(last.answer->at - *record.broken, milliseconds(0));
}

WrongAnswers CountWrong(const FailoverRecord& record) {
  const milliseconds end = OutageEnd(record);
  WrongAnswers wrong;
  for (const FailoverAnswer& answer : record.answers) {
    switch (answer.said) {
      case Said::kOthers:
        break;
      case Said::kNamed:
        if (record.fails_open || !record.known || answer.asked <= *record.known || answer.at > end) break;
        ++(answer.door == Door::kDns ? wrong.dns_named : wrong.api_named);
        break;
      case Said::kEmpty:
        ++wrong.empty;
        break;
      case Said::kNegative:
        ++wrong.negative;
        break;
      case Said::kFailed:
        ++wrong.failed;
        break;
    }
  }
  return wrong;
}

/// The door's first answer with the instance from `since` on.
Moment FirstNamed(const FailoverRecord& record, Door door, milliseconds since) {
  for (const FailoverAnswer& answer : record.answers) {
    if (answer.door == door && answer.said == Said::kNamed && answer.at >= since) return answer.at;
  }
  return std::nullopt;
}

Moment Recovered(const FailoverRecord& record) {
  if (!record.recovery) return std::nullopt;
  const Moment api = FirstNamed(record, Door::kApi, *record.recovery);
  if (!api) return std::nullopt;
  if (!record.asks_dns) return *api - *record.recovery;
  const Moment dns = FirstNamed(record, Door::kDns, *record.recovery);
  if (!dns) return std::nullopt;
  return std::max(*api, *dns) - *record.recovery;
}

FailoverCheck JudgeTime(std::string name, const Moment& value, std::string bound, const Moment& limit) {
  FailoverCheck check{std::move(name)};
  if (value) {
    check.value = std::to_string(value->count()) + " ms";
    check.seconds = static_cast<double>(value->count()) / 1000;
  }
  if (limit) {
    check.bound = std::move(bound);
    check.limit = model::FormatDuration(*limit);
    check.bound_broken = !value || *value > *limit;
  }
  check.failed = check.bound_broken || !value;
  return check;
}

FailoverCheck Skip(FailoverCheck check) {
  check.skipped = true;
  check.failed = false;
  check.bound_broken = false;
  return check;
}

}  // namespace

FailoverReport Analyse(const FailoverRecord& record) {
  FailoverReport report;
  report.wrong = CountWrong(record);
  report.recovered = Recovered(record);
  if (!record.broken) return report;
  if (record.detected) report.detected = std::max(*record.detected - *record.broken, milliseconds(0));
  report.api_clean = CleanAfter(record, FindLastNamed(record, Door::kApi), Door::kApi);
  if (!record.asks_dns) return report;
  const LastNamed dns = FindLastNamed(record, Door::kDns);
  report.dns_clean = CleanAfter(record, dns, Door::kDns);
  if (dns.answer != nullptr) report.ttl_s = dns.answer->ttl_s;
  if (!report.dns_clean) return report;
  // A cache may have asked just before the breaking.
  const milliseconds kept_until =
      dns.answer == nullptr ? *record.broken : dns.answer->at + std::chrono::seconds(dns.answer->ttl_s);
  report.caches_clean = std::max(kept_until - *record.broken, *report.dns_clean);
  return report;
}

std::vector<FailoverCheck> Judge(const FailoverReport& report, const FailoverBounds& bounds,
                                 const FailoverScope& scope) {
  std::vector<FailoverCheck> checks;
  checks.push_back(JudgeTime("detected", report.detected, "max-detect", bounds.detect));
  checks.push_back(JudgeTime("dns_clean", report.dns_clean, "max-dns", bounds.dns));
  checks.push_back(JudgeTime("api_clean", report.api_clean, "max-api", bounds.api));
  checks.push_back(JudgeTime("caches_clean", report.caches_clean, "max-caches", bounds.caches));
  for (std::size_t i = 1; i < checks.size(); ++i) {
    const bool of_dns = checks[i].name != "api_clean";
    if (!scope.clean || (of_dns && !scope.dns)) checks[i] = Skip(std::move(checks[i]));
  }
  FailoverCheck wrong{"wrong_answers"};
  wrong.value = std::to_string(report.wrong.total());
  if (bounds.wrong) {
    wrong.bound = "max-wrong";
    wrong.limit = std::to_string(*bounds.wrong);
    wrong.bound_broken = report.wrong.total() > *bounds.wrong;
    wrong.failed = wrong.bound_broken;
  }
  checks.push_back(std::move(wrong));
  checks.push_back(JudgeTime("recovered", report.recovered, "max-recovery", bounds.recovery));
  if (!scope.recovery) checks.back() = Skip(std::move(checks.back()));
  return checks;
}

}  // namespace waypost::cli
