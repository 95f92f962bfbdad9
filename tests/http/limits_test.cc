// Every limit of http::Limits: at it, and one past it.
#include <gtest/gtest.h>

#include <chrono>

#include "http/client.h"

namespace waypost::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kPatience(10);

Options With(Limits limits, unsigned threads = 1) {
  Options options;
  options.limits = limits;
  options.threads = threads;
  return options;
}

TEST(Limits, Body) {
  Limits limits;
  limits.body_bytes_max = 100'000;
  Running running(Echo, With(limits));
  Client client(running.address);
  auto answer = client.Ask(Post("/", std::string(100'000, 'x')));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->body.size(), 100'000 + std::string("POST|/||h|||").size());
  answer = client.Ask(Post("/", std::string(100'001, 'x')));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 413U);
  EXPECT_TRUE(answer->Says("connection", "close"));
}

TEST(Limits, Head) {
  Limits limits;
  limits.header_bytes_max = 2000;
  Running running(Echo, With(limits));
  const std::string fixed = "GET / HTTP/1.1\r\nHost: h\r\nX: \r\n\r\n";
  const auto of_size = [&fixed](std::size_t size) {
    return "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(size - fixed.size(), 'x') + "\r\n\r\n";
  };
  Client client(running.address);
  auto answer = client.Ask(of_size(2000));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200U);
  answer = client.Ask(of_size(2001));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 431U);
}

class LimitsWith : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Workers, LimitsWith, testing::Values(1U, 2U));

TEST_P(LimitsWith, Connections) {
  Limits limits;
  limits.connections_max = 3;
  Running running(Echo, With(limits, GetParam()));
  Client a(running.address);
  Client b(running.address);
  auto c = std::make_unique<Client>(running.address);
  for (Client* client : {&a, &b, c.get()}) ASSERT_TRUE(client->Ask(Post("/", "")).has_value());
  Client beyond(running.address);
  EXPECT_TRUE(beyond.ClosedWithin(kPatience));
  ASSERT_TRUE(a.Ask(Post("/", "")).has_value()) << "those within the limit go on";
  c.reset();
  // The place is free once the server has seen the close.
  EXPECT_TRUE(Eventually([&running] { return Client(running.address).Ask(Post("/", "")).has_value(); }));
}

/// The server must close `client`, not before `limit` and not much later.
void ExpectCutAfter(Client& client, seconds limit, steady_clock::time_point since) {
  EXPECT_TRUE(client.ClosedWithin(kPatience));
  const auto took = steady_clock::now() - since;
  EXPECT_GE(took, limit);
  EXPECT_LT(took, limit + seconds(5));
}

TEST(Limits, Idle) {
  Limits limits;
  limits.idle = seconds(1);
  Running running(Echo, With(limits));
  const auto start = steady_clock::now();
  Client silent(running.address);
  Client served(running.address);
  ASSERT_TRUE(served.Ask(Post("/", "")).has_value());
  ExpectCutAfter(silent, limits.idle, start);
  ExpectCutAfter(served, limits.idle, start);
}

TEST(Limits, RequestThatDripsIsCutAndOneInTimeIsNot) {
  Limits limits;
  limits.request = seconds(1);
  Running running(Echo, With(limits));
  const auto start = steady_clock::now();
  Client client(running.address);
  Client head_only(running.address);
  Client head_method(running.address);
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  head_only.Send("GET / HTTP/1.1\r\nHost: h\r\n");
  head_method.Send("HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
  head_method.Send(std::string(20'000, 'x'));  // its buffer moves
  // A byte at a time does not move the deadline.
  while (!client.ClosedWithin(milliseconds(50)) && steady_clock::now() - start < kPatience) client.SendSome("x");
  const auto took = steady_clock::now() - start;
  EXPECT_GE(took, limits.request);
  EXPECT_LT(took, seconds(6));
  const auto answer = head_only.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 408U);
  EXPECT_TRUE(head_only.ClosedWithin(kPatience));
  EXPECT_TRUE(head_method.ClosedWithin(kPatience));
  Client idle(running.address);
  EXPECT_FALSE(idle.ClosedWithin(milliseconds(2500))) << "the request limit is not the idle limit";
}

TEST(Limits, WriteToAClientThatDoesNotRead) {
  Limits limits;
  limits.write = seconds(1);
  std::atomic<int> served = 0;
  Running running(
      [&served](const Request&, Response& response, Later&) {
        response.body.assign(32 << 20, 'x');
        ++served;
        return Progress::kDone;
      },
      With(limits));
  {
    Client client(running.address, 4096);
    client.Send(Post("/", ""));
    ASSERT_TRUE(Eventually([&served] { return served == 1; }));
    // Nothing is read until the server has given up: what is left in the kernel's buffers is no whole answer.
    const auto start = steady_clock::now();
    while (client.Send("x") && steady_clock::now() - start < kPatience) {
    }
    EXPECT_GE(steady_clock::now() - start + milliseconds(50), limits.write);
    EXPECT_FALSE(client.Read().has_value());
  }
  Client reader(running.address);
  reader.Send(Post("/", ""));
  const auto answer = reader.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body.size(), 32U << 20);
}

TEST(Limits, ClientsThatVanishAnywhere) {
  Running running(Echo);
  const std::string request = Post("/", std::string(300, 'x'));
  for (std::size_t cut = 0; cut <= request.size(); cut += 13) {
    Client reset(running.address);
    reset.Send(request.substr(0, cut));
    reset.Reset();
    Client closed(running.address);
    closed.Send(request.substr(0, cut));
  }
  Client client(running.address);
  EXPECT_TRUE(client.Ask(request).has_value());
}

}  // namespace
}  // namespace waypost::http
