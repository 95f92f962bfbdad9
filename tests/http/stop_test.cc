#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "http/client.h"

namespace waypost::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class StopWith : public testing::TestWithParam<unsigned> {
 protected:
  static Options Threads() {
    Options options;
    options.threads = GetParam();
    return options;
  }
};
INSTANTIATE_TEST_SUITE_P(Workers, StopWith, testing::Values(1U, 2U));

TEST_P(StopWith, IdleConnectionsDoNotHoldItUp) {
  Running running(Echo, Threads());
  Client served(running.address);
  ASSERT_TRUE(served.Ask(Post("/", "")).has_value());
  Client fresh(running.address);
  const auto start = steady_clock::now();
  running.server->Stop(start + seconds(30));
  EXPECT_LT(steady_clock::now() - start, seconds(10));
  EXPECT_TRUE(served.ClosedWithin(seconds(10)));
  EXPECT_TRUE(fresh.ClosedWithin(seconds(10)));
  EXPECT_THROW(Client(running.address), std::runtime_error);
  running.server->Stop(steady_clock::now() + seconds(30));  // again: nothing
}

TEST_P(StopWith, RequestsUnderWayFinish) {
  std::optional<Deferred> promise;
  std::atomic<bool> asked = false;
  Running running(
      [&](const Request& request, Response& response, Later& later) {
        if (request.path == "/now") return Echo(request, response, later);
        promise = later.Defer();
        asked = true;
        return Progress::kLater;
      },
      Threads());
  Client deferred(running.address);
  deferred.Send(Post("/", "x"));
  Client half(running.address);
  const std::string request = Post("/now", "half");
  half.Send(request.substr(0, request.size() - 2));
  ASSERT_TRUE(Eventually([&] { return asked.load(); }));
  std::atomic<bool> stopped = false;
  std::thread stopper([&] {
    running.server->Stop(steady_clock::now() + seconds(30));
    stopped = true;
  });
  // Nobody is accepted any more, so the stop has begun.
  ASSERT_TRUE(Eventually([&] {
    try {
      Client probe(running.address);
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }));
  EXPECT_FALSE(stopped);
  half.Send(request.substr(request.size() - 2));
  const auto finished = half.Read();
  ASSERT_TRUE(finished.has_value());
  EXPECT_EQ(finished->body, "POST|/now||h|||half");
  EXPECT_TRUE(finished->Says("connection", "close"));
  Response late;
  late.body = "late";
  promise->Send(std::move(late));
  const auto answer = deferred.Read();
  stopper.join();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "late");
  EXPECT_TRUE(answer->Says("connection", "close"));
}

TEST_P(StopWith, DeadlineCuts) {
  std::optional<Deferred> promise;
  std::atomic<bool> asked = false;
  Running running(
      [&](const Request&, Response&, Later& later) {
        promise = later.Defer();
        asked = true;
        return Progress::kLater;
      },
      Threads());
  Client waiting(running.address);
  waiting.Send(Post("/", "x"));
  Client half(running.address);
  half.Send("POST / HT");
  ASSERT_TRUE(Eventually([&] { return asked.load(); }));
  const auto start = steady_clock::now();
  running.server->Stop(start + milliseconds(200));
  EXPECT_GE(steady_clock::now() - start, milliseconds(200));
  EXPECT_LT(steady_clock::now() - start, seconds(10));
  EXPECT_TRUE(waiting.ClosedWithin(seconds(10)));
  EXPECT_TRUE(half.ClosedWithin(seconds(10)));
}

TEST_P(StopWith, ClientThatDoesNotReadIsCutAtTheDeadline) {
  std::atomic<bool> asked = false;
  Running running(
      [&](const Request&, Response& response, Later&) {
        response.body.assign(32 << 20, 'x');
        asked = true;
        return Progress::kDone;
      },
      Threads());
  Client client(running.address, 4096);
  client.Send(Post("/", ""));
  ASSERT_TRUE(Eventually([&] { return asked.load(); }));
  const auto start = steady_clock::now();
  running.server->Stop(start + milliseconds(100));
  EXPECT_LT(steady_clock::now() - start, seconds(10));
}

TEST_P(StopWith, UnderLoad) {
  Running running(Echo, Threads());
  std::atomic<int> answered = 0;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(std::make_unique<Client>(running.address));
  std::vector<std::thread> threads;
  for (const auto& client : clients) {
    threads.emplace_back([&answered, &client] {
      while (client->Ask(Post("/", "x")).has_value()) ++answered;
    });
  }
  ASSERT_TRUE(Eventually([&] { return answered > 200; }));
  const auto start = steady_clock::now();
  running.server->Stop(start + seconds(30));
  EXPECT_LT(steady_clock::now() - start, seconds(10));
  for (std::thread& thread : threads) thread.join();
}

TEST(Stop, WithoutStartOrBind) {
  FunctionHandler handler(Echo);
  Server never(Options{}, handler);
  never.Stop(steady_clock::now() + seconds(30));
  Options options;
  options.listen = {"127.0.0.1:0"};
  Server bound(options, handler);
  ASSERT_TRUE(bound.Bind().ok());
  bound.Stop(steady_clock::now() + seconds(30));
  bound.Start();  // after a stop: nothing
  Server without_listeners(Options{}, handler);
  without_listeners.Start();
  without_listeners.Stop(steady_clock::now() + seconds(30));
}

}  // namespace
}  // namespace waypost::http
