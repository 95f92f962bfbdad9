#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "view/builders.h"
#include "waypost/view/discovery.h"

namespace waypost::view {
namespace {

/// Readers ask without pause while the publisher registers, deregisters and flips: under a sanitizer this finds what is
/// freed too early; without one it finds versions that do not agree with themselves.
TEST(ReadersTest, SeeWholeVersionsWhileAPublisherWorks) {
  World world;
  const auto in = world.AddNamespace("example.com", model::NamespaceType::kDnsPublic, 1);
  const auto service = world.AddService(in, "a", 2, true);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> asked{0};
  const auto read = [&](std::uint64_t seed) {
    Reader reader(world.view.domain());
    model::Random random(seed);
    DiscoverScratch scratch;
    std::string json;
    while (!done.load()) {
      const ReadSection section(reader);
      const ServiceNode* node = world.view.FindService("example.com", "a");
      ASSERT_NE(node, nullptr);
      const ServiceState& state = node->state();
      for (std::uint32_t i = 0; i < state.count(); ++i) {
        const std::string_view id = state.member(i).id();
        ASSERT_EQ(state.Find(id), i);
      }
      json.clear();
      Discover(state, {.health = HealthFilter::kAll, .max_results = 1000}, random, scratch, json);
      (void)world.view.GetService(service.id);
      asked.fetch_add(1);
    }
  };
  std::thread first(read, 1);
  std::thread second(read, 2);
  model::Random random(3);
  model::Revision revision = 3;
  std::set<std::string> there;
  for (int step = 0; step < 4000 || asked.load() < 20; ++step, ++revision) {
    const std::string id = "i" + std::to_string(random.Below(120u));
    if (random.Below(2u) == 0) {
      world.Register(service, id, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}, revision);
      there.insert(id);
    } else if (there.erase(id) != 0) {
      Edit(world.view).EraseInstance(service.id, id, revision);
    }
    if (!there.empty()) {
      Edit(world.view)
          .SetHealth(service.id, *there.begin(),
                     step % 2 == 0 ? model::HealthState::kUnhealthy : model::HealthState::kHealthy, revision);
    }
  }
  done.store(true);
  first.join();
  second.join();
  EXPECT_GE(asked.load(), 20u);
}

/// Views share their members with the service, and an address leads to them: none of these may keep one too long.
TEST(ReadersTest, ViewsAndAddressesLeadToLivingMembers) {
  World world;
  world.view.EnableReverse();
  const auto in = world.AddNamespace("example.com", model::NamespaceType::kDnsPublic, 1);
  const auto service = world.AddService(in, "a", 2, true);
  const auto spare = world.AddService(in, "spare", 2, true);
  model::NamedQuery query{in.id, "beta", service.id, {{"stage", "beta"}}, spare.id, {}};
  Edit(world.view).PutNamedQuery(query, 3);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> asked{0};
  const auto read = [&](std::uint64_t seed) {
    Reader reader(world.view.domain());
    model::Random random(seed);
    DiscoverScratch scratch;
    std::string json;
    std::size_t octets = 0;
    while (!done.load()) {
      const ReadSection section(reader);
      const ServiceNode* node = world.view.FindService("example.com", "beta");
      ASSERT_NE(node, nullptr) << "putting it anew leaves no gap";
      const ServiceState& state = node->Answering();
      for (std::uint32_t i = 0; i < state.count(); ++i) ASSERT_EQ(state.Find(state.member(i).id()), i);
      json.clear();
      Discover(state, {.health = HealthFilter::kAll, .max_results = 1000}, random, scratch, json);
      octets += node->instances_revision() + node->last_change();
      const std::uint8_t address[] = {10, 0, 0, static_cast<std::uint8_t>(random.Below(4u))};
      world.view.FindByAddress(std::span<const std::uint8_t>(address),
                               [&](const ServiceNode& of, const Member& member) {
                                 octets += member.id().size() + of.state().count();
                                 return false;
                               });
      asked.fetch_add(1);
    }
    EXPECT_NE(octets, 0u);
  };
  std::thread first(read, 1);
  std::thread second(read, 2);
  model::Random random(3);
  model::Revision revision = 4;
  std::set<std::string> there;
  for (int step = 0; step < 4000 || asked.load() < 20; ++step, ++revision) {
    const std::string id = "i" + std::to_string(random.Below(120u));
    const auto& of = random.Below(8u) == 0 ? spare : service;
    const std::string known = of.name + id;
    if (random.Below(2u) == 0) {
      world.Register(of, id,
                     {{"AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(random.Below(4u))},
                      {"stage", random.Below(4u) == 0 ? "prod" : "beta"}},
                     revision);
      there.insert(known);
    } else if (there.erase(known) != 0) {
      Edit(world.view).EraseInstance(of.id, id, revision);
    }
    if (there.contains(known)) {
      Edit(world.view)
          .SetHealth(of.id, id, step % 3 == 0 ? model::HealthState::kHealthy : model::HealthState::kUnhealthy,
                     revision);
    }
    if (step % 5 == 0) Edit(world.view).PutNamedQuery(query, revision);
  }
  done.store(true);
  first.join();
  second.join();
  EXPECT_GE(asked.load(), 20u);
}

}  // namespace
}  // namespace waypost::view
