#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "operator/watch_world.h"

namespace waypost::oper {
namespace {

using http::Eventually;
using std::chrono::milliseconds;
using std::chrono::seconds;

class EventsTest : public testing::Test {
 protected:
  EventsTest() { Build({}); }
  void Build(const EventsOptions& options, const http::Limits& limits = {}) {
    world_.reset();
    http::Options http_options;
    http_options.limits = limits;
    world_ = std::make_unique<WatchWorld>(options, LongPollOptions(), PrometheusSdOptions(), http_options);
    space_ = world_->registered.AddNamespace("kouzie.com", model::NamespaceType::kDnsPublic, 1);
    backend_ = world_->registered.AddService(space_, "backend", 2);
    other_ = world_->registered.AddService(space_, "other", 3);
    world_->Loaded(10);
  }
  static std::string IdAndKind(const std::string& block) {
    return FieldOf(block, "id") + " " + FieldOf(block, "event");
  }
  std::vector<registry::Event> Erased(const model::Service& service, const std::vector<std::string>& ids) {
    std::vector<registry::Event> events;
    for (const std::string& id : ids) events.emplace_back(registry::InstanceErased{service.id, id});
    return events;
  }

  std::unique_ptr<WatchWorld> world_;
  model::Namespace space_;
  model::Service backend_;
  model::Service other_;
};

TEST_F(EventsTest, BeginsNowAndGoesOn) {
  EventClient client(*world_, "");
  const auto head = client.Head();
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->status, 200U);
  EXPECT_TRUE(head->Says("content-type", "text/event-stream"));
  EXPECT_TRUE(head->Says("cache-control", "no-cache"));
  const std::string hello = client.Block();
  EXPECT_EQ(FieldOf(hello, "retry"), "1000");
  EXPECT_EQ(IdAndKind(hello), "10 hello");
  EXPECT_EQ(DataOf(hello), Json({{"revision", 10}}));
  world_->Register(backend_, "a", 11);
  const std::string event = client.Block();
  EXPECT_EQ(IdAndKind(event), "11 instance");
  EXPECT_EQ(DataOf(event)["service"], backend_.id.str());
}

TEST_F(EventsTest, OnlyTheLastOfARevisionHasTheId) {
  EventClient client(*world_, "");
  ASSERT_TRUE(client.Head().has_value());
  client.Block();
  world_->Commit(11, Erased(backend_, {"a", "b", "c"}));
  EXPECT_EQ(IdAndKind(client.Block()), " instance-deregistered");
  EXPECT_EQ(IdAndKind(client.Block()), " instance-deregistered");
  EXPECT_EQ(IdAndKind(client.Block()), "11 instance-deregistered");
}

TEST_F(EventsTest, GoesOnBehindWhatTheClientHasSeen) {
  world_->Commit(11, Erased(backend_, {"a"}));
  world_->Commit(12, Erased(backend_, {"b", "c"}));
  world_->Commit(13, {});
  for (const auto& [query, fields] : {std::pair<std::string, std::string>{"?since=11", ""},
                                      {"", "Last-Event-ID: 11\r\n"},
                                      {"?since=10", "Last-Event-ID: 11\r\n"}}) {
    EventClient client(*world_, query, fields);
    ASSERT_TRUE(client.Head().has_value());
    EXPECT_EQ(client.Block(), "retry: 1000");
    EXPECT_EQ(DataOf(client.Block())["instance"], "b");
    const std::string last = client.Block();
    EXPECT_EQ(DataOf(last)["instance"], "c");
    EXPECT_EQ(FieldOf(last, "id"), "12");
  }
  EventClient now(*world_, "?since=13");
  ASSERT_TRUE(now.Head().has_value());
  EXPECT_EQ(now.Block(), "retry: 1000");
  world_->Commit(14, Erased(backend_, {"d"}));
  EXPECT_EQ(IdAndKind(now.Block()), "14 instance-deregistered");
}

TEST_F(EventsTest, ResetsWhoAsksForWhatIsNotKept) {
  EventsOptions options;
  options.ring_events_max = 2;
  Build(options);
  world_->Commit(11, Erased(backend_, {"a"}));
  world_->Commit(12, Erased(backend_, {"b"}));
  world_->Commit(13, Erased(backend_, {"c"}));
  struct Case {
    const char* since;
    const char* reason;
  };
  for (const Case& c : {Case{"9", "events up to revision 11 are no longer kept"},   // from before the start
                        Case{"10", "events up to revision 11 are no longer kept"},  // fell out of the ring
                        Case{"14", "revision 14 lies ahead of this server"}}) {
    EventClient client(*world_, "?since=" + std::string(c.since));
    ASSERT_TRUE(client.Head().has_value());
    const std::string reset = client.Block();
    EXPECT_EQ(IdAndKind(reset), "13 reset") << c.since;
    EXPECT_EQ(DataOf(reset), Json({{"revision", 13}, {"reason", c.reason}})) << c.since;
  }
  EventClient kept(*world_, "?since=11");
  ASSERT_TRUE(kept.Head().has_value());
  kept.Block();
  EXPECT_EQ(IdAndKind(kept.Block()), "12 instance-deregistered") << "the oldest that is kept";
  EventClient reset(*world_, "?since=9");
  ASSERT_TRUE(reset.Head().has_value());
  reset.Block();
  world_->Commit(14, Erased(backend_, {"d"}));
  EXPECT_EQ(IdAndKind(reset.Block()), "14 instance-deregistered") << "a reset stream goes on";
}

TEST_F(EventsTest, Filters) {
  const model::Namespace elsewhere = world_->registered.AddNamespace("else", model::NamespaceType::kHttp, 10);
  const model::Service far = world_->registered.AddService(elsewhere, "far", 10);
  world_->Commit(11, {elsewhere, far});
  world_->Commit(12, Erased(backend_, {"backend"}));
  world_->Commit(13, Erased(other_, {"other"}));
  world_->Commit(14, Erased(far, {"far"}));
  world_->Commit(15, {model::Shift{"zone", {}, {}}});
  struct Case {
    std::string query;
    std::vector<std::string> want;
  };
  const std::string gone = " instance-deregistered";
  for (const Case& c : {
           Case{"namespace=kouzie.com", {"12" + gone, "13" + gone, "15 shift"}},
           Case{"namespace=" + elsewhere.id.str(), {" namespace", "11 service", "14" + gone, "15 shift"}},
           Case{"service=" + backend_.id.str(), {"12" + gone, "15 shift"}},
           Case{"service=other.kouzie.com", {"13" + gone, "15 shift"}},
           Case{"service=far&namespace=else", {"11 service", "14" + gone, "15 shift"}},
           Case{"kind=namespace&kind=shift", {"11 namespace", "15 shift"}},
           Case{"kind=service,namespace&namespace=else", {" namespace", "11 service"}},
       }) {
    EventClient client(*world_, "?since=10&" + c.query);
    ASSERT_TRUE(client.Head().has_value()) << c.query;
    EXPECT_EQ(client.Block(), "retry: 1000");
    for (const std::string& want : c.want) EXPECT_EQ(IdAndKind(client.Block()), want) << c.query;
  }
}

TEST_F(EventsTest, Refuses) {
  struct Case {
    const char* query;
    unsigned status;
    const char* code;
  };
  for (const Case& c :
       {Case{"?since=x", 400, "InvalidInput"}, Case{"?since=-1", 400, "InvalidInput"},
        Case{"?since=18446744073709551616", 400, "InvalidInput"}, Case{"?kind=health,", 400, "InvalidInput"},
        Case{"?kind=nothing", 400, "InvalidInput"}, Case{"?from=1", 400, "InvalidInput"},
        Case{"?kind=%zz", 400, "InvalidInput"}, Case{"?namespace=none", 404, "NamespaceNotFound"},
        Case{"?service=backend", 404, "ServiceNotFound"}, Case{"?service=none.kouzie.com", 404, "ServiceNotFound"}}) {
    const http::Answer answer = world_->Get("/v1/events" + std::string(c.query));
    EXPECT_EQ(answer.status, c.status) << c.query;
    EXPECT_EQ(Json::parse(answer.body)["error"]["code"], c.code) << c.query;
  }
  EXPECT_EQ(world_->Get("/v1/events", "Last-Event-ID: x\r\n").status, 400U);
  EXPECT_EQ(world_->events.streams(), 0U);
}

TEST_F(EventsTest, HeadIsAnsweredAndFollowsNothing) {
  http::Client client(world_->running.address);
  client.Send("HEAD /v1/events HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto head = client.Read(true);
  ASSERT_TRUE(head.has_value());
  EXPECT_TRUE(head->Says("content-type", "text/event-stream"));
  EXPECT_EQ(world_->events.streams(), 0U);
}

TEST_F(EventsTest, StreamsAreBoundedAndAGoneClientMakesRoom) {
  EventsOptions options;
  options.streams_max = 2;
  Build(options);
  EventClient first(*world_, "");
  auto second = std::make_unique<EventClient>(*world_, "");
  ASSERT_TRUE(first.Head().has_value());
  ASSERT_TRUE(second->Head().has_value());
  const http::Answer refused = world_->Get("/v1/events");
  EXPECT_EQ(refused.status, 503U);
  EXPECT_EQ(Json::parse(refused.body)["error"]["code"], "TooManyStreams");
  second.reset();
  EXPECT_TRUE(Eventually([this] { return world_->events.streams() == 1; }));
  EventClient third(*world_, "");
  const auto head = third.Head();
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->status, 200U);
}

TEST_F(EventsTest, KeepsSilentStreamsAlive) {
  EventsOptions options;
  options.keep_alive = milliseconds(20);
  Build(options);
  EventClient client(*world_, "");
  ASSERT_TRUE(client.Head().has_value());
  client.Block();
  EXPECT_EQ(client.Block(), ": keep-alive");
  EXPECT_EQ(client.Block(), ": keep-alive");

  EventClient choosy(*world_, "?kind=pin");
  ASSERT_TRUE(choosy.Head().has_value());
  choosy.Block();
  world_->Commit(11, Erased(backend_, {"a"}));
  std::string block = choosy.Block();
  while (block == ": keep-alive") block = choosy.Block();
  EXPECT_EQ(block, ": keep-alive\nid: 11") << "it learns that it missed nothing";
  EXPECT_EQ(choosy.Block(), ": keep-alive");
}

/// So much that no socket holds it.
void CommitMuch(WatchWorld& world, const model::Service& service, model::Revision first, model::Revision last) {
  for (model::Revision revision = first; revision <= last; ++revision) {
    std::vector<registry::Event> events;
    for (int i = 0; i < 100; ++i) {
      model::Transition change;
      change.service_id = service.id;
      change.instance_id = std::to_string(revision) + "-" + std::to_string(i);
      change.cause = std::string(300, 'x');
      events.emplace_back(std::move(change));
    }
    world.Commit(revision, std::move(events));
  }
}

TEST_F(EventsTest, MuchAtOnceReachesWhoReadsInOrder) {
  http::Limits limits;
  limits.stream_bytes_max = 512 << 10;
  Build({}, limits);
  CommitMuch(*world_, backend_, 11, 210);  // 10 MB, many times what may wait
  EventClient client(*world_, "?since=10");
  ASSERT_TRUE(client.Head().has_value());
  client.Block();
  CommitMuch(*world_, backend_, 211, 260);
  for (model::Revision revision = 11; revision <= 260; ++revision) {
    for (int i = 0; i < 100; ++i) {
      const std::string block = client.Block();
      const std::string want = "\"instance\":\"" + std::to_string(revision) + "-" + std::to_string(i) + "\"";
      ASSERT_NE(block.find(want), std::string::npos) << want << " in " << block;
      ASSERT_EQ(FieldOf(block, "id"), i == 99 ? std::to_string(revision) : "");
    }
  }
}

TEST_F(EventsTest, WhoDoesNotReadIsResetWhenTheRingHasMovedOn) {
  EventsOptions options;
  options.ring_events_max = 1000;
  Build(options);
  EventClient client(*world_, "", "", 4096);
  ASSERT_TRUE(client.Head().has_value());
  client.Block();
  CommitMuch(*world_, backend_, 11, 410);  // 20 MB: more than all buffers on the way
  EventClient marker(*world_, "?since=410");
  ASSERT_TRUE(marker.Head().has_value());
  marker.Block();  // so all of it has been put into words, and the ring keeps the last 1000
  std::string block;
  do {
    block = client.Block();
    ASSERT_FALSE(block.empty()) << "it is not cut off";
  } while (FieldOf(block, "event") != "reset");
  EXPECT_EQ(DataOf(block)["reason"], "what this client had not read yet is no longer kept");
  EXPECT_EQ(FieldOf(block, "id"), std::to_string(DataOf(block)["revision"].get<model::Revision>()));
}

TEST_F(EventsTest, MoreThanMayBePendingResets) {
  EventsOptions options;
  options.pending_events_max = 2;
  Build(options);
  EventClient client(*world_, "");
  ASSERT_TRUE(client.Head().has_value());
  client.Block();
  ASSERT_TRUE(Eventually([this] { return world_->events.streams() == 1; }));
  std::atomic<bool> held = false;
  std::atomic<bool> release = false;
  world_->watch.Post([&] {
    held = true;
    while (!release) std::this_thread::yield();
  });
  ASSERT_TRUE(Eventually([&] { return held.load(); }));
  world_->Commit(11, Erased(backend_, {"a", "b"}));  // as much as may be
  world_->Commit(12, Erased(backend_, {"c"}));       // one more
  world_->Commit(13, Erased(backend_, {"d"}));
  release = true;
  const std::string reset = client.Block();
  EXPECT_EQ(FieldOf(reset, "event"), "reset");
  EXPECT_EQ(FieldOf(reset, "id"), "13");
}

TEST_F(EventsTest, StopEndsStreams) {
  EventClient client(*world_, "");
  ASSERT_TRUE(client.Head().has_value());
  client.Block();
  world_->watch.Stop();
  EXPECT_TRUE(client.client().ClosedWithin(seconds(10)));
  EXPECT_EQ(world_->events.streams(), 0U);
  EventClient late(*world_, "");
  ASSERT_TRUE(late.Head().has_value());
  EXPECT_TRUE(late.client().ClosedWithin(seconds(10)));
  world_->Commit(11, Erased(backend_, {"a"}));  // nobody is told
}

TEST(EventsUnready, Are503) {
  view::View view;
  Watch watch;
  Events events({}, watch, view);
  LongPoll polls({}, watch, view);
  PrometheusSd targets({}, watch, view);
  http::Router router;
  events.AddTo(router);
  polls.AddTo(router);
  targets.AddTo(router);
  http::Running running([&](const http::Request& request, http::Response& response, http::Later& later) {
    return router.Serve(request, response, later);
  });
  http::Client client(running.address);
  for (const char* path : {"/v1/events", "/v1/discover/a/b", "/v1/prometheus/sd"}) {
    const auto answer = client.Ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 503U) << path;
    EXPECT_EQ(Json::parse(answer->body)["error"]["code"], "NotReady");
  }
  watch.Stop();
}

}  // namespace
}  // namespace waypost::oper
