#include "waypost/view/edit.h"

#include <gtest/gtest.h>

#include <map>

#include "view/builders.h"

namespace waypost::view {
namespace {

std::string Wire(const std::string& name) { return std::string(model::OwnerName::Parse(name).value().wire()); }

const ServiceNode* ByName(const View& view, const std::string& name) {
  const std::string wire = Wire(name);
  return view.FindName(wire, view.HashName(wire), nullptr);
}

TEST(EditTest, ServicesAreFoundByNameAndById) {
  World world;
  const auto in = world.AddNamespace("Kouzie.com", model::NamespaceType::kDnsPublic, 1);
  const auto service = world.AddService(in, "Backend", 2);
  EXPECT_EQ(ByName(world.view, "backend.kouzie.COM"), world.view.FindService(service.id));
  EXPECT_EQ(world.view.FindService("Kouzie.com", "Backend"), world.view.FindService(service.id));
  EXPECT_EQ(world.view.FindService("Kouzie.com", "bAckend"), world.view.FindService(service.id))
      << "in DNS, case folds";
  EXPECT_EQ(world.view.FindService("kouzie.com", "Backend"), nullptr) << "HttpName is exact";
  Edit(world.view).EraseService(service.id, 3);
  EXPECT_EQ(ByName(world.view, "backend.kouzie.com"), nullptr);
  EXPECT_EQ(world.view.FindService("Kouzie.com", "Backend"), nullptr);
  EXPECT_EQ(world.view.FindService(service.id), nullptr);
}

TEST(EditTest, ApiOnlyServicesKeepCaseApart) {
  World world;
  const auto in = world.AddNamespace("shared", model::NamespaceType::kHttp, 1);
  const auto lower = world.AddService(in, "logs", 2);
  const auto upper = world.AddService(in, "LOGS", 3);
  EXPECT_EQ(world.view.FindService("shared", "logs")->id(), lower.id);
  EXPECT_EQ(world.view.FindService("shared", "LOGS")->id(), upper.id);
  EXPECT_EQ(world.view.FindService("shared", "Logs"), nullptr);
}

TEST(EditTest, TheLongestZoneWins) {
  World world;
  const auto outer = world.AddNamespace("example.com", model::NamespaceType::kDnsPublic, 1);
  world.AddService(outer, "a", 2);
  EXPECT_TRUE(world.view.FindNamespace(outer.id)->plain());
  const auto inner = world.AddNamespace("deep.sub.example.com", model::NamespaceType::kDnsPrivate, 3);
  EXPECT_FALSE(world.view.FindNamespace(outer.id)->plain());
  EXPECT_TRUE(world.view.FindNamespace(inner.id)->plain());
  EXPECT_EQ(world.view.FindZone(Wire("x.deep.sub.example.com"), true)->id, inner.id);
  EXPECT_EQ(world.view.FindZone(Wire("x.deep.sub.example.com"), false)->id, outer.id) << "not for this client";
  EXPECT_EQ(world.view.FindZone(Wire("x.sub.example.com"), true)->id, outer.id);
  EXPECT_EQ(world.view.FindZone(Wire("example.org"), true), nullptr);
  EXPECT_TRUE(world.view.HasNamesBelow(Wire("sub.example.com")));
  Edit(world.view).EraseNamespace(inner.id);
  EXPECT_TRUE(world.view.FindNamespace(outer.id)->plain());
  EXPECT_FALSE(world.view.HasNamesBelow(Wire("sub.example.com")));
}

TEST(EditTest, SplitHorizon) {
  World world;
  const auto open = world.AddNamespace("example.com", model::NamespaceType::kDnsPublic, 1);
  const auto closed = world.AddNamespace("example.com", model::NamespaceType::kDnsPrivate, 2);
  EXPECT_EQ(world.view.FindZone(Wire("example.com"), true)->id, closed.id);
  EXPECT_EQ(world.view.FindZone(Wire("example.com"), false)->id, open.id);
  EXPECT_FALSE(world.view.FindNamespace(open.id)->plain());
}

TEST(EditTest, ANameWithSeveralLabelsMakesEmptyNonTerminals) {
  World world;
  const auto in = world.AddNamespace("example.com", model::NamespaceType::kDnsPublic, 1);
  const auto first = world.AddService(in, "_http._tcp", 2);
  const auto second = world.AddService(in, "_ldap._tcp", 3);
  EXPECT_TRUE(world.view.HasNamesBelow(Wire("_tcp.example.com")));
  EXPECT_FALSE(world.view.HasNamesBelow(Wire("_http._tcp.example.com")));
  Edit(world.view).EraseService(first.id, 4);
  EXPECT_TRUE(world.view.HasNamesBelow(Wire("_tcp.example.com")));
  Edit(world.view).EraseService(second.id, 5);
  EXPECT_FALSE(world.view.HasNamesBelow(Wire("_tcp.example.com")));
}

TEST(EditTest, RevisionsAndSerialFollowWhatTheyShould) {
  World world;
  const auto in = world.AddNamespace("example.com", model::NamespaceType::kDnsPublic, 5);
  const auto service = world.AddService(in, "a", 6, true);
  const NamespaceNode* zone = world.view.FindNamespace(in.id);
  const ServiceNode* node = world.view.FindService(service.id);
  EXPECT_EQ(zone->serial(), 6u);
  world.Register(service, "i", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}, 7);
  EXPECT_EQ(zone->serial(), 7u);
  EXPECT_EQ(node->state().instances_revision(), 7u);
  Edit(world.view).SetHealth(service.id, "i", model::HealthState::kUnhealthy, 8);
  EXPECT_EQ(zone->serial(), 8u);
  EXPECT_EQ(node->state().instances_revision(), 7u) << "health does not count";
  Edit(world.view).SetHealth(service.id, "i", model::HealthState::kUnhealthy, 9);
  EXPECT_EQ(zone->serial(), 8u) << "nothing changed";
  Edit(world.view).EraseInstance(service.id, "i", 10);
  EXPECT_EQ(zone->serial(), 10u);
  EXPECT_EQ(node->state().instances_revision(), 10u);
}

TEST(EditTest, HealthBitsFollowTheirMembers) {
  World world;
  const auto in = world.AddNamespace("example.com", model::NamespaceType::kDnsPublic, 1);
  const auto service = world.AddService(in, "a", 2, true);
  for (int i = 0; i < 3; ++i) world.Register(service, "i" + std::to_string(i), {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}, 3);
  Edit(world.view).SetHealth(service.id, "i2", model::HealthState::kUnhealthy, 4);
  Edit(world.view).EraseInstance(service.id, "i0", 5);  // i2 takes its place
  const ServiceState& state = world.view.FindService(service.id)->state();
  ASSERT_EQ(state.count(), 2u);
  EXPECT_EQ(state.served_count(), 1u);
  EXPECT_EQ(state.chunk(0).health(state.Find("i2")), model::HealthState::kUnhealthy);
  EXPECT_EQ(state.chunk(0).health(state.Find("i1")), model::HealthState::kHealthy);
  world.Register(service, "i2", {{"AWS_INSTANCE_IPV4", "10.0.0.9"}}, 6);
  EXPECT_EQ(world.view.FindService(service.id)->state().served_count(), 2u) << "a new registration starts anew";
}

/// Random registrations and deregistrations against a plain map, over the border from one chunk to several and back.
TEST(EditTest, AgreesWithAModel) {
  World world;
  const auto in = world.AddNamespace("example.com", model::NamespaceType::kDnsPublic, 1);
  const auto service = world.AddService(in, "a", 2);
  std::map<std::string, std::string> model;
  model::Random random(20);
  model::Revision revision = 3;
  for (int step = 0; step < 6000; ++step, ++revision) {
    // Ids of both widths, so that the count crosses 64 often and reaches several chunks.
    const std::string id = "i" + std::to_string(random.Below(step % 3000 < 1500 ? 90u : 400u));
    const bool growing = step / 500 % 2 == 0;
    if (random.Below(4u) < (growing ? 3u : 1u)) {
      const std::string address =
          "10.0." + std::to_string(random.Below(256u)) + "." + std::to_string(random.Below(256u));
      world.Register(service, id, {{"AWS_INSTANCE_IPV4", address}}, revision);
      model[id] = address;
    } else if (model.erase(id) != 0) {
      Edit(world.view).EraseInstance(service.id, id, revision);
    }
    const ServiceState& state = world.view.FindService(service.id)->state();
    ASSERT_EQ(state.count(), model.size());
    ASSERT_EQ(state.served_count(), model.size());
    const std::uint32_t found = state.Find(id);
    ASSERT_EQ(found != state.count(), model.contains(id));
    if (step % 500 != 0) continue;
    for (const auto& [known, address] : model) {
      const std::uint32_t index = state.Find(known);
      ASSERT_LT(index, state.count());
      ASSERT_TRUE(state.member(index).HasAttribute("AWS_INSTANCE_IPV4", address));
      const Chunk& chunk = state.chunk(index / 64);
      ASSERT_NE(chunk.WithAttribute(AttributeHash("AWS_INSTANCE_IPV4", address)) >> (index % 64) & 1, 0u);
    }
    std::string after;
    std::size_t listed = 0;
    auto expect = model.begin();
    for (auto page = ListMembers(state, after, 7); !page.empty(); page = ListMembers(state, after, 7)) {
      for (const Member* member : page) ASSERT_EQ(member->id(), (expect++)->first);
      listed += page.size();
      after = page.back()->id();
    }
    ASSERT_EQ(listed, model.size());
  }
}

TEST(EditTest, LoadingGivesWhatSteppingGives) {
  World stepped;
  const auto in = stepped.AddNamespace("example.com", model::NamespaceType::kDnsPublic, 1);
  const auto service = stepped.AddService(in, "a", 2, true);
  View loaded;
  Edit edit(loaded);
  edit.PutNamespace(in, 1);
  edit.PutService(service, 2);
  std::vector<LoadedInstance> instances;
  for (int i = 0; i < 150; ++i) {
    const auto instance = World::MakeInstance(service.id, "i" + std::to_string(i), {{"n", std::to_string(i)}});
    const auto health = i % 3 == 0 ? std::optional(model::HealthState::kUnhealthy) : std::nullopt;
    Edit(stepped.view).PutInstance(instance, health, static_cast<model::Revision>(10 + i));
    std::optional<model::HealthRecord> record;
    if (health) record.emplace(model::HealthRecord{*health});
    instances.push_back({instance, static_cast<model::Revision>(10 + i), record});
  }
  edit.LoadInstances(service.id, instances);
  edit.SetReady();
  const ServiceState& a = stepped.view.FindService(service.id)->state();
  const ServiceState& b = loaded.FindService(service.id)->state();
  ASSERT_EQ(a.count(), b.count());
  EXPECT_EQ(a.served_count(), b.served_count());
  EXPECT_EQ(a.instances_revision(), b.instances_revision());
  EXPECT_EQ(stepped.view.FindNamespace(in.id)->serial(), loaded.FindNamespace(in.id)->serial());
  for (std::uint32_t i = 0; i < a.count(); ++i) {
    EXPECT_EQ(a.member(i).discovery_json(), b.member(i).discovery_json());
    EXPECT_EQ(a.chunk(i / 64).health(i % 64), b.chunk(i / 64).health(i % 64));
    EXPECT_EQ(b.Find(a.member(i).id()), i);
  }
}

TEST(EditTest, HealthStartsAnewWhenItsKindChanges) {
  World world;
  const auto in = world.AddNamespace("shared", model::NamespaceType::kHttp, 1);
  auto service = world.AddService(in, "a", 2, true);
  world.Register(service, "i", {}, 3);
  Edit(world.view).SetHealth(service.id, "i", model::HealthState::kUnhealthy, 4);
  service.custom_health = false;
  service.health_check = model::HealthCheck{};
  Edit(world.view).PutService(service, 5);
  const ServiceState& state = world.view.FindService(service.id)->state();
  EXPECT_EQ(state.chunk(0).health(0), model::HealthState::kUnknown);
  EXPECT_EQ(state.served_count(), 1u);
}

}  // namespace
}  // namespace waypost::view
