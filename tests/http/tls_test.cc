// HTTP/1.1 by TLS: the same sessions as without, behind a handshake.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "http/certificate.h"
#include "http/client.h"

namespace waypost::http {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kPatience(10);

Options With(const Certificate& certificate, Limits limits = {}, unsigned threads = 1) {
  Options options;
  options.https = {{"127.0.0.1:0"}, certificate.certificate(), certificate.key()};
  options.limits = limits;
  options.threads = threads;
  return options;
}

class TlsWith : public testing::TestWithParam<unsigned> {
 protected:
  const Certificate certificate_{"one.example"};
};
INSTANTIATE_TEST_SUITE_P(Workers, TlsWith, testing::Values(1U, 2U));

class TlsDoor : public testing::Test {
 protected:
  const Certificate certificate_{"one.example"};
};

TEST_P(TlsWith, KeepAliveAndPipelining) {
  Running running(Echo, With(certificate_, {}, GetParam()));
  Client client(running.https, ClientTls{});
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.Ask(Post("/a?b", "body"));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->body, "POST|/a|b|h|||body");
  }
  std::string many;
  for (int i = 0; i < 500; ++i) many += Post("/", std::to_string(i));
  client.Send(many);
  for (int i = 0; i < 500; ++i) {
    const auto answer = client.Read();
    ASSERT_TRUE(answer.has_value()) << i;
    EXPECT_EQ(answer->body, "POST|/||h|||" + std::to_string(i));
  }
}

TEST_P(TlsWith, BytesOneByOne) {
  Running running(Echo, With(certificate_, {}, GetParam()));
  Client client(running.https, ClientTls{});
  for (const char byte : Post("/", "slow")) client.Send({&byte, 1});  // a record each
  const auto answer = client.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "POST|/||h|||slow");
}

TEST_F(TlsDoor, RequestsSayHowTheyCame) {
  Options options = With(certificate_);
  options.listen = {"127.0.0.1:0"};
  Running running(
      [](const Request& request, Response& response, Later&) {
        response.body.append(request.encrypted ? "tls " : "plain ").append(request.peer).append(" ");
        response.body.append(request.local);
        return Progress::kDone;
      },
      options);
  auto answer = Client(running.https, ClientTls{}).Ask(Post("/", ""));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "tls 127.0.0.1 127.0.0.1");
  answer = Client(running.address).Ask(Post("/", ""));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "plain 127.0.0.1 127.0.0.1");
}

TEST_F(TlsDoor, ProtocolsAreChosen) {
  Running running(Echo, With(certificate_));
  EXPECT_EQ(Client(running.https, ClientTls{}).protocol(), "");
  EXPECT_EQ(Client(running.https, ClientTls{.protocols = {"http/1.1"}}).protocol(), "http/1.1");
  EXPECT_EQ(Client(running.https, ClientTls{.protocols = {"http/1.1", "h2"}}).protocol(), "h2");
  EXPECT_THROW(Client(running.https, ClientTls{.protocols = {"dot", "ftp"}}), std::runtime_error);
}

TEST_F(TlsDoor, OldVersionsAreRefused) {
  Running running(Echo, With(certificate_));
  EXPECT_THROW(Client(running.https, ClientTls{.version_max = TLS1_1_VERSION}), std::runtime_error);
  EXPECT_NO_THROW(Client(running.https, ClientTls{.version_max = TLS1_2_VERSION}));
  EXPECT_NO_THROW(Client(running.https, ClientTls{.version_max = TLS1_3_VERSION}));
}

TEST_F(TlsDoor, OtherTalkIsCut) {
  Running running(Echo, With(certificate_));
  Client plain(running.https);
  plain.Send(Post("/", ""));
  EXPECT_TRUE(plain.ClosedWithin(kPatience));
  Client reset(running.https);
  reset.Reset();
  EXPECT_TRUE(Client(running.https, ClientTls{}).Ask(Post("/", "")).has_value());
}

TEST_P(TlsWith, LargeBodiesBothWays) {
  Limits limits;
  limits.body_bytes_max = 4 << 20;
  Running running(Echo, With(certificate_, limits, GetParam()));
  Client client(running.https, ClientTls{}, 4096);
  std::string body;
  for (int i = 0; body.size() < (3 << 20); ++i) body += std::to_string(i);
  std::thread sender([&client, &body] { client.Send(Post("/", body)); });
  sender.join();
  const auto answer = client.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->body == "POST|/||h|||" + body);
}

TEST_F(TlsDoor, LimitsHold) {
  Limits limits;
  limits.body_bytes_max = 1000;
  limits.header_bytes_max = 2000;
  Running running(Echo, With(certificate_, limits));
  Client body(running.https, ClientTls{});
  auto answer = body.Ask(Post("/", std::string(1001, 'x')));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 413U);
  EXPECT_TRUE(body.ClosedWithin(kPatience));
  EXPECT_TRUE(body.EndedInOrder());
  Client head(running.https, ClientTls{});
  answer = head.Ask("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(2001, 'x') + "\r\n\r\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 431U);
}

TEST_F(TlsDoor, TheEndIsAnnounced) {
  Running running(Echo, With(certificate_));
  Client client(running.https, ClientTls{});
  ASSERT_TRUE(client.Ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").has_value());
  EXPECT_TRUE(client.ClosedWithin(kPatience));
  EXPECT_TRUE(client.EndedInOrder());
  Client idle(running.https, ClientTls{});
  ASSERT_TRUE(idle.Ask(Post("/", "")).has_value());
  running.server->Stop(steady_clock::now() + kPatience);
  EXPECT_TRUE(idle.ClosedWithin(kPatience));
  EXPECT_TRUE(idle.EndedInOrder());
}

TEST_P(TlsWith, StreamsAndDeferredAnswers) {
  std::mutex mutex;
  std::optional<Stream> stream;
  std::optional<Deferred> promise;
  Running running(
      [&](const Request& request, Response&, Later& later) {
        const std::lock_guard lock(mutex);
        if (request.path == "/stream") {
          stream = later.BeginStream();
          return Progress::kStream;
        }
        promise = later.Defer();
        return Progress::kLater;
      },
      With(certificate_, {}, GetParam()));
  const auto kept = [&mutex](auto& promised) {
    const std::lock_guard lock(mutex);
    return promised.has_value();
  };
  Client client(running.https, ClientTls{});
  client.Send(Post("/later", ""));
  ASSERT_TRUE(Eventually([&] { return kept(promise); }));
  Response late;
  late.body = "late";
  promise->Send(std::move(late));
  auto answer = client.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "late");
  client.Send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(client.Read(true).has_value());
  ASSERT_TRUE(Eventually([&] { return kept(stream); }));
  const std::string piece(100'000, 'x');
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(stream->Write(piece));
  stream->Close();
  std::string all;
  while (!all.ends_with("\r\n0\r\n\r\n")) {
    const std::string some = client.ReceiveSome();
    ASSERT_FALSE(some.empty());
    all += some;
  }
  EXPECT_GE(all.size(), 500'000U);
}

TEST_F(TlsDoor, ClientOfAStreamThatLeavesIsSeen) {
  std::mutex mutex;
  std::optional<Stream> stream;
  Running running(
      [&](const Request&, Response&, Later& later) {
        const std::lock_guard lock(mutex);
        stream = later.BeginStream();
        return Progress::kStream;
      },
      With(certificate_));
  {
    Client client(running.https, ClientTls{});
    client.Send(Post("/", ""));
    ASSERT_TRUE(client.Read(true).has_value());
  }
  EXPECT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex);
    return !stream->open();
  }));
}

/// One worker: it accepts in the order of connecting.
TEST_F(TlsDoor, HandshakesAreLimited) {
  Limits limits;
  limits.handshake = seconds(1);
  limits.connections_max = 2;
  Running running(Echo, With(certificate_, limits));
  const auto start = steady_clock::now();
  Client silent(running.https);
  Client served(running.https, ClientTls{});
  ASSERT_TRUE(served.Ask(Post("/", "")).has_value()) << "a handshake that hangs holds up nobody";
  EXPECT_THROW(Client(running.https, ClientTls{}), std::runtime_error) << "it counts as a connection";
  EXPECT_TRUE(silent.ClosedWithin(kPatience));
  EXPECT_GE(steady_clock::now() - start, limits.handshake);
  EXPECT_TRUE(Eventually([&running] {
    try {
      return Client(running.https, ClientTls{}).Ask(Post("/", "")).has_value();
    } catch (const std::runtime_error&) {
      return false;
    }
  }));
}

TEST_P(TlsWith, StopDoesNotWaitForHandshakes) {
  Running running(Echo, With(certificate_, {}, GetParam()));
  Client silent(running.https);
  const auto start = steady_clock::now();
  running.server->Stop(start + seconds(30));
  EXPECT_LT(steady_clock::now() - start, kPatience);
}

TEST_F(TlsDoor, ReloadWhileConnectionsLive) {
  const Certificate second("two.example");
  const Certificate third("three.example");
  Running running(Echo, With(certificate_));
  Client before(running.https, ClientTls{});
  EXPECT_EQ(before.server_name(), "one.example");
  certificate_.Become(second);
  EXPECT_EQ(Client(running.https, ClientTls{}).server_name(), "one.example") << "nobody has said so yet";
  ASSERT_TRUE(running.server->ReloadCertificate().ok());
  EXPECT_EQ(Client(running.https, ClientTls{}).server_name(), "two.example");
  EXPECT_TRUE(before.Ask(Post("/", "")).has_value()) << "live connections go on";

  certificate_.BecomeKeyOf(third);
  const model::Status bad = running.server->ReloadCertificate();
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, model::Code::kConfig);
  EXPECT_NE(bad.error().message.find(certificate_.key()), std::string::npos) << bad.error().message;
  EXPECT_EQ(Client(running.https, ClientTls{}).server_name(), "two.example") << "the old pair stays";
}

TEST_P(TlsWith, ReloadUnderLoad) {
  Running running(Echo, With(certificate_, {}, GetParam()));
  std::atomic<bool> done = false;
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back([&] {
      while (!done) {
        if (Client(running.https, ClientTls{}).Ask(Post("/", "")).has_value()) ++answered;
      }
    });
  }
  while (answered < 50) ASSERT_TRUE(running.server->ReloadCertificate().ok());
  done = true;
  for (std::thread& client : clients) client.join();
}

TEST_F(TlsDoor, WhatCannotBeUsedIsSaid) {
  FunctionHandler handler(Echo);
  struct Case {
    std::string certificate, key, says;
  };
  const Certificate other("other.example");
  for (const Case& wrong : {Case{"/nowhere.pem", certificate_.key(), "/nowhere.pem"},
                            Case{certificate_.certificate(), "/nowhere.pem", "/nowhere.pem"},
                            Case{certificate_.key(), certificate_.key(), "no start line"},
                            Case{certificate_.certificate(), other.key(), "key values mismatch"}}) {
    Options options;
    options.https = {{"127.0.0.1:0"}, wrong.certificate, wrong.key};
    const model::Status bound = Server(options, handler).Bind();
    ASSERT_FALSE(bound.ok());
    EXPECT_EQ(bound.error().code, model::Code::kConfig);
    EXPECT_NE(bound.error().message.find(wrong.says), std::string::npos) << bound.error().message;
  }
}

}  // namespace
}  // namespace waypost::http
