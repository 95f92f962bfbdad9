#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "health/checks.h"

namespace waypost::health {

/// A network in which the test says what comes of each check, and when.
class FakeProber final : public Prober {
 public:
  struct Check {
    std::string host;
    std::uint16_t port;
    std::function<void(ProbeResult)> done;
  };

  void Start(const ProbeRequest& request, std::function<void(ProbeResult)> done) override {
    ++started;
    under_way.push_back({request.door.host, request.door.port, std::move(done)});
  }
  void CancelAll() override { under_way.clear(); }

  std::list<Check> under_way;
  std::uint64_t started = 0;
};

struct FakeClock final : model::Clock {
  model::Timestamp Now() const override { return now; }
  model::Timestamp now{1'790'000'000'000};
};

/// Checks, with time and network in the test's hands.
class CheckWorld : public Loop, public TransitionSink {
 public:
  using Row = registry::RecordChecks::Checked;

  explicit CheckWorld(ChecksOptions options = {})
      : checks(options, prober, *this, *this, clock, telemetry::MakeSilentLog(), tallies) {}

  Instant Now() const override { return now; }
  void Soon() override { soon = true; }
  void Take(std::vector<Row>& decided, Instant) override {
    for (const Row& row : decided) rows.push_back(row);
    ++takes;
  }

  model::ServiceId NewService() { return model::ServiceId::Draw(random); }
  static std::shared_ptr<model::CheckPlan> Plan(std::chrono::milliseconds interval, int fall = 3, int rise = 3) {
    auto plan = std::make_shared<model::CheckPlan>();
    plan->interval = interval;
    plan->timeout = std::chrono::milliseconds(500);
    plan->fall = static_cast<std::uint8_t>(fall);
    plan->rise = static_cast<std::uint8_t>(rise);
    return plan;
  }
  static Registered Instance(const std::string& id, model::Revision registration = 1,
                             model::HealthState state = model::HealthState::kUnknown) {
    Registered instance;
    instance.id = id;
    instance.registration = registration;
    instance.state = state;
    instance.door = {id, 80};
    return instance;
  }

  /// Does what is ready at this moment.
  void Settle() {
    do {
      soon = false;
      next = checks.Turn(now);
    } while (soon);
  }
  /// Lets time pass, turn by turn; `answer` says what comes of each check, at once.
  void Live(std::chrono::milliseconds time, const std::function<bool(const FakeProber::Check&)>& answer) {
    const Instant end = now + time;
    for (;;) {
      Settle();
      while (!prober.under_way.empty()) {
        AnswerFirst(answer(prober.under_way.front()));
        Settle();
      }
      if (next > end) break;
      Pass(next - now);
    }
    Pass(end - now);
  }
  void Pass(Instant::duration time) {
    now += time;
    clock.now.ms += std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  }
  void AnswerFirst(bool good) {
    auto check = std::move(prober.under_way.front());
    prober.under_way.pop_front();
    check.done({good, good ? "" : "connect to " + check.host + ": connection refused", std::chrono::microseconds(70)});
  }

  CheckStatus Status(const model::ServiceId& service, const std::string& instance) {
    const ServiceChecks description = checks.Describe(service, instance, now);
    return description.instances.empty() ? CheckStatus{} : description.instances[0];
  }
  model::HealthState State(const model::ServiceId& service, const std::string& instance) {
    return Status(service, instance).state;
  }

  Instant now{std::chrono::seconds(5000)};
  FakeClock clock;
  model::Random random{1};
  Tallies tallies;
  FakeProber prober;
  Checks checks;
  std::vector<Row> rows;
  int takes = 0;
  bool soon = false;
  Instant next = kNever;
};

}  // namespace waypost::health
