// Answers made later, by other threads, for clients that are there or gone.
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "http/client.h"

namespace waypost::http {
namespace {

/// Keeps every Deferred with the request's body until the test answers.
class Keeper {
 public:
  Progress Serve(const Request& request, Response& response, Later& later) {
    if (request.path == "/now") return Echo(request, response, later);
    Deferred promise = later.Defer();
    const std::lock_guard lock(mutex_);
    kept_.emplace_back(std::string(request.body), std::move(promise));
    return Progress::kLater;
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }
  std::vector<std::pair<std::string, Deferred>> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(kept_, {});
  }
  FunctionHandler::Function function() {
    return [this](const Request& request, Response& response, Later& later) { return Serve(request, response, later); };
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<std::string, Deferred>> kept_;
};

Response Saying(const std::string& body) {
  Response response;
  response.body = body;
  return response;
}

Options With(unsigned threads) {
  Options options;
  options.threads = threads;
  return options;
}

class DeferredWith : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Workers, DeferredWith, testing::Values(1U, 2U));

TEST_P(DeferredWith, ManyClientsOneAnsweringThread) {
  Keeper keeper;
  Running running(keeper.function(), With(GetParam()));
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(std::make_unique<Client>(running.address));
  for (int round = 0; round < 20; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) clients[i]->Send(Post("/", std::to_string(i)));
    ASSERT_TRUE(Eventually([&] { return keeper.size() == clients.size(); }));
    std::thread([kept = keeper.Take()] {
      for (const auto& [body, promise] : kept) promise.Send(Saying("done " + body));
    }).join();
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto answer = clients[i]->Read();
      ASSERT_TRUE(answer.has_value());
      ASSERT_EQ(answer->body, "done " + std::to_string(i));
    }
  }
}

TEST_P(DeferredWith, PipelinedStaysInOrder) {
  Keeper keeper;
  Running running(keeper.function(), With(GetParam()));
  Client client(running.address);
  client.Send(Post("/", "a") + Post("/now", "b"));
  ASSERT_TRUE(Eventually([&] { return keeper.size() == 1; }));
  keeper.Take()[0].second.Send(Saying("first"));
  auto answer = client.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "first");
  answer = client.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "POST|/now||h|||b");
}

TEST_P(DeferredWith, SendInsideServe) {
  Running running(
      [](const Request& request, Response&, Later& later) {
        later.Defer().Send(Saying(std::string(request.body)));
        return Progress::kLater;
      },
      With(GetParam()));
  Client client(running.address);
  for (int i = 0; i < 100; ++i) {
    const auto answer = client.Ask(Post("/", std::to_string(i)));
    ASSERT_TRUE(answer.has_value());
    ASSERT_EQ(answer->body, std::to_string(i));
  }
}

TEST_P(DeferredWith, OnlyTheFirstSendCounts) {
  Keeper keeper;
  Running running(keeper.function(), With(GetParam()));
  Client client(running.address);
  client.Send(Post("/", ""));
  ASSERT_TRUE(Eventually([&] { return keeper.size() == 1; }));
  const Deferred promise = keeper.Take()[0].second;
  const Deferred copy = promise;
  promise.Send(Saying("one"));
  copy.Send(Saying("two"));
  EXPECT_EQ(client.Read()->body, "one");
  promise.Send(Saying("three"));
  EXPECT_EQ(client.Ask(Post("/now", ""))->body, "POST|/now||h|||");
  Deferred().Send(Saying("to nobody"));
}

TEST_P(DeferredWith, AnsweredAtOnceAfterAll) {
  // A Deferred that was taken, but whose request was answered by kDone, must not answer the next request.
  std::vector<Deferred> kept;
  Running running(
      [&kept](const Request& request, Response& response, Later& later) {
        kept.push_back(later.Defer());
        if (request.body == "wait") return Progress::kLater;
        response.body = "now";
        return Progress::kDone;
      },
      With(1));
  Client client(running.address);
  EXPECT_EQ(client.Ask(Post("/", ""))->body, "now");
  client.Send(Post("/", "wait"));
  Client other(running.address);
  EXPECT_EQ(other.Ask(Post("/", ""))->body, "now");  // so "wait" has been served
  kept[0].Send(Saying("stale"));
  kept[1].Send(Saying("right"));
  EXPECT_EQ(client.Read()->body, "right");
}

TEST_P(DeferredWith, GivenUpIs500) {
  Keeper keeper;
  Running running(keeper.function(), With(GetParam()));
  Client client(running.address);
  client.Send(Post("/", ""));
  ASSERT_TRUE(Eventually([&] { return keeper.size() == 1; }));
  keeper.Take();
  const auto answer = client.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 500U);
}

TEST_P(DeferredWith, ClientGoneMeanwhile) {
  Keeper keeper;
  Running running(keeper.function(), With(GetParam()));
  for (int i = 0; i < 50; ++i) {
    Client client(running.address);
    client.Send(Post("/", "x"));
    ASSERT_TRUE(Eventually([&] { return keeper.size() == static_cast<std::size_t>(i) + 1; }));
    if (i % 2 == 0) client.Reset();
  }
  for (const auto& [body, promise] : keeper.Take()) promise.Send(Saying(body));
  Client client(running.address);
  EXPECT_TRUE(client.Ask(Post("/now", "")).has_value());
}

TEST_P(DeferredWith, ResetClientFreesItsPlaceBeforeTheAnswer) {
  Keeper keeper;
  Options options = With(GetParam());
  options.limits.connections_max = 1;
  Running running(keeper.function(), options);
  {
    Client client(running.address);
    client.Send(Post("/", "x"));
    ASSERT_TRUE(Eventually([&] { return keeper.size() == 1; }));
    client.Reset();
  }
  EXPECT_TRUE(Eventually([&] { return Client(running.address).Ask(Post("/now", "")).has_value(); }));
}

TEST_P(DeferredWith, WaitingIsNotIdle) {
  Keeper keeper;
  Options options = With(GetParam());
  options.limits.idle = std::chrono::seconds(1);
  options.limits.request = std::chrono::seconds(1);
  Running running(keeper.function(), options);
  Client client(running.address);
  client.Send(Post("/", "x"));
  EXPECT_FALSE(client.ClosedWithin(std::chrono::milliseconds(3500)));
  keeper.Take()[0].second.Send(Saying("late"));
  EXPECT_EQ(client.Read()->body, "late");
}

TEST_P(DeferredWith, AfterTheServerIsGone) {
  Keeper keeper;
  {
    Running running(keeper.function(), With(GetParam()));
    Client client(running.address);
    client.Send(Post("/", "x"));
    client.Send(Post("/", "y"));
    ASSERT_TRUE(Eventually([&] { return keeper.size() == 1; }));
  }
  const auto kept = keeper.Take();
  kept[0].second.Send(Saying("nobody hears"));
}

TEST_P(DeferredWith, SendRacesStop) {
  for (int i = 0; i < 20; ++i) {
    Keeper keeper;
    auto running = std::make_unique<Running>(keeper.function(), With(GetParam()));
    std::vector<std::unique_ptr<Client>> clients;
    for (int c = 0; c < 8; ++c) {
      clients.push_back(std::make_unique<Client>(running->address));
      clients.back()->Send(Post("/", "x"));
    }
    ASSERT_TRUE(Eventually([&] { return keeper.size() == clients.size(); }));
    std::thread sender([kept = keeper.Take()] {
      for (const auto& [body, promise] : kept) promise.Send(Saying(body));
    });
    running.reset();
    sender.join();
  }
}

}  // namespace
}  // namespace waypost::http
