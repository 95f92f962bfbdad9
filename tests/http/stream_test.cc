// Bodies without a known end: written by other threads, for clients that read, that do not, and that are gone.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "http/client.h"

namespace waypost::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kPatience(10);

/// Begins a stream for each request at any path but /now, and keeps it.
class Source {
 public:
  Progress Serve(const Request& request, Response& response, Later& later) {
    if (request.path == "/now") return Echo(request, response, later);
    response.content_type = "text/event-stream";
    response.body = "of no use";
    const std::lock_guard lock(mutex_);
    kept_.push_back(later.BeginStream());
    return Progress::kStream;
  }
  /// The stream of the n-th such request; waits for it.
  Stream At(std::size_t n) {
    EXPECT_TRUE(Eventually([this, n] { return size() > n; }));
    const std::lock_guard lock(mutex_);
    return kept_.at(n);
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }
  void Drop() {
    const std::lock_guard lock(mutex_);
    kept_.clear();
  }
  FunctionHandler::Function function() {
    return [this](const Request& request, Response& response, Later& later) { return Serve(request, response, later); };
  }

 private:
  std::mutex mutex_;
  std::vector<Stream> kept_;
};

Options With(unsigned threads, Limits limits = {}) {
  Options options;
  options.threads = threads;
  options.limits = limits;
  return options;
}

const std::string kAsk = "GET /s HTTP/1.1\r\nHost: h\r\n\r\n";

std::string ReadLine(Client& client) {
  std::string line;
  while (!line.ends_with("\r\n")) {
    const std::string byte = client.Receive(1);
    if (byte.empty()) return "(end of connection)";
    line += byte;
  }
  line.resize(line.size() - 2);
  return line;
}

/// The next chunk's data; none: the last chunk, with nothing behind it.
std::optional<std::string> ReadChunk(Client& client) {
  const std::string line = ReadLine(client);
  EXPECT_EQ(line.find_first_not_of("0123456789abcdef"), std::string::npos) << line;
  const std::size_t size = std::stoul("0" + line, nullptr, 16);
  std::string data = client.Receive(size);
  EXPECT_EQ(data.size(), size);
  EXPECT_EQ(ReadLine(client), "");
  if (size == 0) return std::nullopt;
  return data;
}

/// Chunks until they hold `size` bytes, or to the last one.
std::string ReadBody(Client& client, std::size_t size = std::string::npos) {
  std::string body;
  while (body.size() < size) {
    const std::optional<std::string> chunk = ReadChunk(client);
    if (!chunk) break;
    body += *chunk;
  }
  return body;
}

class StreamWith : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Workers, StreamWith, testing::Values(1U, 2U));

TEST_P(StreamWith, PiecesComeInOrderAndTheConnectionGoesOn) {
  Source source;
  Running running(source.function(), With(GetParam()));
  Client client(running.address);
  for (std::size_t round = 0; round < 3; ++round) {
    client.Send(kAsk);
    const auto head = client.Read(true);
    ASSERT_TRUE(head.has_value()) << "the head is sent before the first piece";
    EXPECT_EQ(head->status, 200U);
    EXPECT_TRUE(head->Says("transfer-encoding", "chunked"));
    EXPECT_TRUE(head->Says("content-type", "text/event-stream"));
    EXPECT_EQ(head->fields.count("content-length"), 0U);
    EXPECT_EQ(head->fields.count("connection"), 0U);
    const Stream stream = source.At(round);
    std::string want;
    std::thread([&stream, &want] {
      for (int i = 0; i < 1000; ++i) {
        want += std::to_string(i) + ",";
        EXPECT_TRUE(stream.Write(std::to_string(i) + ","));
      }
      stream.Close();
      EXPECT_FALSE(stream.open());
      EXPECT_FALSE(stream.Write("late"));
    }).join();
    EXPECT_EQ(ReadBody(client), want);
    const auto next = client.Ask(Post("/now", "x"));
    ASSERT_TRUE(next.has_value());
    EXPECT_EQ(next->body, "POST|/now||h|||x");
  }
}

TEST_P(StreamWith, AChunkIsItsSizeAndItsBytes) {
  Source source;
  Running running(source.function(), With(GetParam()));
  Client client(running.address);
  client.Send(kAsk);
  ASSERT_TRUE(client.Read(true).has_value());
  const Stream stream = source.At(0);
  EXPECT_TRUE(stream.Write(""));  // would be the last chunk
  EXPECT_TRUE(stream.Write(std::string(26, 'a')));
  const std::string first = "1a\r\n" + std::string(26, 'a') + "\r\n";
  EXPECT_EQ(client.Receive(first.size()), first);
  EXPECT_TRUE(Eventually([&] { return stream.waiting() == 0; }));
  stream.Close();
  EXPECT_EQ(client.Receive(5), "0\r\n\r\n");
}

TEST_P(StreamWith, LargePiecesAreSentWhole) {
  Source source;
  Running running(source.function(), With(GetParam()));
  Client client(running.address, 4096);
  client.Send(kAsk);
  ASSERT_TRUE(client.Read(true).has_value());
  const Stream stream = source.At(0);
  std::string want;
  for (int i = 0; i < 9; ++i) {
    want.append(100'000, static_cast<char>('a' + i));
    ASSERT_TRUE(stream.Write(std::string(100'000, static_cast<char>('a' + i))));
  }
  stream.Close();
  EXPECT_EQ(ReadBody(client), want);
  EXPECT_EQ(stream.waiting(), 0U);
}

TEST_P(StreamWith, SeveralWritersEachKeepTheirOrder) {
  Source source;
  Running running(source.function(), With(GetParam()));
  Client client(running.address);
  client.Send(kAsk);
  ASSERT_TRUE(client.Read(true).has_value());
  {
    const Stream stream = source.At(0);
    source.Drop();
    std::vector<std::thread> writers;
    for (const char name : {'a', 'b', 'c'}) {
      writers.emplace_back([stream, name] {
        for (char i = 0; i < 100; ++i) stream.Write({name, i});
      });
    }
    for (std::thread& writer : writers) writer.join();
  }  // the last copy goes: the stream ends
  const std::string body = ReadBody(client);
  ASSERT_EQ(body.size(), 600U);
  std::map<char, char> next;
  for (std::size_t i = 0; i < body.size(); i += 2) EXPECT_EQ(body[i + 1], next[body[i]]++) << i;
}

TEST_P(StreamWith, BeyondTheLimitTheClientIsCutOff) {
  Limits limits;
  limits.stream_bytes_max = 1000;
  std::optional<Stream> at_limit;
  std::optional<Stream> beyond;
  std::atomic<int> served = 0;
  // While Serve runs nothing is sent, so that what waits is known.
  Running running(
      [&](const Request& request, Response&, Later& later) {
        const Stream stream = later.BeginStream();
        EXPECT_TRUE(stream.Write(std::string(600, 'x')));
        EXPECT_TRUE(stream.Write(std::string(400, 'x')));
        EXPECT_EQ(stream.waiting(), 1000U);
        if (request.path == "/beyond") {
          EXPECT_FALSE(stream.Write("y"));
          EXPECT_FALSE(stream.open());
          beyond = stream;
        } else {
          EXPECT_TRUE(stream.open());
          at_limit = stream;
        }
        ++served;
        return Progress::kStream;
      },
      With(GetParam(), limits));
  Client fast(running.address);
  fast.Send(kAsk);
  ASSERT_TRUE(fast.Read(true).has_value());
  EXPECT_EQ(ReadBody(fast, 1000), std::string(1000, 'x'));
  ASSERT_TRUE(Eventually([&] { return at_limit->waiting() == 0; }));
  EXPECT_TRUE(at_limit->Write("more")) << "what was sent waits no longer";
  EXPECT_EQ(ReadBody(fast, 4), "more");

  Client slow(running.address);
  slow.Send("GET /beyond HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(slow.ClosedWithin(kPatience));
  EXPECT_EQ(served, 2);
  EXPECT_TRUE(at_limit->open()) << "others go on";
}

TEST_P(StreamWith, AClientThatDoesNotReadIsCutAtTheWriteDeadline) {
  Limits limits;
  limits.write = seconds(1);
  limits.stream_bytes_max = 64 << 20;
  Source source;
  Running running(source.function(), With(GetParam(), limits));
  Client client(running.address, 4096);
  client.Send(kAsk);
  const Stream stream = source.At(0);
  const auto start = steady_clock::now();
  EXPECT_TRUE(stream.Write(std::string(32 << 20, 'x')));
  EXPECT_TRUE(Eventually([&] { return !stream.open(); }));
  EXPECT_GE(steady_clock::now() - start + milliseconds(50), limits.write);
}

TEST_P(StreamWith, SilenceIsNoReasonToCut) {
  Limits limits;
  limits.write = limits.idle = limits.request = seconds(1);
  Source source;
  Running running(source.function(), With(GetParam(), limits));
  Client client(running.address);
  client.Send(kAsk);
  ASSERT_TRUE(client.Read(true).has_value());
  EXPECT_FALSE(client.ClosedWithin(milliseconds(3500)));
  EXPECT_TRUE(source.At(0).Write("still here"));
  EXPECT_EQ(ReadBody(client, 10), "still here");
}

TEST_P(StreamWith, AClientThatLeavesIsNoticed) {
  Source source;
  Options options = With(GetParam());
  options.limits.connections_max = 3;
  Running running(source.function(), options);
  Client closed(running.address);
  Client reset(running.address);
  Client behind(running.address);  // its end stands behind bytes that nobody reads
  std::size_t asked = 0;
  for (Client* client : {&closed, &reset, &behind}) {
    client->Send(client == &behind ? kAsk + Post("/now", "x") : kAsk);
    ASSERT_TRUE(client->Read(true).has_value());
    EXPECT_TRUE(source.At(asked++).open());
  }
  closed.Close();
  reset.Reset();
  behind.Close();
  for (std::size_t i = 0; i < 3; ++i) {
    const Stream stream = source.At(i);
    EXPECT_TRUE(Eventually([&stream] { return !stream.open(); })) << i;
    EXPECT_FALSE(stream.Write("to nobody"));
  }
  EXPECT_TRUE(Eventually([&running] { return Client(running.address).Ask(Post("/now", "")).has_value(); }));
}

TEST_P(StreamWith, StopEndsStreamsInGoodOrder) {
  Source source;
  auto running = std::make_unique<Running>(source.function(), With(GetParam()));
  Client client(running->address);
  client.Send(kAsk);
  ASSERT_TRUE(client.Read(true).has_value());
  const Stream stream = source.At(0);
  EXPECT_TRUE(stream.Write("before"));
  const auto start = steady_clock::now();
  running->server->Stop(start + seconds(30));
  EXPECT_LT(steady_clock::now() - start, seconds(10)) << "nobody waits for a stream";
  EXPECT_FALSE(stream.open());
  EXPECT_FALSE(stream.Write("after"));
  EXPECT_EQ(ReadBody(client), "before");
  EXPECT_TRUE(client.ClosedWithin(kPatience));
  running.reset();
  EXPECT_FALSE(stream.Write("long after"));
  stream.Close();
}

TEST_P(StreamWith, WritersRaceStop) {
  for (int i = 0; i < 20; ++i) {
    Source source;
    auto running = std::make_unique<Running>(source.function(), With(GetParam()));
    std::vector<std::unique_ptr<Client>> clients;
    for (std::size_t c = 0; c < 4; ++c) {
      clients.push_back(std::make_unique<Client>(running->address));
      clients.back()->Send(kAsk);
      source.At(c);
    }
    std::thread writer([&source] {
      bool open = true;
      while (open) {
        open = false;
        for (std::size_t c = 0; c < 4; ++c) open = source.At(c).Write("x") || open;
      }
    });
    running.reset();
    writer.join();
  }
}

TEST_P(StreamWith, OldClientsGetABodyThatEndsWithTheConnection) {
  Source source;
  Running running(source.function(), With(GetParam()));
  Client client(running.address);
  client.Send("GET /s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto head = client.Read(true);
  ASSERT_TRUE(head.has_value());
  EXPECT_TRUE(head->Says("connection", "close"));
  EXPECT_EQ(head->fields.count("transfer-encoding"), 0U);
  EXPECT_EQ(head->fields.count("content-length"), 0U);
  const Stream stream = source.At(0);
  stream.Write("one");
  stream.Write("two");
  stream.Close();
  EXPECT_EQ(client.Receive(100), "onetwo");
  EXPECT_TRUE(client.ClosedWithin(kPatience));
}

TEST_P(StreamWith, HeadGetsTheHeadOnly) {
  Source source;
  Running running(source.function(), With(GetParam()));
  Client client(running.address);
  client.Send("HEAD /s HTTP/1.1\r\nHost: h\r\n\r\n" + Post("/now", "x"));
  const auto head = client.Read(true);
  ASSERT_TRUE(head.has_value());
  EXPECT_TRUE(head->Says("transfer-encoding", "chunked"));
  EXPECT_FALSE(source.At(0).open());
  EXPECT_FALSE(source.At(0).Write("x"));
  const auto next = client.Read();
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->body, "POST|/now||h|||x");
}

TEST_P(StreamWith, BegunButAnsweredOtherwise) {
  std::optional<Stream> kept;
  Running running(
      [&kept](const Request& request, Response& response, Later& later) -> Progress {
        if (request.path == "/none") return Progress::kStream;
        kept = later.BeginStream();
        kept->Write("never seen");
        if (request.path == "/throw") throw std::runtime_error("x");
        if (request.path == "/empty") response.status = 204;
        if (request.path == "/empty") return Progress::kStream;
        response.body = "at once";
        return Progress::kDone;
      },
      With(1));
  Client client(running.address);
  struct Case {
    const char* path;
    unsigned status;
  };
  for (const Case& c : {Case{"/done", 200}, Case{"/throw", 500}, Case{"/none", 500}, Case{"/empty", 204}}) {
    const auto answer = client.Ask("GET " + std::string(c.path) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(answer.has_value()) << c.path;
    EXPECT_EQ(answer->status, c.status) << c.path;
    EXPECT_EQ(answer->fields.count("transfer-encoding"), 0U) << c.path;
    EXPECT_FALSE(kept->open()) << c.path;
    EXPECT_FALSE(kept->Write("x")) << c.path;
  }
}

TEST(Stream, OfNobody) {
  const Stream stream;
  EXPECT_FALSE(stream.open());
  EXPECT_FALSE(stream.Write("x"));
  EXPECT_EQ(stream.waiting(), 0U);
  stream.Close();
}

}  // namespace
}  // namespace waypost::http
