// How the server speaks HTTP/1.1, over real sockets, with one worker and with two.
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "http/client.h"

namespace waypost::http {
namespace {

class Manners : public testing::TestWithParam<unsigned> {
 protected:
  static Options With(unsigned threads) {
    Options options;
    options.threads = threads;
    options.revision = [] { return revision_.load(); };
    return options;
  }
  Manners() : running_(Echo, With(GetParam())) { revision_ = 41; }
  static inline std::atomic<std::uint64_t> revision_ = 41;
  Running running_;
};
INSTANTIATE_TEST_SUITE_P(Workers, Manners, testing::Values(1U, 2U));

TEST_P(Manners, Answer) {
  Client client(running_.address);
  const auto answer = client.Ask(
      "POST /p?q=1 HTTP/1.1\r\nHost: h:5\r\nX-Amz-Target: T.Op\r\nContent-Type: application/x-amz-json-1.1\r\n"
      "Content-Length: 2\r\n\r\n{}");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->body, "POST|/p|q=1|h:5|T.Op|application/x-amz-json-1.1|{}");
  EXPECT_TRUE(answer->Says("content-type", "text/plain"));
  EXPECT_TRUE(answer->Says("x-waypost-revision", "41"));
  EXPECT_EQ(answer->fields.count("connection"), 0U);
  ASSERT_EQ(answer->fields.count("date"), 1U);
  EXPECT_EQ(answer->fields.at("date").size(), 29U);
}

TEST_P(Manners, KeepsTheConnectionForTenThousandRequests) {
  Client client(running_.address);
  for (int i = 0; i < 10'000; ++i) {
    const auto answer = client.Ask(Post("/", std::to_string(i)));
    ASSERT_TRUE(answer.has_value()) << i;
    ASSERT_EQ(answer->body, "POST|/||h|||" + std::to_string(i));
  }
}

TEST_P(Manners, PipelinedAnswersComeInOrder) {
  std::string all;
  for (int i = 0; i < 500; ++i) all += Post("/", std::to_string(i) + std::string(static_cast<std::size_t>(i), 'x'));
  Client client(running_.address);
  ASSERT_TRUE(client.Send(all));
  for (int i = 0; i < 500; ++i) {
    const auto answer = client.Read();
    ASSERT_TRUE(answer.has_value()) << i;
    ASSERT_EQ(answer->body, "POST|/||h|||" + std::to_string(i) + std::string(static_cast<std::size_t>(i), 'x'));
  }
}

TEST_P(Manners, PipelinedByteByByte) {
  const std::string all =
      Post("/a", "one") +
      "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ntw\r\n1\r\no\r\n0\r\n\r\n" +
      "GET /c HTTP/1.1\r\nHost: h\r\n\r\n";
  Client client(running_.address);
  for (const char byte : all) ASSERT_TRUE(client.Send(std::string_view(&byte, 1)));
  for (const char* want : {"POST|/a||h|||one", "POST|/b||h|||two", "GET|/c||h|||"}) {
    const auto answer = client.Read();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->body, want);
  }
}

TEST_P(Manners, LargeChunkedBody) {
  std::string request = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string want = "POST|/||h|||";
  for (int i = 0; i < 2000; ++i) {
    request += "64\r\n" + std::string(100, static_cast<char>('a' + i % 26)) + "\r\n";
    want += std::string(100, static_cast<char>('a' + i % 26));
  }
  Client client(running_.address);
  const auto answer = client.Ask(request + "0\r\n\r\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, want);
}

TEST_P(Manners, AbsoluteForm) {
  Client client(running_.address);
  const auto answer =
      client.Ask("POST http://data-servicediscovery.x:5380/ HTTP/1.1\r\nHost: other\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "POST|/||data-servicediscovery.x:5380|||");
}

TEST_P(Manners, ConnectionClose) {
  Client client(running_.address);
  const auto answer =
      client.Ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->Says("connection", "close"));
  EXPECT_FALSE(client.Read().has_value()) << "what follows Connection: close is not answered";
}

TEST_P(Manners, Old) {
  Client closed(running_.address);
  auto answer = closed.Ask("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->Says("connection", "close"));
  EXPECT_TRUE(closed.ClosedWithin(std::chrono::seconds(10)));

  Client kept(running_.address);
  for (int i = 0; i < 2; ++i) {
    answer = kept.Ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    ASSERT_TRUE(answer.has_value());
    EXPECT_TRUE(answer->Says("connection", "keep-alive"));
  }
}

TEST_P(Manners, Head) {
  Client client(running_.address);
  ASSERT_TRUE(client.Send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nGET /y HTTP/1.1\r\nHost: h\r\n\r\n"));
  const auto head = client.Read(true);
  ASSERT_TRUE(head.has_value());
  EXPECT_TRUE(head->Says("content-length", std::to_string(std::string("HEAD|/x||h|||").size())));
  const auto next = client.Read();
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->body, "GET|/y||h|||");
}

TEST_P(Manners, HalfClosedClientIsAnswered) {
  Client client(running_.address);
  client.Send(Post("/", "x"));
  client.ShutdownSend();
  ASSERT_TRUE(client.Read().has_value());
  EXPECT_TRUE(client.ClosedWithin(std::chrono::seconds(10)));
}

TEST_P(Manners, Continue) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
  const std::string invitation = "HTTP/1.1 100 Continue\r\n\r\n";
  Client waiting(running_.address);
  waiting.Send(head);
  EXPECT_EQ(waiting.Receive(invitation.size()), invitation);
  auto answer = waiting.Ask("abc");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "POST|/||h|||abc");

  Client hasty(running_.address);
  answer = hasty.Ask(head + "abc");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200U) << "no invitation when the body is there";

  Client large(running_.address);
  answer = large.Ask("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 413U) << "nor when it will not be taken";
}

TEST_P(Manners, RefusalsAreJsonAndClose) {
  struct Case {
    std::string request;
    unsigned status;
    const char* code;
  };
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const Case& c :
       {Case{"nonsense\r\n\r\n", 400, "BadRequest"}, Case{"GET / HTTP/2.0\r\n\r\n", 505, "HttpVersionNotSupported"},
        Case{"GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n", 417, "ExpectationFailed"},
        Case{
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
            400, "BadRequest"},
        Case{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 36\r\n\r\n" + smuggled, 400,
             "BadRequest"},
        Case{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 36\r\n\r\n" + smuggled, 400, "BadRequest"},
        Case{"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n" + smuggled, 400,
             "BadRequest"}}) {
    Client client(running_.address);
    const auto answer = client.Ask(c.request);
    ASSERT_TRUE(answer.has_value()) << c.request;
    EXPECT_EQ(answer->status, c.status) << c.request;
    EXPECT_EQ(answer->body.find("{\"error\":{\"code\":\"" + std::string(c.code) + "\",\"message\":\""), 0U)
        << answer->body;
    EXPECT_TRUE(answer->Says("connection", "close"));
    EXPECT_TRUE(answer->Says("x-waypost-revision", "41"));
    EXPECT_FALSE(client.Read().has_value()) << c.request;
  }
}

TEST_P(Manners, RefusalIsReadableThoughTheClientStillSends) {
  // Closing with unread bytes would reset the connection and throw the answer away.
  Client client(running_.address);
  const std::string body(4 << 20, 'x');
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  client.Send(body);
  const auto answer = client.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 413U);
}

TEST_P(Manners, MinRevision) {
  const std::string ask = "GET / HTTP/1.1\r\nHost: h\r\nx-waypost-min-revision: 50\r\n\r\n";
  Client client(running_.address);
  auto answer = client.Ask(ask);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 503U);
  EXPECT_EQ(answer->body.find(R"({"error":{"code":"RevisionNotReached")"), 0U);
  EXPECT_TRUE(answer->Says("x-waypost-revision", "41"));

  client.Send(ask);
  Client other(running_.address);
  ASSERT_TRUE(other.Ask(Post("/", "")).has_value()) << "nobody else waits";
  revision_ = 50;
  answer = client.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200U);
  EXPECT_TRUE(answer->Says("x-waypost-revision", "50"));
}

TEST(Handlers, MayThrowCloseAndAddFields) {
  Running running([](const Request& request, Response& response, Later&) -> Progress {
    if (request.path == "/throw") throw std::runtime_error("x");
    if (request.path == "/later") return Progress::kLater;  // without taking a Deferred
    response.close = request.path == "/close";
    if (request.path == "/none") response.status = 204;
    response.fields.emplace_back("x-seen", std::string(request.Header("X-SENT")));
    return Progress::kDone;
  });
  Client client(running.address);
  auto answer = client.Ask("GET /throw HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 500U);
  EXPECT_EQ(answer->fields.count("x-waypost-revision"), 0U) << "not said without Options::revision";
  answer = client.Ask("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 500U);
  answer = client.Ask("GET /none HTTP/1.1\r\nHost: h\r\nx-sent: yes\r\n\r\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 204U);
  EXPECT_EQ(answer->fields.count("content-length"), 0U);
  EXPECT_TRUE(answer->Says("x-seen", "yes"));
  answer = client.Ask("GET /close HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->Says("connection", "close"));
  EXPECT_TRUE(client.ClosedWithin(std::chrono::seconds(10)));
}

}  // namespace
}  // namespace waypost::http
