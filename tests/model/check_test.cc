#include "waypost/model/check.h"

#include <gtest/gtest.h>

#include "waypost/model/duration.h"

namespace waypost::model {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

TEST(Duration, ReadsWhatGoWrites) {
  struct Case {
    const char* text;
    std::optional<milliseconds> want;
  };
  for (const Case& c : {Case{"300ms", 300ms}, Case{"1m30s", 90s}, Case{"1.5h", 90min}, Case{"0", 0ms}, Case{"0s", 0ms},
                        Case{"1h0m0.5s", 3'600'500ms}, Case{".5s", 500ms}, Case{"100m", 100min}, Case{"", {}},
                        Case{"5", {}}, Case{"s", {}}, Case{"-1s", {}}, Case{"1.5ms", {}}, Case{"1d", {}},
                        Case{"1s ", {}}, Case{"99999999999h", {}}, Case{"1..5s", {}}, Case{"ms", {}}}) {
    EXPECT_EQ(ParseDuration(c.text), c.want) << c.text;
  }
}

TEST(Duration, WritesWhatItReads) {
  for (const milliseconds value : {0ms, 1ms, 300ms, 1000ms, 90'000ms, 3'600'500ms, 86'400'000ms}) {
    EXPECT_EQ(ParseDuration(FormatDuration(value)), value) << FormatDuration(value);
  }
  EXPECT_EQ(FormatDuration(90s), "1m30s");
  EXPECT_EQ(FormatDuration(0ms), "0s");
}

TEST(ServiceTuning, TagsSayWhatIsAllowed) {
  struct Case {
    const char* key;
    std::vector<const char*> good;
    std::vector<const char*> bad;
  };
  const std::vector<Case> cases = {
      {"waypost:answer-limit", {"1", "1000", "all"}, {"0", "1001", "", "x"}},
      {"waypost:check-kind", {"tcp", "http", "https", "grpc", "heartbeat"}, {"udp", "TCP", ""}},
      {"waypost:check-interval", {"100ms", "1h", "10s"}, {"99ms", "1h1ms", "10", ""}},
      {"waypost:check-timeout", {"100ms", "1h"}, {"99ms", "forever"}},
      {"waypost:check-port", {"1", "65535"}, {"0", "65536", "http"}},
      {"waypost:check-host", {"10.0.0.1", "::1", "db.example.com"}, {"", "a b", "x/y"}},
      {"waypost:check-status", {"200", "200-399", "200,204,300-303"}, {"", "99", "600", "300-200", "200,", "2xx"}},
      {"waypost:check-body", {"ok"}, {""}},
      {"waypost:check-rise", {"1", "10"}, {"0", "11"}},
      {"waypost:check-certificate", {"any", "valid"}, {"yes"}},
      {"waypost:initial-health", {"healthy", "unhealthy"}, {"UNHEALTHY"}},
      {"waypost:protect", {"0", "1", "0.5"}, {"1.1", "-0.1", "half", ""}},
      {"waypost:hold-last", {"0s", "30s", "24h"}, {"25h", "-1s"}},
      {"waypost:zone-affinity", {"off", "prefer"}, {"always"}},
  };
  for (const Case& c : cases) {
    for (const char* value : c.good) {
      const auto tuning = ParseServiceTuning({{c.key, value}});
      EXPECT_TRUE(tuning.ok()) << c.key << "=" << value << ": " << tuning.error().message;
    }
    for (const char* value : c.bad) {
      const auto tuning = ParseServiceTuning({{c.key, value}});
      ASSERT_FALSE(tuning.ok()) << c.key << "=" << value;
      EXPECT_EQ(tuning.error().code, Code::kInvalidInput);
      EXPECT_NE(tuning.error().message.find(c.key), std::string::npos);
    }
  }
  EXPECT_FALSE(ParseServiceTuning({{"waypost:new-thing", "1"}}).ok());
  EXPECT_TRUE(ParseServiceTuning({{"team", "waypost:"}}).ok());
}

TEST(CheckPlan, IsPutTogetherFromConfigTagsAndDefaults) {
  Service service;
  EXPECT_FALSE(PlanOf(service, {}, {}).has_value());
  service.health_check = HealthCheck{HealthCheckType::kHttp, "/health", 2};
  const auto plain = PlanOf(service, {}, {1s, 2s});
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->kind, CheckKind::kHttp);
  EXPECT_EQ(plain->path, "/health");
  EXPECT_EQ(plain->interval, 1s);
  EXPECT_EQ(plain->timeout, 2s);
  EXPECT_EQ(plain->fall, 2);
  EXPECT_EQ(plain->rise, 2) << "as FailureThreshold";
  const ServiceTuning tuning =
      ParseServiceTuning(
          {{"waypost:check-kind", "grpc"}, {"waypost:check-rise", "1"}, {"waypost:check-interval", "100ms"}})
          .value();
  const auto tuned = PlanOf(service, tuning, {});
  EXPECT_EQ(tuned->kind, CheckKind::kGrpc);
  EXPECT_EQ(tuned->rise, 1);
  EXPECT_EQ(tuned->interval, 100ms);
  EXPECT_EQ(HealthSourceOf(service, tuning), HealthSource::kChecked);

  Service custom;
  custom.custom_health = true;
  EXPECT_FALSE(PlanOf(custom, {}, {}).has_value());
  EXPECT_EQ(HealthSourceOf(custom, {}), HealthSource::kReported);
  const ServiceTuning heartbeat = ParseServiceTuning({{"waypost:check-kind", "heartbeat"}}).value();
  EXPECT_EQ(PlanOf(custom, heartbeat, {})->fall, 1) << "HealthCheckCustomConfig's threshold is always 1";
  EXPECT_EQ(PlanOf(Service(), heartbeat, {1s, 1s})->silence_max(), 3s);
}

TEST(CheckDoor, IsTheInstancesUnlessSaidOtherwise) {
  const Endpoint both =
      ParseEndpoint({{"AWS_INSTANCE_IPV4", "10.0.0.7"}, {"AWS_INSTANCE_IPV6", "::7"}, {"AWS_INSTANCE_PORT", "80"}})
          .value();
  CheckPlan plan;
  EXPECT_EQ(DoorOf(plan, both)->host, "10.0.0.7") << "IPv4 decides for both";
  EXPECT_EQ(DoorOf(plan, both)->port, 80);
  plan.port = 81;
  plan.host = "checks.example";
  EXPECT_EQ(DoorOf(plan, both)->host, "checks.example");
  EXPECT_EQ(DoorOf(plan, both)->port, 81);
  const Endpoint own =
      ParseEndpoint({{"AWS_INSTANCE_IPV6", "::7"}, {"WAYPOST_CHECK_PORT", "82"}, {"AWS_INSTANCE_PORT", "80"}}).value();
  EXPECT_EQ(DoorOf(plan, own)->port, 82) << "the instance's own word is the nearest";
  EXPECT_EQ(DoorOf({}, own)->host, "::7");
  EXPECT_FALSE(DoorOf({}, ParseEndpoint({{"AWS_INSTANCE_IPV4", "10.0.0.7"}}).value()).ok());
  EXPECT_FALSE(DoorOf({}, ParseEndpoint({{"AWS_INSTANCE_PORT", "80"}}).value()).ok());
}

}  // namespace
}  // namespace waypost::model
