#include <deque>

#include "operator/health_context.h"
#include "operator/health_recheck.h"
#include "operator/heartbeat.h"
#include "operator/history.h"
#include "operator/pins.h"
#include "operator/shifts.h"
#include "waypost/operator/health.h"

namespace waypost::oper {

struct Health::State {
  explicit State(HealthOptions options) : context(std::move(options)) {}
  HealthContext context;
  std::deque<HealthRoute> routes = {};  // handlers stay where they are
};

Health::Health(HealthOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Health::~Health() = default;

void Health::AddTo(http::Router& router) {
  const auto add = [&](std::string method, std::string path, HealthServe serve) {
    router.Add(std::move(method), std::move(path), state_->routes.emplace_back(state_->context, serve));
  };
  const std::string pins(kPinsPath);
  const std::string shifts(kShiftsPath);
  add("GET", "/v1/health/history", ShowHistory);
  add("GET", pins, ListPins);
  add("POST", pins, SetPin);
  add("DELETE", pins + "/", ErasePin);
  add("POST", "/v1/health/recheck", Recheck);
  add("POST", "/v1/health/heartbeats", TakeHeartbeat);
  add("GET", shifts, ListShifts);
  add("POST", shifts, SetShift);
  add("DELETE", shifts + "/", EraseShift);
}

}  // namespace waypost::oper
