// Which records are drawn: how many, how evenly, how fresh.
#include "dns/draw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "dns/zones.h"

namespace waypost::dns {
namespace {

using model::HealthState;

/// Sum of (seen - expected)² / expected: for k classes about k - 1, with a standard deviation of √(2(k - 1)).
double ChiSquare(const std::map<std::string, unsigned>& seen, std::size_t classes, double expected) {
  double sum = static_cast<double>(classes - seen.size()) * expected;
  for (const auto& [what, count] : seen) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

struct Drawn {
  std::map<std::string, unsigned> all;
  std::map<std::string, unsigned> first;
  std::set<std::vector<std::string>> orders;
};

Drawn DrawOften(Asking& asking, const std::string& name, unsigned times, std::size_t each) {
  Drawn drawn;
  for (unsigned i = 0; i < times; ++i) {
    const auto message = asking.Message({name});
    EXPECT_TRUE(message);
    EXPECT_EQ(each, message->answer.size());
    std::vector<std::string> order;
    for (const wire::Record& record : message->answer) order.push_back(record.data);
    EXPECT_EQ(each, std::set<std::string>(order.begin(), order.end()).size()) << "none twice";
    for (const std::string& address : order) ++drawn.all[address];
    ++drawn.first[order.front()];
    drawn.orders.insert(order);
  }
  return drawn;
}

struct Size {
  unsigned members;
  unsigned unhealthy;
};

TEST(Draw, EightOfTheHealthyEvenlyAndInRandomOrder) {
  // One chunk, exactly full, one past it, and many; with unhealthy ones among them so many that rejection gives up.
  for (const Size size : {Size{9, 0}, Size{20, 5}, Size{64, 0}, Size{65, 0}, Size{200, 90}, Size{640, 600}}) {
    Zones zones;
    const auto service = zones.AddService(zones.AddZone("z.test"), "s", kA60, {.custom_health = true});
    zones.RegisterMany(service, 1, size.members);
    for (unsigned i = 0; i < size.unhealthy; ++i) {
      zones.SetHealth(service, "i" + std::to_string(i * size.members / size.unhealthy), HealthState::kUnhealthy);
    }
    zones.Ready();
    Asking asking(zones, {}, 4711);
    const unsigned healthy = size.members - size.unhealthy;
    constexpr unsigned kTimes = 20000;
    const Drawn drawn = DrawOften(asking, "s.z.test", kTimes, 8);
    EXPECT_EQ(healthy, drawn.all.size());
    const double spread = 6 * std::sqrt(2.0 * healthy);
    // Draws without return vary less than independent ones, so only the upper bound is tested for those.
    EXPECT_LT(ChiSquare(drawn.all, healthy, kTimes * 8.0 / healthy), healthy - 1 + spread) << size.members;
    EXPECT_LT(ChiSquare(drawn.first, healthy, static_cast<double>(kTimes) / healthy), healthy - 1 + spread)
        << size.members;
    EXPECT_GT(ChiSquare(drawn.first, healthy, static_cast<double>(kTimes) / healthy), 0.1) << "too even to be random";
    EXPECT_GT(drawn.orders.size(), kTimes * 8 / 10);
  }
}

TEST(Draw, ASmallSetIsAnsweredWholeInEveryOrder) {
  Zones zones;
  const auto service = zones.AddService(zones.AddZone("z.test"), "s", kA60);
  zones.RegisterMany(service, 1, 4);
  zones.Ready();
  Asking asking(zones, {}, 11);
  const Drawn drawn = DrawOften(asking, "s.z.test", 24 * 200, 4);
  EXPECT_EQ(24u, drawn.orders.size());
  EXPECT_LT(ChiSquare(drawn.first, 4, 24 * 200 / 4.0), 3 + 6 * std::sqrt(6.0));
}

TEST(Draw, AnswerLimit) {
  Zones zones;
  const auto zone = zones.AddZone("z.test");
  const auto add = [&](const std::string& name, const std::string& limit, unsigned members) {
    zones.RegisterMany(zones.AddService(zone, name, kA60, {.tags = {{"waypost:answer-limit", limit}}}), 1, members);
  };
  add("one", "1", 20);
  add("twelve", "12", 20);
  add("forty", "40", 200);
  add("all", "all", 300);
  add("huge", "all", 5000);
  zones.Ready();
  Asking asking(zones);
  const auto count = [&](const std::string& name) { return asking.Message({name})->answer.size(); };
  EXPECT_EQ(1u, count("one.z.test"));
  EXPECT_EQ(12u, count("twelve.z.test"));
  EXPECT_EQ(8u, asking.Message({"twelve.z.test", "ANY"})->answer.size()) << "ANY stays small";
  asking.asker.transport = Transport::kTcp;
  EXPECT_EQ(40u, count("forty.z.test"));
  EXPECT_EQ(300u, count("all.z.test"));
  const auto huge = asking.Message({"huge.z.test"});
  ASSERT_TRUE(huge);
  EXPECT_TRUE(huge->tc()) << "65,535 octets do not hold 5,000";
  EXPECT_EQ((65535u - 12 - 13 - 4 - 1) / 16, huge->answer.size());
}

std::map<std::string, unsigned> Weighted(Zones& zones, const std::string& name, unsigned times) {
  Asking asking(zones, {}, 3);
  return DrawOften(asking, name, times, 1).all;
}

TEST(Draw, WeightedFollowsTheWeights) {
  Zones zones;
  const auto zone = zones.AddZone("z.test");
  const auto add = [&](const model::ServiceId& service, const std::string& id, const std::string& weight) {
    zones.Register(service, id, {{"AWS_INSTANCE_IPV4", "10.0.0." + id}, {"WAYPOST_WEIGHT", weight}});
  };
  const auto some =
      zones.AddService(zone, "some", kA60, {.routing = model::RoutingPolicy::kWeighted, .custom_health = true});
  add(some, "1", "0");
  add(some, "2", "30");
  add(some, "3", "10");
  const auto zeros = zones.AddWeighted(zone, "zeros", kA60);
  add(zeros, "1", "0");
  add(zeros, "2", "0");
  const auto same = zones.AddWeighted(zone, "same", kA60);
  zones.RegisterMany(same, 2, 130);
  zones.Ready();

  auto seen = Weighted(zones, "some.z.test", 4000);
  EXPECT_EQ(0u, seen.count("10.0.0.1"));
  EXPECT_NEAR(3000, seen["10.0.0.2"], 6 * 27.4);
  seen = Weighted(zones, "zeros.z.test", 4000);
  EXPECT_NEAR(2000, seen["10.0.0.1"], 6 * 31.7) << "all zero: equal";
  seen = Weighted(zones, "same.z.test", 13000);
  EXPECT_LT(ChiSquare(seen, 130, 100), 129 + 6 * std::sqrt(258.0));

  zones.SetHealth(some, "2", HealthState::kUnhealthy);
  EXPECT_EQ(1u, Weighted(zones, "some.z.test", 200).count("10.0.0.3"));
  EXPECT_EQ(1u, Weighted(zones, "some.z.test", 200).size());
  zones.SetHealth(some, "3", HealthState::kUnhealthy);
  EXPECT_EQ((std::map<std::string, unsigned>{{"10.0.0.1", 200}}), Weighted(zones, "some.z.test", 200))
      << "the last healthy one";
  zones.SetHealth(some, "1", HealthState::kUnhealthy);
  EXPECT_EQ(2u, Weighted(zones, "some.z.test", 200).size()) << "none healthy: by weight among all";
}

}  // namespace
}  // namespace waypost::dns
