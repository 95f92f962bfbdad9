// What pins, tiers, zones and holds do to answers. How they are worked out is view's; here it is what clients see.
#include <gtest/gtest.h>

#include <set>

#include "dns/zones.h"

namespace waypost::dns {
namespace {

using model::HealthState;

TEST(Selection, ServersShowTheirTierAsPriority) {
  Zones zones;
  const auto service = zones.AddService(zones.AddZone("z.test"), "s", kSrv20, {.custom_health = true});
  zones.Register(service, "first", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "1"}});
  zones.Register(service, "second",
                 {{"AWS_INSTANCE_IPV4", "10.0.0.2"}, {"AWS_INSTANCE_PORT", "2"}, {"WAYPOST_PRIORITY", "10"}});
  zones.Ready();
  Asking asking(zones);
  EXPECT_NE(Text(asking.Message({"s.z.test", "SRV"})).find("SRV 1 1 1 first.s.z.test."), std::string::npos);
  EXPECT_EQ(asking.Message({"s.z.test", "SRV"})->answer.size(), 1u);
  zones.SetHealth(service, "first", HealthState::kUnhealthy);
  EXPECT_NE(Text(asking.Message({"s.z.test", "SRV"})).find("SRV 10 1 2 second.s.z.test."), std::string::npos);
  EXPECT_EQ(asking.Message({"s.z.test", "SRV"})->answer.size(), 1u);
}

/// Addresses that come up in many answers.
std::set<std::string> Seen(Asking& asking, const std::string& name, const std::string& type = "A") {
  std::set<std::string> seen;
  for (int i = 0; i < 300; ++i) {
    const auto message = asking.Message({name, type});
    for (const wire::Record& record : message->answer) seen.insert(record.data);
  }
  return seen;
}

TEST(Selection, ClientsGetTheirOwnZoneWhileItIsHealthy) {
  for (const unsigned members : {2U, 200U}) {  // one chunk, and several
    Zones zones;
    const auto service = zones.AddService(zones.AddZone("z.test"), "s", kA60,
                                          {.custom_health = true, .tags = {{"waypost:zone-affinity", "prefer"}}});
    for (unsigned i = 0; i < members; ++i) {
      zones.Register(service, "i" + std::to_string(i),
                     {{"AWS_INSTANCE_IPV4", Zones::Ipv4(0, i)}, {"AVAILABILITY_ZONE", i % 2 == 0 ? "even" : "odd"}});
    }
    zones.Ready();
    AnswerOptions options;
    options.zones = {{"even", {"10.1.0.0/16"}}, {"odd", {"10.2.0.0/16", "fd00::/8"}}};
    Asking asking(zones, options);
    asking.asker.client = Ip("10.2.3.4");
    for (const std::string& address : Seen(asking, "s.z.test")) {
      EXPECT_EQ(1, (address.back() - '0') % 2) << address;
    }
    asking.asker.client = Ip("fd00::1");
    EXPECT_EQ(members / 2, Seen(asking, "s.z.test").size());
    asking.asker.client = Ip("192.0.2.1");
    EXPECT_EQ(members, Seen(asking, "s.z.test").size()) << "in no zone";
    for (unsigned i = 1; i < members; i += 2) {
      zones.SetHealth(service, "i" + std::to_string(i), HealthState::kUnhealthy);
    }
    asking.asker.client = Ip("10.2.3.4");
    EXPECT_EQ(members / 2, Seen(asking, "s.z.test").size()) << "its zone has nobody: the others";
    for (const std::string& address : Seen(asking, "s.z.test")) EXPECT_EQ(0, (address.back() - '0') % 2);
  }
}

TEST(Selection, WhoWaitsForItsFirstGoodCheckIsNotEvenTheLastResort) {
  Zones zones;
  const auto zone = zones.AddZone("z.test");
  const model::Tags tags{{"waypost:check-kind", "tcp"}, {"waypost:initial-health", "unhealthy"}};
  const auto many = zones.AddService(zone, "s", kA60, {.tags = tags});
  const auto one = zones.AddService(zone, "w", kA60, {.routing = model::RoutingPolicy::kWeighted, .tags = tags});
  const auto name = zones.AddService(zone, "c", kCname25, {.routing = model::RoutingPolicy::kWeighted, .tags = tags});
  zones.Register(many, "a", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  zones.Register(one, "a", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  zones.Register(name, "a", {{"AWS_INSTANCE_CNAME", "elsewhere.test"}});
  zones.Ready();
  Asking asking(zones);
  for (const char* asked : {"s.z.test", "w.z.test", "c.z.test"}) {
    const auto message = asking.Message({asked});
    EXPECT_EQ(message->answer.size(), 0u) << asked;
    EXPECT_EQ(Text(message).rfind("NOERROR aa", 0), 0u) << asked << " exists";
    EXPECT_EQ(message->authority.size(), 1u) << asked;
  }
}

TEST(Selection, TheLastGoodInstanceIsAnsweredWhileItIsHeld) {
  Zones zones;
  const auto service = zones.AddService(zones.AddZone("z.test"), "s", kA60, {.custom_health = true});
  zones.Register(service, "a", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  zones.Ready();
  Asking asking(zones);
  const std::string answered = Text(asking.Message({"s.z.test"}));
  model::Hold hold;
  hold.instance.service_id = service;
  hold.instance.id = "a";
  hold.instance.attributes = {{"AWS_INSTANCE_IPV4", "10.0.0.1"}};
  view::Edit(zones.view).EraseInstance(service, "a", 50);
  EXPECT_EQ(asking.Message({"s.z.test"})->answer.size(), 0u);
  view::Edit(zones.view).SetHold(service, &hold, 51);
  EXPECT_EQ(answered, Text(asking.Message({"s.z.test"})));
  view::Edit(zones.view).SetHold(service, nullptr, 52);
  EXPECT_EQ(asking.Message({"s.z.test"})->answer.size(), 0u);
}

}  // namespace
}  // namespace waypost::dns
