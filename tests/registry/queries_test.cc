// Views: named queries.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "registry/load.h"
#include "registry/world.h"
#include "waypost/store/record.h"

namespace waypost::registry {
namespace {

using model::Code;
using model::NamespaceType;

class QueriesTest : public ::testing::Test {
 protected:
  PutView Put(const std::string& name, std::optional<model::ServiceId> fallback = {}) const {
    return {{in, name, backend, {{"stage", "beta"}}, fallback, world.clock.now}};
  }
  const view::ServiceNode* Find(const std::string& name) { return world.view().FindService("kouzie.com", name); }
  std::uint32_t Serial() { return world.view().FindNamespace(in)->serial(); }
  std::size_t Count() {
    return world.view().ListNamedQueries([](const auto&) { return true; }).size();
  }

  World world;
  model::NamespaceId in = world.Namespace("kouzie.com", NamespaceType::kDnsPublic);
  model::ServiceId backend = world.Create(world.NewDnsService(in, "backend"));
  model::ServiceId spare = world.Create(world.NewDnsService(in, "spare"));
};

TEST_F(QueriesTest, ArePutReplacedAndDeleted) {
  ASSERT_TRUE(world.Register(backend, "b", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"stage", "beta"}}).ok());
  ASSERT_TRUE(world.Do(Put("beta.backend", spare)).ok());
  ASSERT_NE(Find("beta.backend"), nullptr);
  EXPECT_EQ(Find("beta.backend")->state().count(), 1u);
  PutView again = Put("Beta.backend");
  again.value.filters = {{"stage", "prod"}};
  ASSERT_TRUE(world.Do(again).ok());
  EXPECT_EQ(Count(), 1u) << "case does not make another";
  EXPECT_EQ(Find("beta.backend")->state().count(), 0u);
  EXPECT_EQ(world.view().GetNamedQuery(in, "beta.backend")->value, again.value);
  ASSERT_TRUE(world.Do(DeleteView{in, "BETA.backend"}).ok());
  EXPECT_EQ(Find("beta.backend"), nullptr);
  EXPECT_EQ(CodeOf(world.Do(DeleteView{in, "beta.backend"})), Code::kResourceNotFound);
}

TEST_F(QueriesTest, WhatCannotBePut) {
  PutView nowhere = Put("v");
  nowhere.value.namespace_id = model::NamespaceId::Draw(world.random);
  EXPECT_EQ(CodeOf(world.Do(nowhere)), Code::kNamespaceNotFound);
  PutView of_nothing = Put("v");
  of_nothing.value.service_id = model::ServiceId::Draw(world.random);
  EXPECT_EQ(CodeOf(world.Do(of_nothing)), Code::kServiceNotFound);
  EXPECT_EQ(CodeOf(world.Do(Put("v", model::ServiceId::Draw(world.random)))), Code::kServiceNotFound);
  EXPECT_EQ(CodeOf(world.Do(Put("v", backend))), Code::kInvalidInput) << "it falls back to itself";
  EXPECT_EQ(CodeOf(world.Do(Put("backend"))), Code::kInvalidInput) << "a service's name";
  EXPECT_EQ(CodeOf(world.Do(Put("BACKEND"))), Code::kInvalidInput);
  EXPECT_EQ(CodeOf(world.Do(Put("a..b"))), Code::kInvalidInput);
  model::Service srv = world.NewDnsService(in, "srv");
  srv.dns->records = {{model::RecordType::kSrv, 60}};
  const auto refused = world.Do(Put("v", world.Create(srv)));
  EXPECT_EQ(CodeOf(refused), Code::kInvalidInput);
  EXPECT_NE(refused.error().message.find("no A records"), std::string::npos) << refused.error().message;
  EXPECT_EQ(Count(), 0u);
}

TEST_F(QueriesTest, AServiceCannotTakeAViewsName) {
  ASSERT_TRUE(world.Do(Put("beta")).ok());
  for (const char* name : {"beta", "Beta"}) {
    EXPECT_EQ(CodeOf(world.Do(CreateService{world.NewDnsService(in, name)})), Code::kInvalidInput) << name;
  }
  ASSERT_TRUE(world.Do(DeleteView{in, "beta"}).ok());
  EXPECT_TRUE(world.Do(CreateService{world.NewDnsService(in, "beta")}).ok());
}

TEST_F(QueriesTest, GoWithTheirService) {
  ASSERT_TRUE(world.Do(Put("v", spare)).ok());
  PutView other = Put("w", backend);
  other.value.service_id = spare;
  ASSERT_TRUE(world.Do(other).ok());
  const std::uint32_t before = Serial();
  ASSERT_TRUE(world.Do(DeleteService{backend}).ok());
  EXPECT_EQ(Find("v"), nullptr);
  EXPECT_EQ(world.view().GetNamedQuery(in, "w")->value.fallback, std::nullopt);
  EXPECT_EQ(Find("w")->query()->fallback, nullptr);
  EXPECT_GT(Serial(), before);
  const std::uint32_t after = Serial();
  world.Restart();
  EXPECT_EQ(Count(), 1u);
  EXPECT_EQ(Serial(), after);
  ASSERT_TRUE(world.Do(DeleteService{spare}).ok());
  EXPECT_EQ(Count(), 0u);
}

TEST_F(QueriesTest, GoWithTheirNamespace) {
  const auto other = world.Namespace("example.net", NamespaceType::kDnsPublic);
  PutView put = Put("v");
  put.value.namespace_id = other;
  ASSERT_TRUE(world.Do(put).ok());
  EXPECT_NE(world.view().FindService("example.net", "v"), nullptr);
  ASSERT_TRUE(world.Do(DeleteNamespace{other, world.NewOperation()}).ok());
  EXPECT_EQ(Count(), 0u);
  world.Restart();
  EXPECT_EQ(Count(), 0u);
}

TEST_F(QueriesTest, AServiceHasAHundred) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(world.Do(Put("v" + std::to_string(i))).ok()) << i;
  EXPECT_EQ(CodeOf(world.Do(Put("v100"))), Code::kResourceLimitExceeded);
  EXPECT_TRUE(world.Do(Put("v99", spare)).ok()) << "one of them put anew";
}

TEST_F(QueriesTest, ARestartKeepsThem) {
  ASSERT_TRUE(world.Register(backend, "b", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"stage", "beta"}}).ok());
  ASSERT_TRUE(world.Do(Put("v", spare)).ok());
  ASSERT_TRUE(world.Deregister(backend, "b").ok());
  const model::Revision revision = Find("v")->instances_revision();
  const std::uint32_t serial = Serial();
  world.Restart();
  EXPECT_GE(Find("v")->instances_revision(), revision);
  EXPECT_EQ(Serial(), serial);
  ASSERT_TRUE(world.Register(spare, "s", {{"AWS_INSTANCE_IPV4", "10.0.0.2"}}).ok());
  EXPECT_EQ(Find("v")->Answering().count(), 1u);
  ASSERT_TRUE(world.Do(DeleteView{in, "v"}).ok());
  const std::uint32_t later = Serial();
  world.Restart();
  EXPECT_EQ(Count(), 0u);
  EXPECT_EQ(Serial(), later) << "the deletion counts";
}

TEST_F(QueriesTest, ListenersLearnOfThem) {
  struct Notes final : Listener {
    void Committed(model::Revision, std::span<const Event> events) override {
      for (const Event& event : events) {
        if (const auto* put = std::get_if<ViewPut>(&event)) text += "put " + put->value.name + "; ";
        if (const auto* erased = std::get_if<ViewErased>(&event)) {
          text += "erased " + erased->name + " of " + erased->service_id.str() + "; ";
        }
        if (std::holds_alternative<ServiceErased>(event)) text += "service erased; ";
      }
    }
    std::string text;
  } notes;
  world.registry().Stop();
  view::View view;
  Registry registry({}, world.store(), view, world.clock, telemetry::MakeSilentLog());
  registry.Listen(notes);
  ASSERT_TRUE(registry.Load().ok());
  const auto carry_out = [&](Change change) {
    std::promise<bool> done;
    registry.Submit({std::move(change), world.clock.now}, [&](const auto& result) { done.set_value(result.ok()); });
    EXPECT_TRUE(done.get_future().get());
  };
  carry_out(Put("Beta"));
  carry_out(DeleteService{backend});
  registry.Stop();
  EXPECT_EQ(notes.text, "put Beta; erased Beta of " + backend.str() + "; service erased; ");
}

/// Views that are being put race with the deletion of their service, of their fallback and with a service that takes
/// their name: whatever wins, what is stored can be loaded.
TEST_F(QueriesTest, RacesLeaveNoOrphan) {
  for (int round = 0; round < 30; ++round) {
    const std::string turn = std::to_string(round);
    const auto service = world.Create(world.NewDnsService(in, "s" + turn));
    const auto fallback = world.Create(world.NewDnsService(in, "f" + turn));
    std::atomic<int> same_name{0};
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
      PutView put = Put("v" + turn, fallback);
      put.value.service_id = service;
      if (world.Do(put).ok()) ++same_name;
    });
    threads.emplace_back([&] { EXPECT_TRUE(world.Do(DeleteService{round % 2 == 0 ? service : fallback}).ok()); });
    threads.emplace_back([&, value = world.NewDnsService(in, "v" + turn)] {
      if (world.Do(CreateService{value}).ok()) ++same_name;
    });
    for (std::thread& thread : threads) thread.join();
    EXPECT_GE(same_name, 1) << "somebody got the name, unless the view went before its service";
    for (const auto& info : world.view().ListNamedQueries([](const auto&) { return true; })) {
      EXPECT_NE(world.view().FindService(info.value.service_id), nullptr);
      EXPECT_TRUE(!info.value.fallback || world.view().FindService(*info.value.fallback) != nullptr);
    }
  }
  world.Restart();
}

TEST_F(QueriesTest, AViewWithoutItsServiceStopsTheStart) {
  store::Unit unit;
  const model::NamedQuery lost{in, "lost", model::ServiceId::Draw(world.random), {{"a", "b"}}, {}, {}};
  unit.writes.push_back({store::Write::Kind::kPut,
                         {store::Table::kView, store::NamedQueryKey(in, lost.name)},
                         store::EncodeNamedQuery(lost)});
  world.registry().Stop();
  struct Nobody final : store::Feed {
    void Apply(const store::ChangeSet&) override {}
  } nobody;
  world.store().Follow(nobody);
  ASSERT_TRUE(world.store().Commit({&unit, 1}).ok());
  view::View view;
  const model::Status loaded = LoadView(world.store(), view, 2);
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(loaded.error().message.find("lost"), std::string::npos) << loaded.error().message;
}

}  // namespace
}  // namespace waypost::registry
