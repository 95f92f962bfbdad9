#include "health/feed.h"

#include <gtest/gtest.h>

#include "health/notes.h"

namespace waypost::health {
namespace {

class FeedTest : public testing::Test {
 protected:
  FeedTest() {
    service.id = model::ServiceId::Draw(random);
    service.health_check = model::HealthCheck{};
  }
  std::vector<Note> Read(const registry::Event& event) {
    std::vector<Note> notes;
    feed.Read({&event, 1}, notes);
    return notes;
  }
  registry::InstancePut Put() {
    registry::InstancePut put;
    put.value.service_id = service.id;
    put.value.id = "a";
    return put;
  }
  bool Reported(model::HealthState state) {
    std::vector<Note> notes;
    feed.ReadReport(service.id, "a", state, notes);
    return !notes.empty();
  }

  model::Random random{1};
  Feed feed{model::CheckDefaults{}};
  model::Service service;
};

TEST_F(FeedTest, OnlyChangesOfThePlanAreTold) {
  auto notes = Read(service);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(std::get<PlanChanged>(notes[0]).plan->interval, std::chrono::seconds(10));
  service.description = "something else";
  EXPECT_TRUE(Read(service).empty());
  service.tags = {{"waypost:check-interval", "1s"}};
  notes = Read(service);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(std::get<PlanChanged>(notes[0]).plan->interval, std::chrono::seconds(1));
  service.health_check.reset();
  service.tags = {};
  notes = Read(service);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(std::get<PlanChanged>(notes[0]).plan, nullptr);
  EXPECT_TRUE(Read(service).empty());
  EXPECT_TRUE(Read(registry::ServiceErased{service.id}).empty());
}

TEST_F(FeedTest, InstancesOfUncheckedServicesCostNothing) {
  EXPECT_TRUE(Read(Put()).empty());
  EXPECT_TRUE(Read(registry::InstanceErased{service.id, "a"}).empty());
  (void)Read(service);
  EXPECT_EQ(Read(Put()).size(), 1U);
  EXPECT_EQ(Read(registry::InstanceErased{service.id, "a"}).size(), 1U);
  EXPECT_EQ(Read(registry::ServiceErased{service.id}).size(), 1U);
  EXPECT_TRUE(Read(Put()).empty());
}

TEST_F(FeedTest, ReportsConcernHeartbeatsOnly) {
  (void)Read(service);
  model::Transition transition;
  transition.service_id = service.id;
  EXPECT_TRUE(Read(transition).empty());
  EXPECT_FALSE(Reported(model::HealthState::kHealthy));
  service.tags = {{"waypost:check-kind", "heartbeat"}};
  (void)Read(service);
  EXPECT_EQ(Read(transition).size(), 1U);
  EXPECT_TRUE(Reported(model::HealthState::kHealthy));
  EXPECT_FALSE(Reported(model::HealthState::kUnhealthy));
}

TEST_F(FeedTest, EndingsAreFollowed) {
  model::Pin pin;
  pin.service_id = service.id;
  pin.instance_id = "a";
  pin.until = {77};
  auto notes = Read(pin);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(std::get<EndingPut>(notes[0]).ending, Ending(PinOf{service.id, "a"}));
  EXPECT_EQ(std::get<EndingPut>(notes[0]).until, model::Timestamp{77});
  notes = Read(registry::HoldErased{service.id});
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(std::get<EndingErased>(notes[0]).ending, Ending(HoldOf{service.id}));
  notes = Read(registry::ShiftErased{"eu"});
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(std::get<EndingErased>(notes[0]).ending, Ending(ShiftOf{"eu"}));
}

TEST(NotesTest, ABurstWakesOnce) {
  int woken = 0;
  Notes notes([&] { ++woken; });
  const auto push = [&] { notes.Push([](std::vector<Note>& to) { to.emplace_back(Beaten{}); }); };
  notes.Push([](std::vector<Note>&) {});
  EXPECT_EQ(woken, 0);
  push();
  push();
  EXPECT_EQ(woken, 1);
  std::vector<Note> taken;
  notes.Take(taken);
  EXPECT_EQ(taken.size(), 2U);
  push();
  EXPECT_EQ(woken, 2);
  notes.Close();
  push();
  notes.Take(taken);
  EXPECT_TRUE(taken.empty());
}

}  // namespace
}  // namespace waypost::health
