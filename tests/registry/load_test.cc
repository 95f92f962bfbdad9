#include "registry/load.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "registry/world.h"
#include "waypost/store/record.h"
#include "waypost/view/discovery.h"

namespace waypost::registry {
namespace {

using model::NamespaceType;

/// A service's or a view's members, by id.
std::string DumpMembers(const view::ServiceState& state) {
  std::string text;
  for (const view::Member* member : view::ListMembers(state, "", 100000)) {
    const std::uint32_t index = state.Find(member->id());
    text += "  " + std::string(member->discovery_json()) + " " + std::to_string(member->revision()) + " " +
            std::string(model::HealthStateName(state.chunk(index / 64).health(index % 64))) + "\n";
  }
  return text;
}

/// All that readers can see, as text.
std::string Dump(const view::View& view) {
  std::string text;
  for (const auto& ns : view.ListNamespaces(std::nullopt, 1000, [](const auto&) { return true; })) {
    text += "ns " + ns.value.name + " " + ns.value.http_name + " services " + std::to_string(ns.service_count) + "\n";
  }
  for (const auto& service : view.ListServices(std::nullopt, std::nullopt, 100000)) {
    const view::ServiceState& state = view.FindService(service.config->service.id)->state();
    text += "srv " + service.config->service.name + " revision " + std::to_string(state.instances_revision()) +
            " healthy " + std::to_string(state.served_count()) + "\n" + DumpMembers(state);
  }
  for (const auto& info : view.ListNamedQueries([](const auto&) { return true; })) {
    const std::string in = view.GetNamespace(info.value.namespace_id)->value.http_name;
    const view::ServiceNode* node = view.FindService(in, info.value.name);
    text += "view " + info.value.name + "." + in + " of " + info.value.service_id.str() + " else " +
            (info.value.fallback ? info.value.fallback->str() : "nobody") + " put at " + std::to_string(info.revision) +
            " healthy " + std::to_string(node->state().served_count()) + " answers " +
            std::to_string(node->Answering().count()) + "\n" + DumpMembers(node->state());
  }
  return text;
}

std::map<std::string, std::uint32_t> Serials(const view::View& view) {
  std::map<std::string, std::uint32_t> serials;
  for (const auto& ns : view.ListNamespaces(std::nullopt, 1000, [](const auto&) { return true; })) {
    serials[ns.value.name] = view.FindNamespace(ns.value.id)->serial();
  }
  return serials;
}

std::set<std::string> WithViews(const view::View& view) {
  std::set<std::string> names;
  for (const auto& info : view.ListNamedQueries([](const auto&) { return true; })) {
    names.insert(view.GetNamespace(info.value.namespace_id)->value.name);
  }
  return names;
}

/// Where a zone has views its serial may rise: which change of a service was one of a view, nobody stores.
void ExpectKept(const std::map<std::string, std::uint32_t>& before, const view::View& view) {
  const std::set<std::string> with_views = WithViews(view);
  const auto after = Serials(view);
  ASSERT_EQ(after.size(), before.size());
  for (const auto& [name, serial] : after) {
    EXPECT_GE(serial, before.at(name)) << name;
    if (with_views.contains(name)) continue;
    EXPECT_EQ(serial, before.at(name)) << name;
  }
}

/// Random commands, with restarts between: what was loaded equals what was stepped to, and no revision or serial falls.
TEST(LoadTest, ARestartChangesNothing) {
  World world;
  model::Random random(5);
  std::vector<model::NamespaceId> namespaces;
  std::vector<model::ServiceId> services;
  std::map<std::string, std::set<std::string>> instances;
  int views = 0;
  for (int step = 0; step < 3000; ++step) {
    const std::uint32_t dice = random.Below(100u);
    if (namespaces.empty() || dice < 2) {
      namespaces.push_back(world.Namespace("n" + std::to_string(step) + ".test", NamespaceType::kDnsPublic));
    } else if (services.empty() || dice < 8) {
      model::Service value =
          world.NewDnsService(namespaces[random.Below(namespaces.size())], "s" + std::to_string(step));
      value.custom_health = true;
      services.push_back(world.Create(value));
    } else {
      const model::ServiceId service = services[random.Below(services.size())];
      const std::string id = "i" + std::to_string(random.Below(200u));
      std::set<std::string>& there = instances[service.str()];
      if (dice < 65) {
        model::Attributes attributes{{"AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(random.Below(256u))}};
        if (random.Below(4u) == 0) attributes.Set("AWS_INIT_HEALTH_STATUS", "UNHEALTHY");
        attributes.Set("stage", random.Below(2u) == 0 ? "beta" : "prod");
        ASSERT_TRUE(world.Register(service, id, attributes).ok());
        there.insert(id);
      } else if (dice < 85) {
        EXPECT_EQ(world.Deregister(service, id).ok(), there.erase(id) == 1);
      } else if (dice < 97) {
        const auto state = random.Below(2u) == 0 ? model::HealthState::kHealthy : model::HealthState::kUnhealthy;
        EXPECT_EQ(world.Do(UpdateCustomHealth{service, id, state}).ok(), there.contains(id));
      } else if (dice < 98) {
        PutView put;
        put.value.namespace_id = namespaces[random.Below(namespaces.size())];
        put.value.name = "v" + std::to_string(random.Below(10u));
        put.value.service_id = service;
        put.value.filters = {{"stage", random.Below(2u) == 0 ? "beta" : "prod"}};
        const model::ServiceId other = services[random.Below(services.size())];
        if (other != service) put.value.fallback = other;
        ASSERT_TRUE(world.Do(put).ok());
        ++views;
      } else if (there.empty()) {
        ASSERT_TRUE(world.Do(DeleteService{service}).ok());
        std::erase(services, service);
      }
    }
    if (step % 300 != 299) continue;
    const std::string before = Dump(world.view());
    const auto serials = Serials(world.view());
    world.Restart();
    ASSERT_EQ(Dump(world.view()), before) << step;
    ExpectKept(serials, world.view());
  }
  EXPECT_GT(views, 10);
}

TEST(LoadTest, TheSerialSurvivesTheLastServicesDeletion) {
  World world;
  const auto id = world.Namespace("example.com", NamespaceType::kDnsPublic);
  const auto service = world.Create(world.NewDnsService(id, "a"));
  ASSERT_TRUE(world.Register(service, "i", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}).ok());
  ASSERT_TRUE(world.Deregister(service, "i").ok());
  const auto revision = world.State(service).instances_revision();
  ASSERT_TRUE(world.Do(DeleteService{service}).ok());
  const auto serial = world.view().FindNamespace(id)->serial();
  world.Restart();
  EXPECT_EQ(world.view().FindNamespace(id)->serial(), serial);
  const auto again = world.Create(world.NewDnsService(id, "a"));
  EXPECT_GT(world.State(again).instances_revision(), revision) << "made anew under the old name";
  EXPECT_GT(world.view().FindNamespace(id)->serial(), serial);
}

TEST(LoadTest, AnInstanceWithoutItsServiceStopsTheStart) {
  World world;
  store::Unit unit;
  model::Instance orphan;
  orphan.service_id = model::ServiceId::Draw(world.random);
  orphan.id = "lost";
  unit.writes.push_back({store::Write::Kind::kPut,
                         {store::Table::kInstance, store::InstanceKey(orphan.service_id, orphan.id)},
                         store::EncodeInstance(orphan)});
  world.registry().Stop();
  // The view must not see what it could not apply, so it is written behind its back.
  struct Nobody final : store::Feed {
    void Apply(const store::ChangeSet&) override {}
  } nobody;
  world.store().Follow(nobody);
  ASSERT_TRUE(world.store().Commit({&unit, 1}).ok());
  view::View view;
  const model::Status loaded = LoadView(world.store(), view, 2);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, model::Code::kCorrupt);
  EXPECT_NE(loaded.error().message.find("lost"), std::string::npos) << loaded.error().message;
  EXPECT_FALSE(view.ready());
}

}  // namespace
}  // namespace waypost::registry
