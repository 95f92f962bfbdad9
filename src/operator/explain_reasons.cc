#include "operator/explain_reasons.h"

#include <algorithm>
#include <cmath>

#include "operator/json_time.h"
#include "waypost/model/check.h"
#include "waypost/model/duration.h"

namespace waypost::oper {
namespace {

using model::HealthState;
using model::PinState;
using std::chrono::milliseconds;

std::string WholeSeconds(milliseconds value) {
  if (value < std::chrono::seconds(1)) return model::FormatDuration(value);
  return model::FormatDuration(std::chrono::ceil<std::chrono::seconds>(value));
}

std::string Until(model::Timestamp until, model::Timestamp now) {
  return " until " + FormatTime(until) + ", " + Left(until, now) + " left";
}

/// Collects the reasons for one instance, each kind in a function of its own.
class Reasons {
 public:
  Reasons(const ServiceFacts& service, const health::ServiceChecks& checks, const InstanceFacts& instance,
          const health::CheckStatus* check)
      : service_(service), checks_(checks), instance_(instance), standing_(instance.standing), check_(check) {}

  std::vector<std::string> Collect() {
    if (service_.view) OfView(*service_.view);
    OfFilters();
    OfClient();
    OfHealth();
    OfChecker();
    OfZone();
    if (service_.in_dns) OfDns();
    return std::move(said_);
  }

 private:
  void Say(std::string reason) { said_.push_back(std::move(reason)); }

  void OfView(const ViewFacts& view) {
    for (const auto& [key, wanted] : view.filters) Compare("not in the view: ", key, wanted);
    if (view.falls_back && instance_.in_view) Say("the view's fallback " + view.fallback + " answers");
  }

  void OfFilters() {
    for (const auto& [key, wanted] : service_.query.attributes) Compare("filtered: ", key, wanted);
  }

  void Compare(const std::string& outcome, const std::string& key, const std::string& wanted) {
    const std::string* has = instance_.attributes.Find(key);
    if (has == nullptr) {
      Say(outcome + "has no attribute " + key);
    } else if (*has != wanted) {
      Say(outcome + "attribute " + key + " is \"" + *has + "\", not \"" + wanted + "\"");
    }
  }

  void OfClient() {
    if (service_.refused) Say("private namespace: " + service_.query.client + " would get REFUSED");
  }

  void OfHealth() {
    if (service_.standing.held) {
      Say("held: left, answered" +
          (service_.held_until ? " until " + FormatTime(*service_.held_until) : std::string(" for some time")) +
          " (waypost:hold-last)");
    }
    if (standing_.pin) {
      Say(PinWords());
      if (standing_.measured == HealthState::kUnhealthy && !standing_.waiting) {
        Say("without the pin: " + UnhealthyWords());
      }
    } else if (!standing_.waiting) {
      Say(MeasuredWords());
    }
    if (standing_.waiting) Say("waits for its first good check (waypost:initial-health)");
    OfFailOpen();
  }

  std::string PinWords() const {
    const PinState state = *standing_.pin;
    std::string words = state == PinState::kDrained ? "drained" : "pinned " + std::string(model::PinStateName(state));
    if (instance_.pin) words += Until(instance_.pin->until, service_.now);
    return words;
  }

  std::string MeasuredWords() const {
    if (standing_.measured == HealthState::kUnhealthy) return UnhealthyWords();
    if (service_.config->health_source == model::HealthSource::kNone) {
      return "not checked: the service has no health check";
    }
    return standing_.measured == HealthState::kHealthy ? "healthy" : "health not known yet, counts as healthy";
  }

  std::string UnhealthyWords() const {
    std::string words = "unhealthy";
    const auto& record = instance_.record;
    // The view may be ahead of what is written.
    if (record && record->state == HealthState::kUnhealthy) {
      if (record->since.ms != 0) words += " since " + FormatTime(record->since);
      if (!record->cause.empty()) words += (record->checked ? " because " : ": ") + record->cause;
    } else if (check_ != nullptr && !check_->last_cause.empty()) {
      words += " because " + check_->last_cause;
    }
    return words;
  }

  void OfFailOpen() {
    const bool found = instance_.dns || instance_.discovery;
    if (!found || standing_.health != HealthState::kUnhealthy) return;
    const std::string although =
        standing_.pin == PinState::kDrained ? "answered although drained: " : "answered although unhealthy: ";
    if (service_.standing.fail_open) {
      Say(although + "no instance is healthy");
    } else if (service_.standing.protecting) {
      const auto percent = std::lround(service_.config->tuning.protect * 100);
      Say(although + "fewer than " + std::to_string(percent) + "% are healthy (waypost:protect)");
    } else if (service_.filters() && !service_.any_match_fit) {
      Say(although + "no instance with these attributes is healthy");
    }
  }

  void OfChecker() {
    if (check_ != nullptr && check_->held) {
      Say("held: the checker is suspect for another " + WholeSeconds(checks_.suspect_left) +
          ", it would be unhealthy: " + check_->last_cause);
    }
    if (!checks_.plan || checks_.plan->kind == model::CheckKind::kHeartbeat) return;
    const auto endpoint = model::ParseEndpoint(instance_.attributes);
    if (!endpoint.ok() || model::DoorOf(*checks_.plan, *endpoint).ok()) return;
    const bool address = endpoint->ipv4 || endpoint->ipv6 || !checks_.plan->host.empty();
    Say(address ? "cannot be checked: no port (AWS_INSTANCE_PORT, WAYPOST_CHECK_PORT, waypost:check-port)"
                : "cannot be checked: no address (AWS_INSTANCE_IPV4, AWS_INSTANCE_IPV6, waypost:check-host)");
  }

  void OfZone() {
    const bool lasts = instance_.shift && instance_.shift->until > service_.now;
    if (!standing_.shifted && !lasts) return;
    std::string words = "zone " + instance_.zone() + " is shifted away";
    if (instance_.shift) words += Until(instance_.shift->until, service_.now);
    if (!service_.standing.shifting) {
      const bool all = service_.standing.fail_open || service_.standing.protecting;
      words += all ? ", but all are answered" : ", but no other zone has a healthy instance";
    }
    Say(std::move(words));
  }

  void OfDns() {
    if (standing_.lower_tier) {
      Say("lower tier: WAYPOST_PRIORITY " + std::to_string(instance_.priority) + ", the answer has " +
          std::to_string(service_.standing.tier));
    }
    if (standing_.other_zone) {
      const std::string zone = instance_.zone();
      Say((zone.empty() ? std::string("in no zone") : "in zone " + zone) + ", the client's zone " +
          service_.client_zone + " answers");
    }
    if (standing_.weight_zero) Say("weight 0 while others have more");
    if (!instance_.dns) return;
    const std::string drawn = std::to_string(service_.drawn);
    if (service_.weighted) {
      if (service_.drawn > 1) Say("weighted: 1 of " + drawn + " is drawn anew for each answer");
    } else if (service_.drawn > service_.answer_limit) {
      Say("beyond the limit: " + std::to_string(service_.answer_limit) + " of " + drawn +
          " are drawn anew for each answer");
    }
  }

  const ServiceFacts& service_;
  const health::ServiceChecks& checks_;
  const InstanceFacts& instance_;
  const view::MemberStanding& standing_;
  const health::CheckStatus* check_;
  std::vector<std::string> said_ = {};
};

}  // namespace

std::string Left(model::Timestamp until, model::Timestamp now) {
  return WholeSeconds(milliseconds(std::max<std::int64_t>(0, until.ms - now.ms)));
}

std::vector<std::string> ReasonsFor(const ServiceFacts& service, const health::ServiceChecks& checks,
                                    const InstanceFacts& instance, const health::CheckStatus* check) {
  return Reasons(service, checks, instance, check).Collect();
}

}  // namespace waypost::oper
