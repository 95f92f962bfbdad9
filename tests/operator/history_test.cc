#include "operator/history.h"

#include "operator/health_world.h"

namespace waypost::oper {
namespace {

using model::HealthState;

class HistoryTest : public HealthWorld {
 protected:
  HistoryTest() {
    model::Service value = NewService("backend");
    value.health_check = model::HealthCheck{};
    service_ = world_.Create(std::move(value));
    Register(service_, "web-1");
    Register(service_, "web-2");
  }
  model::ServiceId service_;
};

TEST_F(HistoryTest, OldestFirstWithCauseAndLatency) {
  world_.clock.now = {1'795'572'000'000};
  Checked(service_, "web-1", HealthState::kUnhealthy, "connect to 10.0.0.1:8080: connection refused, 3rd failure",
          1234);
  world_.clock.now = {1'795'572'005'250};
  Checked(service_, "web-1", HealthState::kHealthy, "3rd good check");
  Checked(service_, "web-2", HealthState::kUnhealthy, "GET: status 500");
  const Json rows = Get("/v1/health/history?service=backend.kouzie.com&instance=web-1");
  ASSERT_EQ(rows.size(), 2u) << rows;
  EXPECT_EQ(rows[0], Json({{"time", "2026-11-25T02:00:00.000Z"},
                           {"service", service_.str()},
                           {"instance", "web-1"},
                           {"from", "UNKNOWN"},
                           {"to", "UNHEALTHY"},
                           {"cause", "connect to 10.0.0.1:8080: connection refused, 3rd failure"},
                           {"latency_ms", 1.234}}));
  EXPECT_EQ(rows[1]["time"], "2026-11-25T02:00:05.250Z");
  EXPECT_EQ(rows[1]["from"], "UNHEALTHY");
  EXPECT_FALSE(rows[1].contains("latency_ms"));
  EXPECT_EQ(Get("/v1/health/history?service=" + service_.str()).size(), 3u);
  const Json last = Get("/v1/health/history?service=" + service_.str() + "&instance=web-1&limit=1");
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0]["to"], "HEALTHY");
}

TEST_F(HistoryTest, EmptyIsAnEmptyArray) {
  EXPECT_EQ(Get("/v1/health/history?service=backend.kouzie.com"), Json::array());
}

TEST_F(HistoryTest, RefusalsSayWhatIsWanted) {
  EXPECT_EQ(CodeOf(Get("/v1/health/history?service=none.kouzie.com", 404)), "ServiceNotFound");
  EXPECT_NE(Why(Get("/v1/health/history", 400)).find("service is missing"), std::string::npos);
  EXPECT_NE(Why(Get("/v1/health/history?service=x&instanz=y", 400)).find("instanz"), std::string::npos);
  const std::string most = std::to_string(kHistoryRowsMax);
  Get("/v1/health/history?service=backend.kouzie.com&limit=" + most);
  for (const std::string& limit :
       {std::string("0"), std::string("-1"), std::string("many"), std::string(), most + "1"}) {
    EXPECT_NE(Why(Get("/v1/health/history?service=backend.kouzie.com&limit=" + limit, 400)).find("from 1 to " + most),
              std::string::npos);
  }
}

}  // namespace
}  // namespace waypost::oper
