#include "operator/event_scribe.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "view/builders.h"

namespace waypost::oper {
namespace {

using Json = nlohmann::json;

class ScribeTest : public testing::Test {
 protected:
  ScribeTest() : space_(world_.AddNamespace("kouzie.com", model::NamespaceType::kDnsPublic, 1)) {
    service_ = world_.AddService(space_, "backend", 2, true);
    scribe_.SetHomes(ServiceHomes::Of(world_.view));
  }

  /// The data of one event, whose kind must be `kind`.
  Json Data(const registry::Event& event, const std::string& kind) {
    const EventBatch batch = scribe_.Write(9, std::span(&event, 1));
    EXPECT_EQ(batch.entries.size(), 1U);
    const std::string text(batch.TextOf(batch.entries[0]));
    const std::string head = "event: " + kind + "\ndata: ";
    EXPECT_EQ(text.substr(0, head.size()), head);
    EXPECT_EQ(text.find('\n', head.size()), text.size() - 2) << "data is one line, then an empty one";
    subject_ = batch.entries[0].subject;
    return Json::parse(text.substr(head.size()));
  }
  void ExpectOfService() {
    EXPECT_EQ(subject_.service_id, service_.id);
    EXPECT_EQ(subject_.namespace_id, space_.id);
  }
  Json Of(Json more) {
    more["revision"] = 9;
    more["namespace"] = space_.id.str();
    more["service"] = service_.id.str();
    return more;
  }

  view::World world_;
  model::Namespace space_;
  model::Service service_;
  EventScribe scribe_;
  EventSubject subject_;
};

constexpr model::Timestamp kNoon{1764072000123};  // 2025-11-25T12:00:00.123Z
const std::string kNoonText = "2025-11-25T12:00:00.123Z";

TEST_F(ScribeTest, Namespaces) {
  space_.description = "all \"services\"\n";
  space_.tags.Set("team", "a");
  EXPECT_EQ(Data(space_, "namespace"), Json({{"revision", 9},
                                             {"namespace", space_.id.str()},
                                             {"name", "kouzie.com"},
                                             {"http_name", "kouzie.com"},
                                             {"type", "DNS_PUBLIC"},
                                             {"description", "all \"services\"\n"},
                                             {"soa_ttl", 60},
                                             {"tags", {{"team", "a"}}}}));
  EXPECT_EQ(subject_.namespace_id, space_.id);
  EXPECT_EQ(Data(registry::NamespaceErased{space_.id}, "namespace-deleted"),
            Json({{"revision", 9}, {"namespace", space_.id.str()}}));
  EXPECT_EQ(subject_.namespace_id, space_.id);
}

TEST_F(ScribeTest, Services) {
  service_.health_check = model::HealthCheck{model::HealthCheckType::kHttp, "/up", 2};
  service_.attributes.Set("k", "v");
  EXPECT_EQ(Data(service_, "service"),
            Of({{"name", "backend"},
                {"type", "DNS_HTTP"},
                {"dns", {{"routing", "MULTIVALUE"}, {"records", {{{"type", "A"}, {"ttl", 60}}}}}},
                {"health_check", {{"type", "HTTP"}, {"path", "/up"}, {"failure_threshold", 2}}},
                {"custom_health", true},
                {"tags", Json::object()},
                {"attributes", {{"k", "v"}}}}));
  ExpectOfService();
}

TEST_F(ScribeTest, ADeletedServiceStillHasItsNamespace) {
  EXPECT_EQ(Data(registry::ServiceErased{service_.id}, "service-deleted"), Of({}));
  ExpectOfService();
  const registry::Event late = registry::InstanceErased{service_.id, "i"};
  EXPECT_FALSE(scribe_.Write(10, std::span(&late, 1)).entries[0].subject.namespace_id.has_value());
}

TEST_F(ScribeTest, ANewServiceHasItsNamespace) {
  model::Service fresh = service_;
  fresh.id = model::ServiceId::Draw(world_.random);
  const registry::Event events[] = {fresh, registry::InstanceErased{fresh.id, "i"}};
  EXPECT_EQ(scribe_.Write(10, events).entries[1].subject.namespace_id, space_.id);
}

TEST_F(ScribeTest, Instances) {
  model::Instance instance = view::World::MakeInstance(service_.id, "i-1", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  instance.registered = kNoon;
  EXPECT_EQ(Data(registry::InstancePut{instance}, "instance"),
            Of({{"instance", "i-1"}, {"registered", kNoonText}, {"attributes", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}}}));
  ExpectOfService();
  EXPECT_EQ(Data(registry::InstanceErased{service_.id, "i-1"}, "instance-deregistered"), Of({{"instance", "i-1"}}));
  ExpectOfService();
}

TEST_F(ScribeTest, Health) {
  model::Transition change{service_.id,
                           "i-1",
                           kNoon,
                           model::HealthState::kHealthy,
                           model::HealthState::kUnhealthy,
                           "connection refused, 3rd failure",
                           1042};
  Json want = Of({{"instance", "i-1"},
                  {"time", kNoonText},
                  {"from", "HEALTHY"},
                  {"to", "UNHEALTHY"},
                  {"cause", "connection refused, 3rd failure"},
                  {"latency_ms", 1.042}});
  EXPECT_EQ(Data(change, "health"), want);
  ExpectOfService();
  change.latency_us.reset();
  want.erase("latency_ms");
  EXPECT_EQ(Data(change, "health"), want);
}

TEST_F(ScribeTest, PinsShiftsAndHolds) {
  EXPECT_EQ(Data(model::Pin{service_.id, "i", model::PinState::kDrained, kNoon, kNoon}, "pin"),
            Of({{"instance", "i"}, {"state", "drained"}, {"set", kNoonText}, {"until", kNoonText}}));
  ExpectOfService();
  EXPECT_EQ(Data(registry::PinErased{service_.id, "i"}, "unpin"), Of({{"instance", "i"}}));
  EXPECT_EQ(Data(model::Shift{"zone-a", kNoon, kNoon}, "shift"),
            Json({{"revision", 9}, {"zone", "zone-a"}, {"set", kNoonText}, {"until", kNoonText}}));
  EXPECT_FALSE(subject_.namespace_id || subject_.service_id);
  EXPECT_EQ(Data(registry::ShiftErased{"zone-a"}, "shift-ended"), Json({{"revision", 9}, {"zone", "zone-a"}}));
  model::Hold hold;
  hold.instance.id = "i";
  hold.until = kNoon;
  EXPECT_EQ(Data(registry::HoldPut{service_.id, hold}, "hold"), Of({{"instance", "i"}, {"until", kNoonText}}));
  ExpectOfService();
  EXPECT_EQ(Data(registry::HoldErased{service_.id}, "hold-ended"), Of({}));
  ExpectOfService();
}

TEST_F(ScribeTest, Views) {
  model::NamedQuery query{space_.id, "beta", service_.id, {{"stage", "beta"}}, {}, {}};
  EXPECT_EQ(Data(registry::ViewPut{query}, "view"), Of({{"name", "beta"}, {"attributes", {{"stage", "beta"}}}}));
  ExpectOfService();
  query.fallback = model::ServiceId::Parse("srv-bbbbbbbbbbbbbbbb");
  EXPECT_EQ(Data(registry::ViewPut{query}, "view").at("fallback"), "srv-bbbbbbbbbbbbbbbb");
  EXPECT_EQ(Data(registry::ViewErased{space_.id, "beta", service_.id}, "view-deleted"), Of({{"name", "beta"}}));
  ExpectOfService();
}

}  // namespace
}  // namespace waypost::oper
