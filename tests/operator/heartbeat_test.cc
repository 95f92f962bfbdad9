#include "operator/health_world.h"

namespace waypost::oper {
namespace {

using model::HealthState;

class HeartbeatTest : public HealthWorld {
 protected:
  HeartbeatTest() {
    model::Service value = NewService("backend");
    value.custom_health = true;
    service_ = world_.Create(std::move(value));
    Register(service_, "web-1");
  }
  HealthState Health() { return world_.State(service_).chunk(0).health(0); }
  model::ServiceId service_;
};

TEST_F(HeartbeatTest, ReportsByTheInstanceItself) {
  EXPECT_EQ(
      Post("/v1/health/heartbeats", {{"service", "backend.kouzie.com"}, {"instance", "web-1"}, {"state", "unhealthy"}}),
      Json({{"service", service_.str()}, {"instance", "web-1"}, {"state", "unhealthy"}}));
  EXPECT_EQ(Health(), HealthState::kUnhealthy);
  EXPECT_EQ(world_.registry().GetHealth(service_, "web-1")->value().cause, "heartbeat");
  EXPECT_EQ(Post("/v1/health/heartbeats", {{"service", service_.str()}, {"instance", "web-1"}})["state"], "healthy");
  EXPECT_EQ(Health(), HealthState::kHealthy);
}

TEST_F(HeartbeatTest, Refusals) {
  const auto beat = [](const std::string& service, const std::string& instance, const std::string& state) {
    return Json({{"service", service}, {"instance", instance}, {"state", state}});
  };
  EXPECT_EQ(CodeOf(Post("/v1/health/heartbeats", beat(service_.str(), "web-1", "drained"), 400)), "InvalidInput");
  EXPECT_EQ(CodeOf(Post("/v1/health/heartbeats", beat(service_.str(), "web-2", "healthy"), 404)), "InstanceNotFound");
  EXPECT_EQ(CodeOf(Post("/v1/health/heartbeats", beat("srv-x", "web-1", "healthy"), 404)), "ServiceNotFound");
  const auto plain = world_.Create(NewService("plain"));
  Register(plain, "web-1");
  EXPECT_EQ(CodeOf(Post("/v1/health/heartbeats", beat(plain.str(), "web-1", "healthy"), 409)), "CustomHealthNotFound");
}

TEST_F(HeartbeatTest, RecheckAsksTheChecker) {
  const Json instance = {{"service", "backend.kouzie.com"}, {"instance", "web-1"}};
  EXPECT_EQ(Post("/v1/health/recheck", instance),
            Json({{"service", service_.str()}, {"instance", "web-1"}, {"rechecking", true}}));
  EXPECT_EQ(rechecked_, "web-1");
  checked_here_ = false;
  EXPECT_EQ(CodeOf(Post("/v1/health/recheck", instance, 409)), "NotChecked");
  EXPECT_EQ(CodeOf(Post("/v1/health/recheck", {{"service", "backend.kouzie.com"}, {"instance", "x"}}, 404)),
            "InstanceNotFound");
}

TEST(HealthBeforeLoading, IsUnavailable) {
  testing::TemporaryDirectory directory;
  registry::TestClock clock;
  view::View view;
  auto store = store::OpenRocksStore({.directory = directory / "data"}, clock, telemetry::MakeSilentLog());
  ASSERT_TRUE(store.ok());
  registry::Registry registry({}, **store, view, clock, telemetry::MakeSilentLog());
  Health health({registry, view, clock});
  Explain explain({registry, view, clock});
  http::Router router;
  health.AddTo(router);
  explain.AddTo(router);
  http::Running running([&](const http::Request& request, http::Response& response, http::Later& later) {
    return router.Serve(request, response, later);
  });
  for (const char* request : {"GET /v1/health/pins", "GET /v1/explain?name=x.y", "GET /v1/shifts",
                              "GET /v1/health/history?service=x.y", "DELETE /v1/shifts/a"}) {
    http::Client client(running.address);
    const auto answer = client.Ask(std::string(request) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 503u) << request;
    EXPECT_NE(answer->body.find("NotReady"), std::string::npos) << answer->body;
  }
}

}  // namespace
}  // namespace waypost::oper
