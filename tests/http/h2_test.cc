// HTTP/2: handlers see no difference, and clients get all that HTTP/1.1 gives them.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "http/certificate.h"
#include "http/h2_client.h"

namespace waypost::http {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kPatience(10);

class H2With : public testing::TestWithParam<unsigned> {
 protected:
  Options Served(Limits limits = {}) const {
    Options options;
    options.https = {{"127.0.0.1:0"}, certificate_.certificate(), certificate_.key()};
    options.limits = limits;
    options.threads = GetParam();
    return options;
  }
  const Certificate certificate_{"one.example"};
};
INSTANTIATE_TEST_SUITE_P(Workers, H2With, testing::Values(1U, 2U));

TEST_P(H2With, RequestsAreUnderstoodAsInHttp1) {
  Running running(Echo, Served());
  H2Client client(running.https);
  const std::int32_t post =
      client.Post("/a%20b?c=d", "body", {{"content-type", "text/x"}, {"x-amz-target", "T.Op"}, {"accept", "*/*"}});
  H2Answer answer = client.Wait(post);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "POST|/a%20b|c=d|h|T.Op|text/x|body");
  EXPECT_TRUE(answer.Says("content-type", "text/plain"));
  EXPECT_TRUE(answer.Says("content-length", std::to_string(answer.body.size())));
  EXPECT_EQ(answer.fields.count("date"), 1U);
  EXPECT_EQ(answer.fields.count("connection"), 0U);
  EXPECT_EQ(client.Wait(client.Get("/")).body, "GET|/||h|||");
  answer = client.Wait(client.Request("HEAD", "/head"));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "");
  EXPECT_TRUE(answer.Says("content-length", "16"));
}

TEST_P(H2With, FieldsAndAnswersAreWhole) {
  Options options = Served();
  options.revision = [] { return 7U; };
  Running running(
      [](const Request& request, Response& response, Later&) {
        response.status = 201;
        response.body = std::string(request.Header("HOST")) + "|" + std::string(request.Header("x-one")) + "|" +
                        std::string(request.peer) + "|" + (request.encrypted ? "tls" : "plain") + "|" +
                        std::to_string(request.fields->size());
        response.request_id = "id-1";
        response.fields.emplace_back("X-Mixed-Case", "a\r\nb");
        return Progress::kDone;
      },
      options);
  H2Client client(running.https);
  const H2Answer answer = client.Wait(client.Get("/", {{"x-one", "1"}, {"x-one", "2"}}));
  EXPECT_EQ(answer.status, 201U);
  EXPECT_EQ(answer.body, "h|1|127.0.0.1|tls|3");
  EXPECT_TRUE(answer.Says("x-mixed-case", "a  b"));
  EXPECT_TRUE(answer.Says("x-amzn-requestid", "id-1"));
  EXPECT_TRUE(answer.Says("x-waypost-revision", "7"));
}

TEST_P(H2With, HundredStreamsAtOnceInAnyOrder) {
  std::mutex mutex;
  std::vector<std::pair<std::string, Deferred>> kept;
  Running running(
      [&](const Request& request, Response&, Later& later) {
        const std::lock_guard lock(mutex);
        kept.emplace_back(std::string(request.path), later.Defer());
        return Progress::kLater;
      },
      Served());
  H2Client client(running.https);
  std::vector<std::int32_t> streams;
  for (int i = 0; i < 100; ++i) streams.push_back(client.Get("/" + std::to_string(i)));
  ASSERT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex);
    return kept.size() == 100;
  })) << "none waits for another";
  std::thread([&kept] {
    for (auto at = kept.rbegin(); at != kept.rend(); ++at) {
      Response response;
      response.body = "answer to " + at->first;
      at->second.Send(std::move(response));
    }
  }).join();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client.Wait(streams[static_cast<std::size_t>(i)]).body, "answer to /" + std::to_string(i));
  }
}

TEST_P(H2With, PromiseThatIsDroppedIsA500) {
  Running running(
      [](const Request&, Response&, Later& later) {
        later.Defer();
        return Progress::kLater;
      },
      Served());
  H2Client client(running.https);
  EXPECT_EQ(client.Wait(client.Get("/")).status, 500U);
}

TEST_P(H2With, LargeBodiesBothWaysThroughSmallWindows) {
  Limits limits;
  limits.body_bytes_max = 4 << 20;
  Running running(Echo, Served(limits));
  H2Client client(running.https, {.window = 1000, .receive_buffer = 4096});
  std::string body;
  for (int i = 0; body.size() < 200'000; ++i) body += std::to_string(i);
  const std::int32_t first = client.Post("/", body);
  const std::int32_t second = client.Post("/", body + "!");
  EXPECT_TRUE(client.Wait(first).body == "POST|/||h|||" + body);
  EXPECT_TRUE(client.Wait(second).body == "POST|/||h|||" + body + "!");
  H2Client wide(running.https, {.window = 8 << 20});
  body.append(3 << 20, 'x');
  EXPECT_TRUE(wide.Wait(wide.Post("/", body)).body == "POST|/||h|||" + body);
}

TEST_P(H2With, StreamsOfPieces) {
  std::mutex mutex;
  std::vector<Stream> kept;
  Running running(
      [&](const Request&, Response& response, Later& later) {
        const std::lock_guard lock(mutex);
        response.content_type = "text/event-stream";
        kept.push_back(later.BeginStream());
        return Progress::kStream;
      },
      Served());
  H2Client client(running.https);
  const std::int32_t one = client.Get("/");
  const std::int32_t two = client.Get("/");
  ASSERT_TRUE(client.ReadUntil([&] { return client.answer(one).status != 0 && client.answer(two).status != 0; }))
      << "heads are sent before the first piece";
  EXPECT_TRUE(client.answer(one).Says("content-type", "text/event-stream"));
  EXPECT_EQ(client.answer(one).fields.count("content-length"), 0U);
  ASSERT_TRUE(kept[0].Write("first"));
  ASSERT_TRUE(client.ReadUntil([&] { return client.answer(one).body == "first"; })) << "pieces are not kept back";
  std::string want = "first";
  for (int i = 0; i < 5; ++i) {
    want.append(100'000, static_cast<char>('a' + i));
    ASSERT_TRUE(kept[0].Write(std::string(100'000, static_cast<char>('a' + i))));
  }
  ASSERT_TRUE(kept[1].Write("other"));
  kept[0].Close();
  kept[1].Close();
  EXPECT_TRUE(client.Wait(one).body == want);
  EXPECT_EQ(client.Wait(two).body, "other");
  EXPECT_EQ(kept[0].waiting(), 0U);
}

TEST_P(H2With, StreamWhoseClientLeavesIsClosed) {
  std::mutex mutex;
  std::vector<Stream> kept;
  Running running(
      [&](const Request&, Response&, Later& later) {
        const std::lock_guard lock(mutex);
        kept.push_back(later.BeginStream());
        return Progress::kStream;
      },
      Served());
  const auto closed = [&](std::size_t n) {
    return Eventually([&] {
      const std::lock_guard lock(mutex);
      return kept.size() > n && !kept[n].open();
    });
  };
  {
    H2Client client(running.https);
    const std::int32_t stream = client.Get("/");
    ASSERT_TRUE(client.ReadUntil([&] { return client.answer(stream).status != 0; }));
    client.Reset(stream, 8);
    EXPECT_TRUE(closed(0)) << "by RST_STREAM";
    const std::int32_t next = client.Get("/");
    ASSERT_TRUE(client.ReadUntil([&] { return client.answer(next).status != 0; }));
  }
  EXPECT_TRUE(closed(1)) << "by the connection's end";
}

TEST_P(H2With, RevisionIsWaitedFor) {
  std::atomic<std::uint64_t> revision = 1;
  Options options = Served();
  options.revision = [&revision] { return revision.load(); };
  Running running(Echo, options);
  H2Client client(running.https);
  const std::int32_t waiting = client.Get("/waits", {{"x-waypost-min-revision", "2"}});
  EXPECT_EQ(client.Wait(client.Get("/now")).status, 200U);
  EXPECT_FALSE(client.answer(waiting).closed.has_value());
  revision = 2;
  EXPECT_EQ(client.Wait(waiting).status, 200U);
  EXPECT_EQ(client.Wait(client.Get("/never", {{"x-waypost-min-revision", "3"}})).status, 503U);
}

TEST_P(H2With, StopAnswersWhatIsUnderWay) {
  std::mutex mutex;
  std::optional<Deferred> promise;
  Running running(
      [&](const Request&, Response&, Later& later) {
        const std::lock_guard lock(mutex);
        promise = later.Defer();
        return Progress::kLater;
      },
      Served());
  H2Client idle(running.https);
  H2Client client(running.https);
  idle.Ping();
  const std::int32_t stream = client.Get("/");
  ASSERT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex);
    return promise.has_value();
  }));
  std::thread stopper([&running] { running.server->Stop(steady_clock::now() + seconds(30)); });
  ASSERT_TRUE(client.ReadUntil([&client] { return client.goaway().has_value(); }));
  EXPECT_EQ(*client.goaway(), 0U);
  Response late;
  late.body = "late";
  promise->Send(std::move(late));
  EXPECT_EQ(client.Wait(stream).body, "late");
  EXPECT_TRUE(client.connection().ClosedWithin(kPatience));
  EXPECT_TRUE(client.connection().EndedInOrder());
  client.connection().Close();
  idle.ReadUntil([&idle] { return idle.goaway().has_value(); });
  EXPECT_EQ(idle.goaway(), 0U);
  stopper.join();
}

}  // namespace
}  // namespace waypost::http
