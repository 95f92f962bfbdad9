// What one HTTP/2 connection may take, and what happens beyond.
#include "http/h2_limits.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <mutex>

#include "http/certificate.h"
#include "http/h2_client.h"
#include "http/request_head.h"

namespace waypost::http {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kPatience(10);

class H2Limits : public testing::Test {
 protected:
  Options Served(Limits limits = {}) const {
    Options options;
    options.https = {{"127.0.0.1:0"}, certificate_.certificate(), certificate_.key()};
    options.limits = limits;
    return options;
  }
  const Certificate certificate_{"one.example"};
};

/// Keeps what was promised, and answers nobody.
FunctionHandler::Function Keeping(std::mutex& mutex, std::vector<Deferred>& kept) {
  return [&](const Request&, Response&, Later& later) {
    const std::lock_guard lock(mutex);
    kept.push_back(later.Defer());
    return Progress::kLater;
  };
}

TEST_F(H2Limits, Body) {
  Limits limits;
  limits.body_bytes_max = 100'000;
  Running running(Echo, Served(limits));
  H2Client client(running.https);
  EXPECT_EQ(client.Wait(client.Post("/", std::string(100'000, 'x'))).status, 200U);
  const H2Answer beyond = client.Wait(client.Post("/", std::string(200'000, 'x')));
  EXPECT_EQ(beyond.status, 413U);
  EXPECT_TRUE(beyond.ended) << "the answer is whole";
  EXPECT_EQ(client.Wait(client.PostHalf("/", "", {{"content-length", "100001"}})).status, 413U);
  EXPECT_EQ(client.Wait(client.Post("/", "x")).status, 200U) << "the connection goes on";
}

TEST_F(H2Limits, Head) {
  Limits limits;
  limits.header_bytes_max = 2000;
  Running running(Echo, Served(limits));
  H2Client client(running.https);
  EXPECT_EQ(client.Wait(client.Get("/", {{"x", std::string(1500, 'x')}})).status, 200U);
  EXPECT_EQ(client.Wait(client.Get("/", {{"x", std::string(2000, 'x')}})).status, 431U);
  const H2Fields many(kFieldsMax + 1, {"x", ""});
  EXPECT_EQ(client.Wait(client.Get("/", many)).status, 431U);
  EXPECT_EQ(client.Wait(client.Get("/")).status, 200U);
}

TEST_F(H2Limits, MalformedRequests) {
  Running running(Echo, Served());
  H2Client client(running.https);
  EXPECT_EQ(client.Wait(client.Get("/a#b")).status, 400U);
  EXPECT_EQ(client.Wait(client.Get("/", {{"x-waypost-min-revision", "x"}})).status, 400U);
  EXPECT_EQ(client.Wait(client.Get("/", {{"expect", "miracles"}})).status, 417U);
  EXPECT_EQ(client.Wait(client.Get("/", {{"transfer-encoding", "chunked"}})).closed, NGHTTP2_PROTOCOL_ERROR);
  EXPECT_EQ(client.Wait(client.Post("/", "xx", {{"content-length", "1"}})).closed, NGHTTP2_PROTOCOL_ERROR);
  EXPECT_EQ(client.Wait(client.Get("/")).status, 200U);
}

TEST_F(H2Limits, ExpectationIsMet) {
  Running running(Echo, Served());
  H2Client client(running.https);
  const H2Answer answer = client.Wait(client.Post("/", "x", {{"expect", "100-continue"}}));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.interim, 100U);
}

TEST_F(H2Limits, OtherTalkIsCut) {
  Running running(Echo, Served());
  Client client(running.https, ClientTls{.protocols = {"h2"}});
  client.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.ClosedWithin(kPatience));
}

TEST_F(H2Limits, BodiesHeldTogether) {
  Limits limits;
  limits.body_bytes_max = 5000;  // all of them fit into the connection's first window
  Running running(Echo, Served(limits));
  H2Client client(running.https);
  std::vector<std::int32_t> streams;
  for (std::size_t i = 0; i < kBodiesHeldMax; ++i) streams.push_back(client.PostHalf("/", std::string(5000, 'x')));
  const std::int32_t beyond = client.Post("/", "x");
  EXPECT_EQ(client.Wait(beyond).closed, NGHTTP2_REFUSED_STREAM);
  client.Reset(streams[0], NGHTTP2_CANCEL);
  EXPECT_EQ(client.Wait(client.Post("/", "x")).status, 200U);
}

TEST_F(H2Limits, RapidResetIsCalmedDown) {
  std::mutex mutex;
  std::vector<Deferred> kept;
  Running running(Keeping(mutex, kept), Served());
  H2Client client(running.https);
  for (std::uint32_t i = 0; i < 3 * kResetsBurst; ++i) client.Reset(client.Get("/"), NGHTTP2_CANCEL);
  ASSERT_TRUE(client.ReadUntil([&client] { return client.goaway().has_value(); }));
  EXPECT_EQ(*client.goaway(), NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_TRUE(client.connection().ClosedWithin(kPatience));
  const std::lock_guard lock(mutex);
  EXPECT_LE(kept.size(), kResetsBurst + 2 * kResetsPerSweep + 100);
}

TEST_F(H2Limits, ModestResetsAreNot) {
  std::mutex mutex;
  std::vector<Deferred> kept;
  Running running(Keeping(mutex, kept), Served());
  H2Client client(running.https);
  for (std::uint32_t i = 0; i < kResetsBurst; ++i) client.Reset(client.Get("/"), NGHTTP2_CANCEL);
  const std::int32_t last = client.Get("/");
  ASSERT_TRUE(client.ReadUntil([&] {
    const std::lock_guard lock(mutex);
    for (const Deferred& promise : kept) promise.Send({});
    client.Ping();  // so that something comes to look at
    return client.answer(last).closed.has_value();
  }));
  EXPECT_EQ(client.answer(last).status, 200U);
  EXPECT_FALSE(client.goaway().has_value());
}

TEST_F(H2Limits, StreamsAtOnce) {
  Limits limits;
  limits.streams_max = 3;
  std::mutex mutex;
  std::vector<Deferred> kept;
  Running running(Keeping(mutex, kept), Served(limits));
  H2Client client(running.https);  // nghttp2 keeps to what the server says once it has heard it
  for (int i = 0; i < 10; ++i) client.Get("/");
  client.Ping();
  EXPECT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex);
    return kept.size() >= 3;
  }));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(kept.size(), 3U);
}

TEST_F(H2Limits, FloodOfPingsFromAClientThatDoesNotRead) {
  Limits limits;
  limits.write = seconds(1);
  Running running(Echo, Served(limits));
  H2Client client(running.https, {.receive_buffer = 4096});
  // Once the acknowledgements fill the sockets nothing is read any more, and in the end the client is cut off.
  while (client.Ping(100)) {
  }
  H2Client other(running.https);
  EXPECT_EQ(other.Wait(other.Get("/")).status, 200U);
}

TEST_F(H2Limits, Idle) {
  Limits limits;
  limits.idle = seconds(1);
  Running running(Echo, Served(limits));
  const auto start = steady_clock::now();
  H2Client client(running.https);
  EXPECT_EQ(client.Wait(client.Get("/")).status, 200U);
  EXPECT_TRUE(client.ReadUntil([&client] { return client.goaway().has_value(); }));
  EXPECT_EQ(client.goaway(), NGHTTP2_NO_ERROR);
  EXPECT_TRUE(client.connection().ClosedWithin(kPatience));
  EXPECT_GE(steady_clock::now() - start, limits.idle);
}

TEST_F(H2Limits, RequestThatDoesNotEnd) {
  Limits limits;
  limits.request = seconds(1);
  Running running(Echo, Served(limits));
  H2Client client(running.https);
  const H2Answer answer = client.Wait(client.PostHalf("/", "half"));
  EXPECT_EQ(answer.status, 408U);
  EXPECT_EQ(client.Wait(client.Get("/")).status, 200U);
}

TEST_F(H2Limits, AnswerThatIsNotTaken) {
  Limits limits;
  limits.write = seconds(1);
  Running running(
      [](const Request& request, Response& response, Later&) {
        response.body.assign(request.path == "/large" ? 1 << 20 : 1, 'x');
        return Progress::kDone;
      },
      Served(limits));
  H2Client client(running.https, {.window = 1000, .takes = false});
  const std::int32_t large = client.Get("/large");
  ASSERT_TRUE(client.ReadUntil([&] { return client.answer(large).body.size() == 1000; }));
  EXPECT_EQ(client.Wait(client.Get("/small")).status, 200U) << "one stream's window holds up no other";
  EXPECT_EQ(client.Wait(large).closed, NGHTTP2_CANCEL);
  EXPECT_EQ(client.answer(large).body.size(), 1000U) << "never more than the window";
}

TEST_F(H2Limits, StreamOfPiecesThatAreNotTaken) {
  Limits limits;
  limits.stream_bytes_max = 100'000;
  std::mutex mutex;
  std::vector<Stream> kept;
  Running running(
      [&](const Request& request, Response& response, Later& later) {
        if (request.path == "/now") return Echo(request, response, later);
        const std::lock_guard lock(mutex);
        kept.push_back(later.BeginStream());
        return Progress::kStream;
      },
      Served(limits));
  H2Client client(running.https, {.window = 1000, .takes = false});
  const std::int32_t stream = client.Get("/");
  ASSERT_TRUE(client.ReadUntil([&] { return client.answer(stream).status != 0; }));
  std::size_t written = 0;
  while (kept[0].Write(std::string(1000, 'x')) && written < 10'000'000) written += 1000;
  EXPECT_LE(written, limits.stream_bytes_max + 2000);
  EXPECT_EQ(client.Wait(stream).closed, NGHTTP2_CANCEL);
  EXPECT_EQ(client.Wait(client.Get("/now")).status, 200U);
}

}  // namespace
}  // namespace waypost::http
