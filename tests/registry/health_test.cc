// Health as the registry keeps it: checked, reported, pinned, shifted, held; through restarts.
#include <gtest/gtest.h>

#include "registry/world.h"
#include "waypost/view/edit.h"

namespace waypost::registry {
namespace {

using model::HealthState;
using model::PinState;

/// Collects what a listener hears.
struct Heard final : Listener {
  void Committed(model::Revision revision, std::span<const Event> batch) override {
    EXPECT_GT(revision, last);
    last = revision;
    events.insert(events.end(), batch.begin(), batch.end());
  }
  void Reported(const model::ServiceId&, const std::string& instance, HealthState) override {
    reports.push_back(instance);
  }
  template <class T>
  std::vector<T> Of() const {
    std::vector<T> found;
    for (const Event& event : events) {
      if (const auto* value = std::get_if<T>(&event)) found.push_back(*value);
    }
    return found;
  }
  model::Revision last = 0;
  std::vector<Event> events;
  std::vector<std::string> reports;
};

class RegistryHealthTest : public ::testing::Test {
 protected:
  model::ServiceId MakeService(model::Tags tags, bool custom) {
    model::Service value = world_.NewDnsService(in_, "s");
    value.custom_health = custom;
    value.tags = std::move(tags);
    return world_.Create(std::move(value));
  }
  void Register(const std::string& id, model::Attributes more = {}) {
    more.Set("AWS_INSTANCE_IPV4", "10.0.0.1");
    const auto done = world_.Register(service_, id, std::move(more));
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  HealthState Shown(const std::string& id) {
    const view::ServiceState& state = world_.State(service_);
    const std::uint32_t index = state.Find(id);
    return state.chunk(index / 64).health(index % 64);
  }
  model::Revision Registration(const std::string& id) {
    const view::ServiceState& state = world_.State(service_);
    return state.member(state.Find(id)).revision();
  }
  /// As the checker does: the view at once, then the record.
  void Check(const std::string& id, HealthState from, HealthState to, std::uint32_t keep = 0) {
    const model::Revision registration = Registration(id);
    ASSERT_TRUE(view::Edit(world_.view()).SetChecked(service_, id, registration, to));
    RecordChecks record;
    record.checks.push_back({{service_, id, world_.clock.now, from, to, "connect: refused", 120}, registration, keep});
    ASSERT_TRUE(world_.Do(std::move(record)).ok());
    world_.clock.now.ms += 10;
  }
  model::Result<Receipt> Pin(const std::string& id, PinState state, std::int64_t ms) {
    const model::Timestamp now = world_.clock.now;
    return world_.Do(PinHealth{{service_, id, state, now, {now.ms + ms}}});
  }
  std::vector<std::string> History(const std::string& id) {
    std::vector<std::string> lines;
    const auto rows = world_.registry().GetHistory(service_, id, 1000);
    for (const auto& row : rows.value()) {
      lines.push_back(std::string(model::HealthStateName(row.from)) + ">" +
                      std::string(model::HealthStateName(row.to)) + " " + row.cause);
    }
    return lines;
  }

  World world_;
  model::NamespaceId in_ = world_.Namespace("example.com", model::NamespaceType::kDnsPublic);
  model::ServiceId service_;
};

TEST_F(RegistryHealthTest, ChecksAreKeptWithTheirCauseThroughARestart) {
  service_ = MakeService({{"waypost:check-kind", "tcp"}}, false);
  Register("a", {{"AWS_INSTANCE_PORT", "80"}});
  EXPECT_EQ(HealthState::kUnknown, Shown("a"));
  Check("a", HealthState::kUnknown, HealthState::kUnhealthy);
  const model::Revision before = world_.view().FindService(service_)->last_change();
  world_.Restart();
  EXPECT_EQ(HealthState::kUnhealthy, Shown("a"));
  EXPECT_EQ(before, world_.view().FindService(service_)->last_change());
  EXPECT_EQ(History("a"), std::vector<std::string>{"UNKNOWN>UNHEALTHY connect: refused"});
  const auto record = world_.registry().GetHealth(service_, "a").value();
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->cause, "connect: refused");
  EXPECT_TRUE(record->checked);
  EXPECT_LT(world_.State(service_).instances_revision(), before) << "health is no registration";
}

TEST_F(RegistryHealthTest, ACheckOfAnOlderRegistrationIsNotWritten) {
  service_ = MakeService({{"waypost:check-kind", "tcp"}}, false);
  Register("a");
  const model::Revision old = Registration("a");
  Register("a");
  RecordChecks record;
  record.checks.push_back(
      {{service_, "a", world_.clock.now, HealthState::kUnknown, HealthState::kUnhealthy, "x", {}}, old, 0});
  record.checks.push_back(
      {{service_, "gone", world_.clock.now, HealthState::kUnknown, HealthState::kHealthy, "x", {}}, old, 0});
  EXPECT_TRUE(world_.Do(std::move(record)).ok());
  EXPECT_TRUE(History("a").empty());
  EXPECT_FALSE(world_.registry().GetHealth(service_, "a").value().has_value());
}

TEST_F(RegistryHealthTest, HistoryIsBounded) {
  service_ = MakeService({{"waypost:check-kind", "tcp"}}, false);
  Register("a");
  Register("a/b");  // whose rows are another's, though its id begins alike
  Check("a/b", HealthState::kUnknown, HealthState::kHealthy);
  for (int i = 0; i < 12; ++i) {
    Check("a", i % 2 == 0 ? HealthState::kHealthy : HealthState::kUnhealthy,
          i % 2 == 0 ? HealthState::kUnhealthy : HealthState::kHealthy, i == 11 ? 5 : 0);
  }
  EXPECT_EQ(5u, History("a").size());
  EXPECT_EQ("UNHEALTHY>HEALTHY connect: refused", History("a").back());
  EXPECT_EQ(1u, History("a/b").size());
  EXPECT_EQ(6u, world_.registry().GetHistory(service_, "", 1000)->size());
  EXPECT_EQ(2u, world_.registry().GetHistory(service_, "", 2)->size());
}

TEST_F(RegistryHealthTest, ReportsAreToldAndLeaveHistoryOnlyWhenSomethingChanges) {
  service_ = MakeService({}, true);
  Register("a");
  EXPECT_TRUE(world_.Do(UpdateCustomHealth{service_, "a", HealthState::kUnhealthy}).ok());
  EXPECT_TRUE(world_.Do(UpdateCustomHealth{service_, "a", HealthState::kUnhealthy}).ok());
  EXPECT_EQ(History("a"), std::vector<std::string>{"HEALTHY>UNHEALTHY reported by UpdateInstanceCustomHealthStatus"});
}

TEST_F(RegistryHealthTest, HeartbeatServicesTakeReportsWithoutCustomHealth) {
  service_ = MakeService({{"waypost:check-kind", "heartbeat"}}, false);
  Register("a");
  EXPECT_TRUE(world_.Do(UpdateCustomHealth{service_, "a", HealthState::kHealthy, "heartbeat"}).ok());
  EXPECT_EQ(History("a"), std::vector<std::string>{"UNKNOWN>HEALTHY heartbeat"});
  const auto checked = world_.Do(TagResource{service_, {{"waypost:check-kind", "tcp"}}});
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(model::Code::kCustomHealthNotFound, CodeOf(world_.Do(UpdateCustomHealth{service_, "a"})));
  EXPECT_EQ(HealthState::kUnknown, Shown("a")) << "its health comes from elsewhere now";
  world_.Restart();
  EXPECT_EQ(HealthState::kUnknown, Shown("a"));
}

TEST_F(RegistryHealthTest, WhatWasStoredOfOtherChecksIsForgotten) {
  service_ = MakeService({{"waypost:check-kind", "tcp"}}, false);
  Register("a");
  Check("a", HealthState::kUnknown, HealthState::kUnhealthy);
  ASSERT_TRUE(world_.Do(UntagResource{service_, {"waypost:check-kind"}}).ok());
  EXPECT_EQ(HealthState::kUnknown, Shown("a"));
  world_.Restart();
  EXPECT_EQ(HealthState::kUnknown, Shown("a")) << "nobody checks any more, so nothing would ever bring it back";
  EXPECT_FALSE(world_.registry().GetHealth(service_, "a").value().has_value());
}

TEST_F(RegistryHealthTest, PinsAreVisibleSurviveARestartAndEndByTheirTime) {
  service_ = MakeService({}, true);
  Register("a");
  ASSERT_TRUE(Pin("a", PinState::kUnhealthy, 30'000).ok());
  EXPECT_EQ(HealthState::kUnhealthy, Shown("a"));
  world_.Restart();
  EXPECT_EQ(HealthState::kUnhealthy, Shown("a"));
  ASSERT_EQ(1u, world_.registry().GetPins()->size());
  const model::Timestamp until = world_.registry().GetPins()->front().until;
  EXPECT_TRUE(world_.Do(UnpinHealth{service_, "a", model::Timestamp{until.ms - 1}}).ok());
  EXPECT_EQ(HealthState::kUnhealthy, Shown("a")) << "prolonged since";
  EXPECT_TRUE(world_.Do(UnpinHealth{service_, "a", until}).ok());
  EXPECT_EQ(HealthState::kHealthy, Shown("a"));
  EXPECT_EQ(History("a"), (std::vector<std::string>{"HEALTHY>UNHEALTHY pinned unhealthy for 30s",
                                                    "UNHEALTHY>HEALTHY no longer pinned: its time is over"}));
  EXPECT_TRUE(world_.Do(UnpinHealth{service_, "a", {}}).ok());
  EXPECT_TRUE(world_.registry().GetPins()->empty());
}

TEST_F(RegistryHealthTest, PinsHaveBoundsAndGoWithTheirInstance) {
  service_ = MakeService({}, true);
  Register("a");
  EXPECT_EQ(model::Code::kInvalidInput, CodeOf(Pin("a", PinState::kHealthy, 0)));
  EXPECT_EQ(model::Code::kInvalidInput, CodeOf(Pin("a", PinState::kHealthy, model::kMaxPinned.count() + 1)));
  EXPECT_TRUE(Pin("a", PinState::kHealthy, model::kMaxPinned.count()).ok());
  EXPECT_EQ(model::Code::kInstanceNotFound, CodeOf(Pin("b", PinState::kHealthy, 10)));
  Register("a");
  EXPECT_EQ(1u, world_.registry().GetPins()->size()) << "a new registration leaves it";
  EXPECT_TRUE(world_.Deregister(service_, "a").ok());
  EXPECT_TRUE(world_.registry().GetPins()->empty());
}

TEST_F(RegistryHealthTest, ShiftsSurviveARestart) {
  service_ = MakeService({}, true);
  Register("a", {{"AVAILABILITY_ZONE", "z1"}});
  Register("b", {{"AVAILABILITY_ZONE", "z2"}});
  const model::Timestamp now = world_.clock.now;
  ASSERT_TRUE(world_.Do(ShiftZone{{"z1", now, {now.ms + 1000}}}).ok());
  EXPECT_EQ(1u, world_.State(service_).served_count());
  world_.Restart();
  EXPECT_EQ(1u, world_.State(service_).served_count());
  EXPECT_EQ(1u, world_.registry().GetShifts()->size());
  ASSERT_TRUE(world_.Do(EndShift{"z1", now}).ok());
  EXPECT_EQ(1u, world_.State(service_).served_count()) << "not over yet";
  ASSERT_TRUE(world_.Do(EndShift{"z1", {}}).ok());
  EXPECT_EQ(2u, world_.State(service_).served_count());
  EXPECT_EQ(model::Code::kInvalidInput, CodeOf(world_.Do(ShiftZone{{"", now, {now.ms + 1000}}})));
}

TEST_F(RegistryHealthTest, TheLastGoodInstanceIsHeldThroughARestart) {
  service_ = MakeService({{"waypost:hold-last", "1m"}}, true);
  Register("a");
  Register("b");
  ASSERT_TRUE(world_.Deregister(service_, "a").ok());
  EXPECT_EQ(nullptr, world_.State(service_).held());
  ASSERT_TRUE(world_.Deregister(service_, "b").ok());
  ASSERT_NE(nullptr, world_.State(service_).held());
  world_.Restart();
  ASSERT_NE(nullptr, world_.State(service_).held());
  EXPECT_EQ("b", world_.State(service_).held()->member(0).id());
  ASSERT_EQ(1u, world_.registry().GetHolds()->size());
  EXPECT_EQ(world_.clock.now.ms + 60'000, world_.registry().GetHolds()->front().value.until.ms);
  ASSERT_TRUE(world_.Do(EndHold{service_, {world_.clock.now.ms + 60'000}}).ok());
  EXPECT_EQ(nullptr, world_.State(service_).held());
  Register("c");
  ASSERT_TRUE(world_.Deregister(service_, "c").ok());
  Register("d");
  EXPECT_TRUE(world_.registry().GetHolds()->empty()) << "another one is there";
}

TEST(RegistryListenerTest, HearsEveryChangeOnceInOrder) {
  testing::TemporaryDirectory directory;
  TestClock clock;
  const telemetry::Log log = telemetry::MakeSilentLog();
  auto store = std::move(store::OpenRocksStore({.directory = directory / "data"}, clock, log)).value();
  view::View view;
  Heard heard;
  Registry registry({}, *store, view, clock, log);
  registry.Listen(heard);
  ASSERT_TRUE(registry.Load().ok());
  const auto run = [&](Change change) {
    std::promise<model::Result<Receipt>> promise;
    registry.Submit({std::move(change), clock.now},
                    [&](model::Result<Receipt> result) { promise.set_value(std::move(result)); });
    const auto result = promise.get_future().get();
    ASSERT_TRUE(result.ok()) << result.error().message;
  };
  model::Random random(3);
  CreateNamespace made;
  made.value.id = model::NamespaceId::Draw(random);
  made.value.type = model::NamespaceType::kHttp;
  made.value.name = made.value.http_name = "apps";
  made.operation = {model::DrawOperationId(random), false};
  run(made);
  model::Service service;
  service.id = model::ServiceId::Draw(random);
  service.namespace_id = made.value.id;
  service.name = "s";
  service.custom_health = true;
  run(CreateService{service});
  model::Instance instance{service.id, "a", {}, {{"k", "v"}}, {}};
  run(RegisterInstance{instance, {model::DrawOperationId(random), false}});
  run(UpdateCustomHealth{service.id, "a", HealthState::kHealthy});
  run(UpdateCustomHealth{service.id, "a", HealthState::kUnhealthy});
  run(PinHealth{{service.id, "a", PinState::kHealthy, clock.now, {clock.now.ms + 5}}});
  run(UnpinHealth{service.id, "a", {}});
  run(DeregisterInstance{service.id, "a", {model::DrawOperationId(random), false}});
  run(DeleteService{service.id});
  run(DeleteNamespace{made.value.id, {model::DrawOperationId(random), false}});
  registry.Stop();
  EXPECT_EQ(heard.reports, (std::vector<std::string>{"a", "a"}));
  ASSERT_EQ(heard.Of<InstancePut>().size(), 1u);
  EXPECT_EQ(heard.Of<InstancePut>()[0].value.attributes, instance.attributes);
  EXPECT_EQ(heard.Of<model::Transition>().size(), 3u);
  EXPECT_EQ(heard.Of<model::Pin>().size(), 1u);
  EXPECT_EQ(heard.Of<PinErased>().size(), 1u);
  EXPECT_EQ(heard.Of<InstanceErased>().size(), 1u);
  EXPECT_EQ(heard.Of<ServiceErased>().size(), 1u);
  EXPECT_EQ(heard.Of<NamespaceErased>().size(), 1u);
}

}  // namespace
}  // namespace waypost::registry
