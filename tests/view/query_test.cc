// Views: named queries.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "view/builders.h"
#include "waypost/view/discovery.h"
#include "waypost/view/selection.h"

namespace waypost::view {
namespace {

std::string Wire(const std::string& name) { return std::string(model::OwnerName::Parse(name).value().wire()); }

const ServiceNode* ByName(const View& view, const std::string& name) {
  const std::string wire = Wire(name);
  return view.FindName(wire, view.HashName(wire), nullptr);
}

std::set<std::string> Served(const ServiceState& state) {
  std::set<std::string> ids;
  for (const MemberStanding& standing : Explain(state, 0).members) {
    if (standing.in_dns) ids.insert(std::string(state.answering().member(standing.index).id()));
  }
  return ids;
}

using Ids = std::set<std::string>;

class QueryTest : public ::testing::Test {
 protected:
  model::NamedQuery Put(const std::string& name, const model::Service& service, model::Attributes filters,
                        std::optional<model::ServiceId> fallback = {}) {
    model::NamedQuery query{in.id, name, service.id, std::move(filters), fallback, {}};
    Edit(world.view).PutNamedQuery(query, ++revision);
    return query;
  }
  void Register(const model::Service& service, const std::string& id, model::Attributes more) {
    more.Set("AWS_INSTANCE_IPV4", "10.0.0.1");
    world.Register(service, id, std::move(more), ++revision);
  }
  void Flip(const model::Service& service, const std::string& id, model::HealthState state) {
    Edit(world.view).SetHealth(service.id, id, state, ++revision);
  }
  const ServiceNode& Node(const std::string& name) { return *ByName(world.view, name); }

  World world;
  model::Namespace in = world.AddNamespace("kouzie.com", model::NamespaceType::kDnsPublic, 1);
  model::Service backend = world.AddService(in, "backend", 2, true);
  model::Service spare = world.AddService(in, "spare", 3, true);
  model::Revision revision = 3;
};

TEST_F(QueryTest, AnswersUnderItsOwnName) {
  Register(backend, "old", {{"stage", "beta"}});
  Put("Beta.backend", backend, {{"stage", "beta"}});
  Register(backend, "new", {{"stage", "beta"}});
  Register(backend, "other", {{"stage", "prod"}});
  const ServiceNode& view = Node("beta.backend.kouzie.com");
  EXPECT_EQ(world.view.FindService("kouzie.com", "beta.backend"), &view);
  EXPECT_EQ(world.view.FindServiceByText("beta.backend.kouzie.com"), &view);
  EXPECT_EQ(Served(view.Answering()), (Ids{"old", "new"}));
  EXPECT_EQ(view.id(), backend.id);
  EXPECT_EQ(view.owner_wire(), Wire("beta.backend.kouzie.com"));
  EXPECT_EQ(view.state().ttl(model::RecordType::kA), 60u);
  EXPECT_TRUE(world.view.HasNamesBelow(Wire("backend.kouzie.com")));
  model::Random random(1);
  DiscoverScratch scratch;
  std::string json;
  Discover(view.Answering(), {}, random, scratch, json);
  EXPECT_NE(json.find(R"("NamespaceName":"kouzie.com","ServiceName":"Beta.backend")"), std::string::npos) << json;
}

TEST_F(QueryTest, IsNoService) {
  Register(backend, "i", {{"stage", "beta"}});
  Put("beta", backend, {{"stage", "beta"}});
  EXPECT_EQ(world.view.service_count(), 2u);
  EXPECT_EQ(world.view.instance_count(), 1u);
  EXPECT_EQ(world.view.ListServices(in.id, std::nullopt, 10).size(), 2u);
  EXPECT_EQ(world.view.FindService(backend.id)->query(), nullptr);
}

TEST_F(QueryTest, AllFiltersMustMatchExactly) {
  Put("v", backend, {{"stage", "beta"}, {"zone", "a"}});
  Register(backend, "both", {{"stage", "beta"}, {"zone", "a"}, {"more", "x"}});
  Register(backend, "one", {{"stage", "beta"}});
  Register(backend, "case", {{"stage", "Beta"}, {"zone", "a"}});
  EXPECT_EQ(Served(Node("v.kouzie.com").state()), Ids{"both"});
  Register(backend, "one", {{"stage", "beta"}, {"zone", "a"}});
  Register(backend, "both", {{"stage", "beta"}, {"zone", "b"}});
  EXPECT_EQ(Served(Node("v.kouzie.com").state()), Ids{"one"});
}

TEST_F(QueryTest, HealthIsAsTheServices) {
  Put("v", backend, {{"stage", "beta"}});
  for (const char* id : {"1", "2", "3"}) Register(backend, id, {{"stage", *id == '3' ? "prod" : "beta"}});
  Flip(backend, "1", model::HealthState::kUnhealthy);
  EXPECT_EQ(Served(Node("v.kouzie.com").state()), Ids{"2"});
  Flip(backend, "2", model::HealthState::kUnhealthy);
  EXPECT_EQ(Served(Node("v.kouzie.com").state()), (Ids{"1", "2"})) << "none healthy: all of the view's";
  EXPECT_EQ(Served(Node("backend.kouzie.com").state()), Ids{"3"});
  Edit(world.view).SetPin(backend.id, "1", model::PinState::kHealthy, ++revision);
  EXPECT_EQ(Served(Node("v.kouzie.com").state()), Ids{"1"});
  // A pin outlives a registration that only now matches.
  Edit(world.view).SetPin(backend.id, "3", model::PinState::kUnhealthy, ++revision);
  Register(backend, "3", {{"stage", "beta"}});
  const ServiceState& state = Node("v.kouzie.com").state();
  EXPECT_EQ(state.chunk(0).pin(state.Find("3")), model::PinState::kUnhealthy);
  EXPECT_EQ(Served(state), Ids{"1"});
}

TEST_F(QueryTest, FallsBackWhileNoneIsServed) {
  Put("v", backend, {{"stage", "beta"}}, spare.id);
  Register(spare, "s", {{"x", "y"}});
  const ServiceNode& view = Node("v.kouzie.com");
  EXPECT_EQ(Served(view.Answering()), Ids{"s"}) << "no member at all";
  Register(backend, "b", {{"stage", "beta"}});
  EXPECT_EQ(Served(view.Answering()), Ids{"b"});
  Flip(backend, "b", model::HealthState::kUnhealthy);
  EXPECT_EQ(Served(view.Answering()), Ids{"s"});
  Flip(spare, "s", model::HealthState::kUnhealthy);
  EXPECT_EQ(Served(view.Answering()), Ids{"b"}) << "nobody there either: its own, as if all were healthy";
  Flip(spare, "s", model::HealthState::kHealthy);
  Flip(backend, "b", model::HealthState::kHealthy);
  EXPECT_EQ(Served(view.Answering()), Ids{"b"});
}

TEST_F(QueryTest, AFallbackWithoutItsRecordsDoesNotAnswer) {
  const auto api_only = world.AddService(world.AddNamespace("shared", model::NamespaceType::kHttp, 4), "s", 5);
  Put("v", backend, {{"stage", "beta"}}, api_only.id);
  Register(api_only, "s", {{"x", "y"}});
  EXPECT_EQ(&Node("v.kouzie.com").Answering(), &Node("v.kouzie.com").state());
}

TEST_F(QueryTest, RevisionsFollowWhatMayBeAnswered) {
  Put("v", backend, {{"stage", "beta"}}, spare.id);
  const ServiceNode& view = Node("v.kouzie.com");
  EXPECT_EQ(view.state().instances_revision(), revision);
  const model::Revision before = revision;
  Register(backend, "other", {{"stage", "prod"}});
  EXPECT_EQ(view.instances_revision(), before) << "none of its members";
  EXPECT_EQ(view.last_change(), before);
  Register(backend, "b", {{"stage", "beta"}});
  EXPECT_EQ(view.instances_revision(), revision);
  Flip(backend, "b", model::HealthState::kUnhealthy);
  EXPECT_EQ(view.instances_revision(), revision - 1) << "health does not count";
  EXPECT_EQ(view.last_change(), revision);
  Register(spare, "s", {{"x", "y"}});
  EXPECT_EQ(view.instances_revision(), revision) << "the fallback's instances may be answered";
  EXPECT_EQ(view.last_change(), revision);
}

TEST_F(QueryTest, TheSerialOfItsOwnZoneRises) {
  const auto other = world.AddNamespace("example.net", model::NamespaceType::kDnsPublic, 4);
  model::NamedQuery query{other.id, "v", backend.id, {{"stage", "beta"}}, spare.id, {}};
  Edit(world.view).PutNamedQuery(query, revision = 10);
  const NamespaceNode* zone = world.view.FindNamespace(other.id);
  EXPECT_EQ(zone->serial(), 10u);
  Register(backend, "b", {{"stage", "beta"}});
  EXPECT_EQ(zone->serial(), revision);
  Register(spare, "s", {{"x", "y"}});
  EXPECT_EQ(zone->serial(), revision);
  Edit(world.view).EraseNamedQuery(other.id, "V", ++revision);
  EXPECT_EQ(zone->serial(), revision);
  EXPECT_EQ(ByName(world.view, "v.example.net"), nullptr);
}

TEST_F(QueryTest, PutAnewReplaces) {
  Register(backend, "b", {{"stage", "beta"}});
  Register(spare, "s", {{"stage", "beta"}});
  Put("v", backend, {{"stage", "beta"}}, spare.id);
  Put("V", spare, {{"stage", "beta"}});
  EXPECT_EQ(Served(Node("v.kouzie.com").Answering()), Ids{"s"});
  EXPECT_EQ(world.view.GetNamedQuery(in.id, "v")->value.name, "V");
  EXPECT_EQ(world.view.ListNamedQueries([](const auto&) { return true; }).size(), 1u);
  Edit(world.view).EraseInstance(backend.id, "b", ++revision);
  Edit(world.view).EraseService(backend.id, ++revision);  // nothing leans on it any more
  Edit(world.view).EraseNamedQuery(in.id, "v", ++revision);
  EXPECT_EQ(ByName(world.view, "v.kouzie.com"), nullptr);
  EXPECT_EQ(world.view.FindService("kouzie.com", "V"), nullptr);
  EXPECT_EQ(world.view.GetNamedQuery(in.id, "v"), std::nullopt);
}

TEST_F(QueryTest, FollowsItsServicesConfiguration) {
  Put("v", backend, {{"stage", "beta"}});
  Register(backend, "b", {{"stage", "beta"}});
  backend.dns->records[0].ttl = 5;
  backend.tags = {{"waypost:answer-limit", "3"}};
  Edit(world.view).PutService(backend, ++revision);
  EXPECT_EQ(Node("v.kouzie.com").state().ttl(model::RecordType::kA), 5u);
  EXPECT_EQ(Node("v.kouzie.com").state().answer_limit(), 3u);
  EXPECT_EQ(Node("v.kouzie.com").last_change(), revision);
  backend.dns.reset();
  Edit(world.view).PutService(backend, ++revision);
  EXPECT_EQ(ByName(world.view, "v.kouzie.com"), nullptr) << "no records any more";
  EXPECT_NE(world.view.FindService("kouzie.com", "v"), nullptr);
}

TEST_F(QueryTest, PutAnewItMayEnterAndLeaveDns) {
  auto api_only = world.AddService(in, "api", 4);
  api_only.dns.reset();
  Edit(world.view).PutService(api_only, ++revision);
  const auto names_below = [&] { return world.view.HasNamesBelow(Wire("backend.kouzie.com")); };
  Put("v.backend", api_only, {{"stage", "beta"}});
  EXPECT_EQ(ByName(world.view, "v.backend.kouzie.com"), nullptr);
  EXPECT_FALSE(names_below());
  for (int round = 0; round < 3; ++round) {
    Put("v.backend", backend, {{"stage", "beta"}});
    EXPECT_EQ(ByName(world.view, "v.backend.kouzie.com"), world.view.FindService("kouzie.com", "v.backend"));
    EXPECT_TRUE(names_below());
    Put("v.backend", backend, {{"stage", "prod"}});
    EXPECT_TRUE(names_below());
    Put("v.backend", api_only, {{"stage", "beta"}});
    EXPECT_EQ(ByName(world.view, "v.backend.kouzie.com"), nullptr);
    EXPECT_FALSE(names_below());
  }
}

TEST_F(QueryTest, HoldsTheLastGoodOneIfItWasItsOwn) {
  Put("beta", backend, {{"stage", "beta"}});
  Put("prod", backend, {{"stage", "prod"}});
  Register(backend, "b", {{"stage", "beta"}});
  model::Hold hold{World::MakeInstance(backend.id, "b", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"stage", "beta"}}),
                   model::HealthState::kHealthy,
                   {1}};
  {
    Edit edit(world.view);
    edit.EraseInstance(backend.id, "b", ++revision);
    edit.SetHold(backend.id, &hold, revision);
  }
  EXPECT_EQ(Served(Node("beta.kouzie.com").Answering()), Ids{"b"});
  EXPECT_EQ(Node("prod.kouzie.com").Answering().count(), 0u);
  Put("late", backend, {{"stage", "beta"}});
  EXPECT_EQ(Served(Node("late.kouzie.com").Answering()), Ids{"b"}) << "a view that is put while it is held";
  Register(backend, "p", {{"stage", "prod"}});
  EXPECT_EQ(Node("beta.kouzie.com").Answering().count(), 0u) << "the service has members again";
  Edit(world.view).EraseInstance(backend.id, "p", ++revision);
  Edit(world.view).SetHold(backend.id, &hold, ++revision);
  Edit(world.view).SetHold(backend.id, nullptr, ++revision);
  EXPECT_EQ(Node("beta.kouzie.com").Answering().count(), 0u);
}

/// All that a state says of its members, by id, and of itself.
std::string Dump(const ServiceState& state) {
  std::map<std::string, std::string> lines;
  for (std::uint32_t i = 0; i < state.count(); ++i) {
    const Chunk& chunk = state.chunk(i / 64);
    const std::uint32_t at = i % 64;
    const auto bit = [at](std::uint64_t word) { return (word >> at & 1) != 0 ? "1" : "0"; };
    std::string& line = lines[std::string(chunk.member(at).id())];
    line += std::string(chunk.member(at).discovery_json()) + " served " + bit(chunk.served());
    line += std::string(" everyone ") + bit(chunk.everyone()) + " shifted " + bit(chunk.shifted());
    line += std::string(" health ") + std::string(model::HealthStateName(chunk.health(at))) + " measured ";
    line += model::HealthStateName(chunk.measured(at));
    line += " pin " + std::to_string(chunk.pin(at) ? static_cast<int>(*chunk.pin(at)) : -1);
    line += state.Find(chunk.member(at).id()) == i ? "" : " LOST";
    line += std::string(" stage ") + bit(chunk.WithAttribute(AttributeHash("stage", "beta")));
  }
  std::string text = "served " + std::to_string(state.served_count()) + "\n";
  for (const auto& [id, line] : lines) text += line + "\n";
  return text;
}

/// One random change of a service with up to 200 instances.
void Step(World& world, const model::Service& service, model::Random& random, model::Revision revision,
          std::map<std::string, std::string>& stages) {
  const std::string id = "i" + std::to_string(random.Below(200u));
  const bool there = stages.contains(id);
  const std::uint32_t dice = random.Below(100u);
  Edit edit(world.view);
  if (dice < 45) {
    const std::string stage = random.Below(3u) == 0 ? "prod" : "beta";
    model::Attributes attributes{{"stage", stage}, {"AVAILABILITY_ZONE", "z" + std::to_string(random.Below(3u))}};
    if (random.Below(40u) == 0) attributes.Set("WAYPOST_PRIORITY", "1");
    std::optional<model::HealthState> health;
    if (random.Below(3u) == 0) health = model::HealthState::kUnhealthy;
    edit.PutInstance(World::MakeInstance(service.id, id, attributes), health, revision);
    stages[id] = stage;
  } else if (dice < 60) {
    if (there) edit.EraseInstance(service.id, id, revision);
    stages.erase(id);
  } else if (dice < 85) {
    const auto state = random.Below(2u) == 0 ? model::HealthState::kHealthy : model::HealthState::kUnhealthy;
    if (there) edit.SetHealth(service.id, id, state, revision);
  } else if (dice < 95) {
    const std::uint32_t pin = random.Below(4u);
    edit.SetPin(service.id, id, pin == 3 ? std::nullopt : std::optional(static_cast<model::PinState>(pin)), revision);
  } else {
    edit.SetShifted("z" + std::to_string(random.Below(3u)), random.Below(2u) == 0, revision);
  }
}

/// Kept step by step, a view is what it would be if it were made now, and has whom it should have.
TEST(QueryModelTest, KeptIsAsMadeAnew) {
  for (const char* tags : {"", "0.5"}) {
    World fresh;
    const auto home = fresh.AddNamespace("kouzie.com", model::NamespaceType::kDnsPublic, 1);
    auto service = fresh.AddService(home, "s", 2, true);
    if (*tags != 0) service.tags = {{"waypost:protect", tags}};
    Edit(fresh.view).PutService(service, 2);
    const model::NamedQuery query{home.id, "beta", service.id, {{"stage", "beta"}}, {}, {}};
    Edit(fresh.view).PutNamedQuery(query, 3);
    model::NamedQuery probe = query;
    probe.name = "probe";
    std::map<std::string, std::string> stages;
    model::Random random(31);
    for (model::Revision revision = 4; revision < 4000; ++revision) {
      Step(fresh, service, random, revision, stages);
      const ServiceNode* view = ByName(fresh.view, "beta.kouzie.com");
      const auto wanted = std::count_if(stages.begin(), stages.end(), [](const auto& s) { return s.second == "beta"; });
      ASSERT_EQ(view->state().count(), static_cast<std::size_t>(wanted)) << revision;
      if (revision % 7 != 0) continue;
      Edit(fresh.view).PutNamedQuery(probe, revision);
      ASSERT_EQ(Dump(view->state()), Dump(ByName(fresh.view, "probe.kouzie.com")->state())) << revision;
      Edit(fresh.view).EraseNamedQuery(home.id, "probe", revision);
    }
  }
}

}  // namespace
}  // namespace waypost::view
