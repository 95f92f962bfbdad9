#include "operator/explain_reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/explain_answer.h"

namespace waypost::oper {
namespace {

using model::HealthState;
using model::PinState;
using ::testing::ElementsAre;

constexpr std::int64_t kNow = 1'795'572'000'000;  // 2026-11-25T02:00:00Z

/// A checked DNS service of one healthy instance, to be changed by a test.
struct Scene {
  Scene() {
    auto config = std::make_shared<view::ServiceConfig>();
    config->health_source = model::HealthSource::kChecked;
    config->tuning.protect = 0.5;
    service.config = config;
    service.now = {kNow};
    service.in_dns = true;
    service.answer_limit = 8;
    service.total = service.drawn = service.answered = 1;
    instance.id = "web-1";
    instance.attributes = {
        {"AWS_INSTANCE_IPV4", "10.0.0.7"}, {"AWS_INSTANCE_PORT", "8080"}, {"AVAILABILITY_ZONE", "b"}};
    instance.standing.health = instance.standing.measured = HealthState::kHealthy;
    instance.dns = instance.discovery = instance.answered = true;
    checks.plan.emplace();
  }
  void Source(model::HealthSource source) {
    auto config = std::make_shared<view::ServiceConfig>(*service.config);
    config->health_source = source;
    service.config = config;
  }
  void Fall() {
    instance.standing.health = instance.standing.measured = HealthState::kUnhealthy;
    instance.dns = instance.discovery = instance.answered = false;
    instance.record = model::HealthRecord{.state = HealthState::kUnhealthy,
                                          .checked = true,
                                          .since = {kNow - 1000},
                                          .cause = "connect to 10.0.0.7:8080: connection refused, 3rd failure"};
  }
  void Pin(PinState state) {
    instance.standing.pin = state;
    if (state != PinState::kHealthy) instance.standing.health = HealthState::kUnhealthy;
    instance.pin = model::Pin{{}, "web-1", state, {kNow}, {kNow + 22'500}};
  }
  void Shift() { instance.shift = model::Shift{"b", {kNow}, {kNow + 600'000}}; }
  std::vector<std::string> Reasons() const { return ReasonsFor(service, checks, instance, &check); }

  ServiceFacts service;
  InstanceFacts instance;
  health::ServiceChecks checks;
  health::CheckStatus check;
};

constexpr const char* kFallen =
    "unhealthy since 2026-11-25T01:59:59.000Z because connect to 10.0.0.7:8080: connection refused, 3rd failure";

TEST(ExplainReasons, Healthy) {
  Scene scene;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy"));
  scene.instance.standing.measured = HealthState::kUnknown;
  EXPECT_THAT(scene.Reasons(), ElementsAre("health not known yet, counts as healthy"));
  scene.Source(model::HealthSource::kNone);
  EXPECT_THAT(scene.Reasons(), ElementsAre("not checked: the service has no health check"));
}

TEST(ExplainReasons, Unhealthy) {
  Scene scene;
  scene.Fall();
  EXPECT_THAT(scene.Reasons(), ElementsAre(kFallen));
  scene.instance.record->checked = false;
  scene.instance.record->cause = "reported by UpdateInstanceCustomHealthStatus";
  EXPECT_THAT(scene.Reasons(), ElementsAre("unhealthy since 2026-11-25T01:59:59.000Z: reported by "
                                           "UpdateInstanceCustomHealthStatus"));
  // What is in the view may not be written yet.
  scene.instance.record.reset();
  EXPECT_THAT(scene.Reasons(), ElementsAre("unhealthy"));
  scene.check.last_cause = "connect to 10.0.0.7:8080: no answer within 4s";
  EXPECT_THAT(scene.Reasons(), ElementsAre("unhealthy because connect to 10.0.0.7:8080: no answer within 4s"));
}

TEST(ExplainReasons, AnsweredAlthoughUnhealthy) {
  Scene scene;
  scene.Fall();
  scene.instance.dns = true;
  scene.service.standing.fail_open = true;
  EXPECT_THAT(scene.Reasons(), ElementsAre(kFallen, "answered although unhealthy: no instance is healthy"));
  scene.service.standing.fail_open = false;
  scene.service.standing.protecting = true;
  EXPECT_THAT(scene.Reasons(),
              ElementsAre(kFallen, "answered although unhealthy: fewer than 50% are healthy (waypost:protect)"));
  scene.service.standing.protecting = false;
  scene.service.query.attributes = {{"AVAILABILITY_ZONE", "b"}};
  EXPECT_THAT(scene.Reasons(),
              ElementsAre(kFallen, "answered although unhealthy: no instance with these attributes is healthy"));
}

TEST(ExplainReasons, Pins) {
  Scene scene;
  scene.Pin(PinState::kUnhealthy);
  EXPECT_THAT(scene.Reasons().front(), "pinned unhealthy until 2026-11-25T02:00:22.500Z, 23s left");
  scene.Pin(PinState::kDrained);
  scene.service.standing.fail_open = true;
  EXPECT_THAT(scene.Reasons(), ElementsAre("drained until 2026-11-25T02:00:22.500Z, 23s left",
                                           "answered although drained: no instance is healthy"));
  Scene up;
  up.Fall();
  up.Pin(PinState::kHealthy);
  up.instance.standing.health = HealthState::kHealthy;
  EXPECT_THAT(up.Reasons(), ElementsAre("pinned healthy until 2026-11-25T02:00:22.500Z, 23s left",
                                        std::string("without the pin: ") + kFallen));
}

TEST(ExplainReasons, Filters) {
  Scene scene;
  scene.service.query.attributes = {{"shard", "a"}, {"version", "2"}, {"AVAILABILITY_ZONE", "b"}};
  scene.instance.attributes.Set("shard", "b");
  EXPECT_THAT(scene.Reasons(), ElementsAre("filtered: attribute shard is \"b\", not \"a\"",
                                           "filtered: has no attribute version", "healthy"));
}

TEST(ExplainReasons, WhatOnlyDnsKnows) {
  Scene scene;
  scene.instance.dns = false;
  scene.instance.priority = 10;
  scene.instance.standing.lower_tier = true;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy", "lower tier: WAYPOST_PRIORITY 10, the answer has 0"));
  scene.instance.standing.lower_tier = false;
  scene.instance.standing.weight_zero = true;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy", "weight 0 while others have more"));
  scene.instance.standing.weight_zero = false;
  scene.instance.standing.other_zone = true;
  scene.service.client_zone = "a";
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy", "in zone b, the client's zone a answers"));
  scene.instance.attributes.Erase("AVAILABILITY_ZONE");
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy", "in no zone, the client's zone a answers"));
  scene.service.in_dns = false;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy"));
}

TEST(ExplainReasons, DrawnAnew) {
  Scene scene;
  scene.service.drawn = 8;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy"));
  scene.service.drawn = 12;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy", "beyond the limit: 8 of 12 are drawn anew for each answer"));
  scene.service.answer_limit = model::ServiceTuning::kAllAnswers;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy"));
  scene.service.weighted = true;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy", "weighted: 1 of 12 is drawn anew for each answer"));
  scene.service.drawn = 1;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy"));
}

TEST(ExplainReasons, ShiftedZones) {
  const std::string away = "zone b is shifted away until 2026-11-25T02:10:00.000Z, 10m left";
  Scene scene;
  scene.Shift();
  scene.instance.standing.shifted = scene.service.standing.shifting = true;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy", away));
  scene.instance.standing.shifted = scene.service.standing.shifting = false;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy", away + ", but no other zone has a healthy instance"));
  scene.service.standing.protecting = true;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy", away + ", but all are answered"));
  scene.service.now = scene.instance.shift->until;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy"));
}

TEST(ExplainReasons, HeldAndWaiting) {
  Scene scene;
  scene.checks.suspect = scene.check.held = true;
  scene.checks.suspect_left = std::chrono::milliseconds(41'001);
  scene.check.last_cause = "connect to 10.0.0.7:8080: no route to host";
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy",
                                           "held: the checker is suspect for another 42s, it would be "
                                           "unhealthy: connect to 10.0.0.7:8080: no route to host"));
  Scene left;
  left.service.standing.held = true;
  left.service.held_until = model::Timestamp{kNow + 5000};
  EXPECT_THAT(left.Reasons(),
              ElementsAre("held: left, answered until 2026-11-25T02:00:05.000Z (waypost:hold-last)", "healthy"));
  Scene fresh;
  fresh.instance.standing.waiting = true;
  EXPECT_THAT(fresh.Reasons(), ElementsAre("waits for its first good check (waypost:initial-health)"));
}

TEST(ExplainReasons, CannotBeChecked) {
  Scene scene;
  scene.instance.attributes.Erase("AWS_INSTANCE_PORT");
  EXPECT_THAT(scene.Reasons().back(), ::testing::StartsWith("cannot be checked: no port"));
  scene.instance.attributes.Set("AWS_INSTANCE_PORT", "80");
  scene.instance.attributes.Erase("AWS_INSTANCE_IPV4");
  EXPECT_THAT(scene.Reasons().back(), ::testing::StartsWith("cannot be checked: no address"));
  scene.checks.plan->kind = model::CheckKind::kHeartbeat;
  EXPECT_THAT(scene.Reasons(), ElementsAre("healthy"));
}

TEST(ExplainReasons, PrivateNamespace) {
  Scene scene;
  scene.service.refused = true;
  scene.service.query.client = "203.0.113.1";
  EXPECT_THAT(scene.Reasons(), ElementsAre("private namespace: 203.0.113.1 would get REFUSED", "healthy"));
}

TEST(ExplainSummary, CountsAndNames) {
  Scene scene;
  scene.service.total = 12'345;
  scene.service.answered = scene.service.drawn = 12'340;
  scene.service.missing[static_cast<std::size_t>(Missing::kUnhealthy)] = 3;
  scene.service.missing[static_cast<std::size_t>(Missing::kDrained)] = 2;
  scene.service.listed.resize(1'000);
  EXPECT_EQ(Summary(scene.service, scene.checks),
            "12,340 of 12,345 instances are answered; not: 2 drained, 3 unhealthy; each DNS answer has 8 of them; only "
            "1,000 of 12,345 are listed");
}

TEST(ExplainSummary, OfTheServiceAsAWhole) {
  Scene scene;
  scene.service.listed.resize(1);
  EXPECT_EQ(Summary(scene.service, scene.checks), "1 of 1 instance is answered");
  scene.checks.suspect = true;
  scene.checks.suspect_left = std::chrono::seconds(42);
  scene.service.standing.fail_open = true;
  EXPECT_EQ(
      Summary(scene.service, scene.checks),
      "1 of 1 instance is answered; none is healthy, so all count as if they were; the checker itself is suspect: "
      "falls are held for another 42s");
  ServiceFacts empty;
  empty.standing.fail_open = true;
  EXPECT_EQ(Summary(empty, {}), "the service has no instances");
}

}  // namespace
}  // namespace waypost::oper
