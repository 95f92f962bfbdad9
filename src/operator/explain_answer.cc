#include "operator/explain_answer.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "operator/explain_reasons.h"
#include "operator/json_time.h"

namespace waypost::oper {
namespace {

using nlohmann::ordered_json;

/// `1234567` as `1,234,567`.
std::string Grouped(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

/// What so many instances are, that are not answered.
std::string_view MissingWords(Missing missing) {
  switch (missing) {
    case Missing::kNot:
    case Missing::kRefused:
      break;
    case Missing::kOutside:
      return "without the view's attributes";
    case Missing::kFallback:
      return "left out for the fallback";
    case Missing::kFiltered:
      return "without the attributes";
    case Missing::kWaiting:
      return "waiting for a first good check";
    case Missing::kPinned:
      return "pinned unhealthy";
    case Missing::kDrained:
      return "drained";
    case Missing::kUnhealthy:
      return "unhealthy";
    case Missing::kShifted:
      return "in a zone that is shifted away";
    case Missing::kLowerTier:
      return "of a lower tier";
    case Missing::kOtherZone:
      return "in another zone than the client";
    case Missing::kWeightZero:
      return "of weight 0";
  }
  return "";
}

std::string MissingCounts(const ServiceFacts& facts) {
  std::string counts;
  for (std::size_t i = 0; i < kMissingCount; ++i) {
    const std::string_view words = MissingWords(static_cast<Missing>(i));
    if (words.empty() || facts.missing[i] == 0) continue;
    counts += (counts.empty() ? "not: " : ", ") + Grouped(facts.missing[i]) + " " + std::string(words);
  }
  return counts;
}

std::string SuspectWords(const health::ServiceChecks& checks) {
  return "the checker itself is suspect: falls are held for another " +
         Left({checks.suspect_left.count()}, model::Timestamp{0});
}

std::string HeldWords(const ServiceFacts& facts) {
  return "they left, and are held as the last good set" +
         (facts.held_until ? " until " + FormatTime(*facts.held_until) : std::string()) + " (waypost:hold-last)";
}

std::string ViewWords(const ServiceFacts& facts) {
  if (!facts.view) return "";
  std::string words = "a view of " + facts.view->service + " with ";
  bool first = true;
  for (const auto& [key, value] : facts.view->filters) {
    words += (first ? "" : ", ") + key + "=" + value;
    first = false;
  }
  if (facts.view->fallback.empty()) return words;
  if (!facts.view->falls_back) return words + ", its fallback " + facts.view->fallback + " does not answer";
  return words + ", none of its own is served: its fallback " + facts.view->fallback + " answers with " +
         Grouped(facts.view->served_there);
}

std::string DrawnWords(const ServiceFacts& facts) {
  if (!facts.in_dns || facts.filters() || facts.refused || (facts.view && facts.view->falls_back)) return "";
  const std::size_t limit = facts.weighted ? 1 : facts.answer_limit;
  if (facts.drawn <= limit) return "";
  return "each DNS answer has " + Grouped(limit) + " of them";
}

/// Of a view only those that are in it count.
bool HasMembers(const ServiceFacts& facts) { return facts.view ? facts.standing.members != 0 : facts.total != 0; }

std::string CountWords(const ServiceFacts& facts) {
  if (facts.total == 0) return "the service has no instances";
  return Grouped(facts.answered) + " of " + Grouped(facts.total) +
         (facts.total == 1 ? " instance is answered" : " instances are answered");
}

ordered_json ViewJson(const ViewFacts& view) {
  ordered_json attributes = ordered_json::object();
  for (const auto& [key, value] : view.filters) attributes[key] = value;
  ordered_json json = {{"service", view.service}, {"attributes", std::move(attributes)}};
  if (!view.fallback.empty()) {
    json["fallback"] = view.fallback;
    json["falls_back"] = view.falls_back;
  }
  return json;
}

}  // namespace

std::string Summary(const ServiceFacts& facts, const health::ServiceChecks& checks) {
  std::string summary = CountWords(facts);
  const auto add = [&](const std::string& words) {
    if (!words.empty()) summary += "; " + words;
  };
  const view::ServiceStanding& standing = facts.standing;
  const bool whole = HasMembers(facts) && !(facts.view && facts.view->falls_back);
  add(ViewWords(facts));
  if (facts.refused) add("the namespace is private: " + facts.query.client + " would get REFUSED");
  if (whole && standing.fail_open) add("none is healthy, so all count as if they were");
  if (standing.protecting) {
    add("fewer than " + std::to_string(std::lround(facts.config->tuning.protect * 100)) +
        "% are healthy, so all count as if they were (waypost:protect)");
  }
  if (standing.held) add(HeldWords(facts));
  if (checks.suspect) add(SuspectWords(checks));
  add(MissingCounts(facts));
  add(DrawnWords(facts));
  const std::size_t asked = facts.target ? facts.listed.size() : facts.total;
  if (facts.listed.size() < asked) {
    add("only " + Grouped(facts.listed.size()) + " of " + Grouped(facts.total) + " are listed");
  }
  return summary;
}

ordered_json ExplainBody(const ServiceFacts& facts, const health::ServiceChecks& checks) {
  std::map<std::string_view, const health::CheckStatus*> by_instance;
  for (const health::CheckStatus& check : checks.instances) by_instance[check.instance_id] = &check;
  ordered_json instances = ordered_json::array();
  for (const InstanceFacts& instance : facts.listed) {
    const auto check = by_instance.find(instance.id);
    const health::CheckStatus* status = check == by_instance.end() ? nullptr : check->second;
    instances.push_back({{"InstanceId", instance.id},
                         {"answered", instance.answered},
                         {"reasons", ReasonsFor(facts, checks, instance, status)},
                         {"dns", instance.dns},
                         {"discovery", instance.discovery},
                         {"health", model::HealthStateName(instance.standing.health)},
                         {"zone", instance.zone()}});
  }
  ordered_json body = {{"name", facts.target ? facts.query.name : facts.name},
                       {"service", facts.id.str()},
                       {"summary", Summary(facts, checks)},
                       {"fail_open", facts.standing.fail_open && HasMembers(facts)},
                       {"protecting", facts.standing.protecting},
                       {"held", facts.standing.held},
                       {"suspect", checks.suspect}};
  if (facts.view) body["view"] = ViewJson(*facts.view);
  body["instances"] = std::move(instances);
  return body;
}

}  // namespace waypost::oper
