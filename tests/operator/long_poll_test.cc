#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "operator/watch_world.h"

namespace waypost::oper {
namespace {

using http::Eventually;

/// A poll that is under way.
class Poll {
 public:
  Poll(const WatchWorld& world, const std::string& path) : client_(world.running.address) {
    client_.Send("GET /v1/discover/" + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  http::Answer Answered() {
    const auto answer = client_.Read();
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(http::Answer());
  }
  bool Silent() { return !client_.ClosedWithin(std::chrono::milliseconds(50)); }

 private:
  http::Client client_;
};

class LongPollTest : public testing::Test {
 protected:
  LongPollTest() { Build({}); }
  void Build(const LongPollOptions& options) {
    world_.reset();
    world_ = std::make_unique<WatchWorld>(EventsOptions(), options);
    space_ = world_->registered.AddNamespace("kouzie.com", model::NamespaceType::kDnsPublic, 1);
    backend_ = world_->registered.AddService(space_, "backend", 2, true);
    other_ = world_->registered.AddService(space_, "other", 3);
    world_->Loaded(10);
    world_->Register(backend_, "a", 11, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"color", "blue"}});
  }
  bool Waiting(std::size_t count) {
    return Eventually([this, count] { return world_->polls.waiters() == count; });
  }
  /// So that everything posted until now has been dealt with.
  void Settle() {
    std::atomic<bool> done = false;
    world_->watch.Post([&done] { done = true; });
    EXPECT_TRUE(Eventually([&done] { return done.load(); }));
  }
  static std::vector<std::string> IdsOf(const http::Answer& answer) {
    std::vector<std::string> ids;
    const Json body = Json::parse(answer.body);
    for (const Json& instance : body["Instances"]) ids.push_back(instance["InstanceId"]);
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  std::unique_ptr<WatchWorld> world_;
  model::Namespace space_;
  model::Service backend_;
  model::Service other_;
};

using Ids = std::vector<std::string>;

TEST_F(LongPollTest, WithoutIndexAnswersAtOnce) {
  const http::Answer answer = world_->Get("/v1/discover/kouzie.com/backend");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_TRUE(answer.Says("content-type", "application/json"));
  EXPECT_TRUE(answer.Says("x-waypost-index", "11"));
  EXPECT_EQ(Json::parse(answer.body), Json({{"Instances",
                                             {{{"InstanceId", "a"},
                                               {"Attributes", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"color", "blue"}}},
                                               {"HealthStatus", "HEALTHY"},
                                               {"NamespaceName", "kouzie.com"},
                                               {"ServiceName", "backend"}}}},
                                            {"InstancesRevision", 11}}));
}

TEST_F(LongPollTest, AnOlderIndexAndOneFromTheFutureAnswerAtOnce) {
  world_->Register(other_, "o", 12);
  for (const char* index : {"0", "10", "13", "18446744073709551615"}) {
    const http::Answer answer = world_->Get("/v1/discover/kouzie.com/backend?index=" + std::string(index));
    EXPECT_TRUE(answer.Says("x-waypost-index", "11")) << index;
  }
  EXPECT_EQ(world_->polls.waiters(), 0U);
}

TEST_F(LongPollTest, WaitsForItsServiceAndNoOther) {
  Poll poll(*world_, "kouzie.com/backend?index=11");
  ASSERT_TRUE(Waiting(1));
  for (model::Revision revision = 12; revision < 20; ++revision) world_->Register(other_, "o", revision);
  world_->Commit(20, {space_, registry::NamespaceErased{}});
  Settle();
  EXPECT_EQ(world_->polls.waiters(), 1U);
  EXPECT_TRUE(poll.Silent());
  world_->Register(backend_, "b", 21);
  const http::Answer answer = poll.Answered();
  EXPECT_TRUE(answer.Says("x-waypost-index", "21"));
  EXPECT_EQ(IdsOf(answer), (Ids{"a", "b"}));
  EXPECT_EQ(world_->polls.waiters(), 0U);
}

TEST_F(LongPollTest, TheNodesRevisionIsAGoodIndexToo) {
  world_->Register(other_, "o", 12);
  Poll poll(*world_, "kouzie.com/backend?index=12");
  ASSERT_TRUE(Waiting(1));
  world_->Register(backend_, "b", 13);
  EXPECT_TRUE(poll.Answered().Says("x-waypost-index", "13"));
}

TEST_F(LongPollTest, EveryEventOfAServiceWakes) {
  struct Case {
    const char* name;
    registry::Event event;
  };
  const model::ServiceId& id = backend_.id;
  model::Transition flip;
  flip.service_id = id;
  flip.instance_id = "a";
  for (const Case& c : {Case{"service", backend_}, Case{"instance", registry::InstancePut{{id, "a"}}},
                        Case{"deregistered", registry::InstanceErased{id, "z"}}, Case{"health", flip},
                        Case{"pin", model::Pin{id, "a"}}, Case{"unpin", registry::PinErased{id, "a"}},
                        Case{"hold", registry::HoldPut{id, {}}}, Case{"hold ended", registry::HoldErased{id}},
                        Case{"shift", model::Shift{"z"}}, Case{"shift ended", registry::ShiftErased{"z"}}}) {
    const model::Revision before = world_->registered.view.applied();
    Poll poll(*world_, "kouzie.com/backend?index=" + std::to_string(before));
    ASSERT_TRUE(Waiting(1)) << c.name;
    view::Edit(world_->registered.view).NoteChange(id, before + 1);
    world_->Commit(before + 1, {c.event});
    EXPECT_TRUE(poll.Answered().Says("x-waypost-index", std::to_string(before + 1))) << c.name;
  }
}

TEST_F(LongPollTest, AViewWaitsForItsOwnMembersAndItsFallback) {
  view::View& view = world_->registered.view;
  model::NamedQuery query{space_.id, "red", backend_.id, {{"color", "red"}}, other_.id, {}};
  view::Edit(view).PutNamedQuery(query, 12);
  world_->Commit(12, {registry::ViewPut{query}});
  Poll fallback(*world_, "kouzie.com/red?index=12");
  ASSERT_TRUE(Waiting(1));
  world_->Register(backend_, "b", 13, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"color", "blue"}});
  Settle();
  EXPECT_EQ(world_->polls.waiters(), 1U) << "not in the view";
  world_->Register(other_, "o", 14);
  const http::Answer other = fallback.Answered();
  EXPECT_TRUE(other.Says("x-waypost-index", "14"));
  EXPECT_EQ(IdsOf(other), Ids{"o"});
  Poll own(*world_, "kouzie.com/red?index=14");
  ASSERT_TRUE(Waiting(1));
  world_->Register(backend_, "r", 15, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"color", "red"}});
  EXPECT_EQ(IdsOf(own.Answered()), Ids{"r"});
}

TEST_F(LongPollTest, AViewThatIsPutAnewOrDeletedWakes) {
  view::View& view = world_->registered.view;
  model::NamedQuery query{space_.id, "red", backend_.id, {{"color", "red"}}, {}, {}};
  view::Edit(view).PutNamedQuery(query, 12);
  world_->Commit(12, {registry::ViewPut{query}});
  Poll first(*world_, "kouzie.com/red?index=12");
  ASSERT_TRUE(Waiting(1));
  query.filters = {{"color", "blue"}};
  view::Edit(view).PutNamedQuery(query, 13);
  world_->Commit(13, {registry::ViewPut{query}});
  EXPECT_EQ(IdsOf(first.Answered()), Ids{"a"});
  Poll second(*world_, "kouzie.com/red?index=13");
  ASSERT_TRUE(Waiting(1));
  view::Edit(view).EraseNamedQuery(space_.id, "red", 14);
  world_->Commit(14, {registry::ViewErased{space_.id, "red", backend_.id}});
  EXPECT_EQ(second.Answered().status, 404U);
}

TEST_F(LongPollTest, AShiftThatChangesNothingHereDoesNotWake) {
  Poll poll(*world_, "kouzie.com/backend?index=11");
  ASSERT_TRUE(Waiting(1));
  world_->Commit(12, {model::Shift{"z", {}, {}}});
  Settle();
  EXPECT_EQ(world_->polls.waiters(), 1U);
  EXPECT_TRUE(poll.Silent());
}

TEST_F(LongPollTest, ABatchThatIsStillBeingAppliedDoesNotCount) {
  // What was seen of it must not pass for all of it.
  world_->registered.Register(backend_, "b", {{"AWS_INSTANCE_IPV4", "10.0.0.2"}}, 12);
  const http::Answer answer = world_->Get("/v1/discover/kouzie.com/backend");
  EXPECT_TRUE(answer.Says("x-waypost-index", "11"));
  Poll poll(*world_, "kouzie.com/backend?index=11");
  ASSERT_TRUE(Waiting(1));
  world_->registered.Register(backend_, "c", {{"AWS_INSTANCE_IPV4", "10.0.0.3"}}, 12);
  world_->Commit(12, {registry::InstancePut{{backend_.id, "b"}}, registry::InstancePut{{backend_.id, "c"}}});
  EXPECT_EQ(IdsOf(poll.Answered()), (Ids{"a", "b", "c"}));
}

TEST_F(LongPollTest, AtTheEndOfTheWaitThePresentStateIsAnswered) {
  Poll later(*world_, "kouzie.com/backend?index=11&wait=10m");
  ASSERT_TRUE(Waiting(1));
  Poll sooner(*world_, "kouzie.com/backend?index=11&wait=20ms");
  const http::Answer answer = sooner.Answered();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_TRUE(answer.Says("x-waypost-index", "11"));
  EXPECT_EQ(IdsOf(answer), Ids{"a"});
  EXPECT_TRUE(Poll(*world_, "kouzie.com/backend?index=11&wait=0").Answered().Says("x-waypost-index", "11"));
  EXPECT_EQ(world_->polls.waiters(), 1U);
}

TEST_F(LongPollTest, NoWakeIsLost) {
  // Each poll begins to wait while the change it waits for is being made.
  for (model::Revision revision = 12; revision < 212; ++revision) {
    std::thread writer([this, revision] { world_->Register(backend_, "a", revision); });
    Poll poll(*world_, "kouzie.com/backend?wait=10m&index=" + std::to_string(revision - 1));
    EXPECT_TRUE(poll.Answered().Says("x-waypost-index", std::to_string(revision)));
    writer.join();
  }
}

TEST_F(LongPollTest, ADeletedServiceIs404) {
  Poll poll(*world_, "kouzie.com/other?index=10");
  ASSERT_TRUE(Waiting(1));
  view::Edit(world_->registered.view).EraseService(other_.id, 12);
  world_->Commit(12, {registry::ServiceErased{other_.id}});
  const http::Answer answer = poll.Answered();
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(Json::parse(answer.body)["error"]["code"], "ServiceNotFound");
}

TEST_F(LongPollTest, HealthAttributesAndMax) {
  world_->Register(backend_, "b", 12, {{"AWS_INSTANCE_IPV4", "10.0.0.2"}, {"color", "red"}});
  view::Edit(world_->registered.view).SetHealth(backend_.id, "b", model::HealthState::kUnhealthy, 13);
  world_->Commit(13, {});
  struct Case {
    const char* query;
    Ids want;
  };
  for (const Case& c :
       {Case{"", {"a"}}, Case{"?health=ALL", {"a", "b"}}, Case{"?health=HEALTHY", {"a"}},
        Case{"?health=UNHEALTHY", {"b"}}, Case{"?health=HEALTHY_OR_ELSE_ALL&color=red", {"b"}},
        Case{"?health=HEALTHY&color=red", {}}, Case{"?color=bl%75e", {"a"}}, Case{"?color=blue&color=red", {}}}) {
    EXPECT_EQ(IdsOf(world_->Get("/v1/discover/kouzie.com/backend" + std::string(c.query))), c.want) << c.query;
  }
  EXPECT_EQ(IdsOf(world_->Get("/v1/discover/kouzie.com/backend?health=ALL&max=1")).size(), 1U);
  EXPECT_EQ(IdsOf(world_->Get("/v1/discover/kouzie%2Ecom/backend")), Ids{"a"});
}

TEST_F(LongPollTest, Refuses) {
  struct Case {
    const char* path;
    unsigned status;
    const char* code;
  };
  for (const Case& c :
       {Case{"none/backend", 404, "NamespaceNotFound"}, Case{"kouzie.com/none", 404, "ServiceNotFound"},
        Case{"", 404, "ResourceNotFound"}, Case{"kouzie.com", 404, "ResourceNotFound"},
        Case{"kouzie.com/", 404, "ResourceNotFound"}, Case{"/backend", 404, "ResourceNotFound"},
        Case{"kouzie.com/backend/x", 404, "ResourceNotFound"}, Case{"kouzie.com/%zz", 400, "InvalidInput"},
        Case{"kouzie.com/backend?index=", 400, "InvalidInput"},
        Case{"kouzie.com/backend?index=-1", 400, "InvalidInput"},
        Case{"kouzie.com/backend?wait=30", 400, "InvalidInput"},
        Case{"kouzie.com/backend?wait=10m1ms", 400, "InvalidInput"},
        Case{"kouzie.com/backend?health=GOOD", 400, "InvalidInput"},
        Case{"kouzie.com/backend?max=0", 400, "InvalidInput"}, Case{"kouzie.com/backend?max=1001", 400, "InvalidInput"},
        Case{"kouzie.com/backend?a=%zz", 400, "InvalidInput"}}) {
    const http::Answer answer = world_->Get("/v1/discover/" + std::string(c.path));
    EXPECT_EQ(answer.status, c.status) << c.path;
    EXPECT_EQ(Json::parse(answer.body)["error"]["code"], c.code) << c.path;
  }
  EXPECT_EQ(world_->Get("/v1/discover/kouzie.com/backend?wait=10m&max=1000").status, 200U) << "at the limits";
}

TEST_F(LongPollTest, WaitersAreBounded) {
  LongPollOptions options;
  options.waiters_max = 2;
  Build(options);
  Poll first(*world_, "kouzie.com/backend?index=11");
  Poll second(*world_, "kouzie.com/backend?index=11");
  ASSERT_TRUE(Waiting(2));
  const http::Answer refused = world_->Get("/v1/discover/kouzie.com/backend?index=11");
  EXPECT_EQ(refused.status, 503U);
  EXPECT_EQ(Json::parse(refused.body)["error"]["code"], "TooManyWaiters");
  EXPECT_EQ(world_->Get("/v1/discover/kouzie.com/backend").status, 200U) << "who does not wait is served";
  world_->Register(backend_, "b", 12);
  EXPECT_EQ(first.Answered().status, 200U);
  EXPECT_EQ(second.Answered().status, 200U);
  EXPECT_EQ(world_->polls.waiters(), 0U);
}

TEST_F(LongPollTest, StopAnswersWhoWaits) {
  Poll poll(*world_, "kouzie.com/backend?index=11&wait=10m");
  ASSERT_TRUE(Waiting(1));
  world_->watch.Stop();
  const http::Answer answer = poll.Answered();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_TRUE(answer.Says("x-waypost-index", "11"));
  const http::Answer late = world_->Get("/v1/discover/kouzie.com/backend?index=11&wait=10m");
  EXPECT_EQ(late.status, 200U) << "nobody waits any more";
  EXPECT_TRUE(late.Says("x-waypost-index", "11"));
}

}  // namespace
}  // namespace waypost::oper
