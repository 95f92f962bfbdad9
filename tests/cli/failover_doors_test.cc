#include "cli/failover_doors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace waypost::cli {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

// Where an answer is awaited that comes, and where one is that does not.
constexpr std::chrono::milliseconds kLong{10'000};
constexpr std::chrono::milliseconds kShort{50};
const asio::ip::address_v4 kHere = asio::ip::address_v4::loopback();
// Where no client has its end of a connection: the port that UDP gets is free for TCP too.
const std::string kDnsHost = "127.88.0.1";

/// The answer to a query: 10.0.0.7.
Bytes Answer(const Bytes& query) {
  Bytes answer = query;
  answer[2] = 0x85;
  answer[7] = 1;
  answer.resize(query.size() - 11);  // without its OPT
  answer[11] = 0;
  for (const std::uint8_t octet : {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 7}) answer.push_back(octet);
  return answer;
}

/// A DNS server by script.
class Dns : public testing::Test {
 protected:
  Dns()
      : udp_(context_, udp::endpoint(asio::ip::make_address(kDnsHost), 0)),
        acceptor_(context_, tcp::endpoint(asio::ip::make_address(kDnsHost), Port())) {}
  std::string Door() const { return kDnsHost + ":" + std::to_string(Port()); }
  std::uint16_t Port() const { return udp_.local_endpoint().port(); }
  Bytes Receive() {
    Bytes query(512);
    query.resize(udp_.receive_from(asio::buffer(query), client_));
    return query;
  }
  void Send(const Bytes& answer) { udp_.send_to(asio::buffer(answer), client_); }
  model::Result<DnsAnswer> Ask(std::chrono::milliseconds patience) {
    auto door = DnsDoor::Open(Door());
    return door->Ask("web.shop.example", DnsType::kA, patience);
  }

  asio::io_context context_;
  udp::socket udp_;
  tcp::acceptor acceptor_;
  udp::endpoint client_;
};

TEST_F(Dns, WaitsForTheAnswerToItsOwnQuestion) {
  std::thread server([this] {
    const Bytes query = Receive();
    Bytes other = Answer(query);
    other[0] ^= 1;
    Send(other);
    Send({1, 2, 3});
    Send(Answer(query));
  });
  const auto answer = Ask(kLong);
  server.join();
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  ASSERT_EQ(1U, answer->answers.size());
  EXPECT_EQ("10.0.0.7", answer->answers[0].data);
}

TEST_F(Dns, AsksByTcpWhereTheAnswerWasCut) {
  std::thread server([this] {
    Bytes cut = Answer(Receive());
    cut[2] |= 2;
    Send(cut);
    tcp::socket socket = acceptor_.accept();
    std::array<std::uint8_t, 2> length{};
    asio::read(socket, asio::buffer(length));
    Bytes query(static_cast<std::size_t>(length[0]) << 8 | length[1]);
    asio::read(socket, asio::buffer(query));
    const Bytes answer = Answer(query);
    asio::write(socket, asio::buffer(Bytes{0, static_cast<std::uint8_t>(answer.size())}));
    asio::write(socket, asio::buffer(answer));
  });
  const auto answer = Ask(kLong);
  server.join();
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_FALSE(answer->truncated);
  EXPECT_EQ(1U, answer->answers.size());
}

TEST_F(Dns, AConnectionThatClosesIsNoAnswer) {
  std::thread server([this] {
    Bytes cut = Answer(Receive());
    cut[2] |= 2;
    Send(cut);
    acceptor_.accept().close();
  });
  const auto answer = Ask(kLong);
  server.join();
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message, HasSubstr("over TCP"));
}

TEST_F(Dns, SilenceIsNoAnswer) {
  const auto answer = Ask(kShort);
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message, HasSubstr("timed out"));
}

TEST_F(Dns, NobodyThereIsNoAnswer) {
  auto door = DnsDoor::Open(Door());
  udp_.close();
  const auto answer = door->Ask("web.shop.example", DnsType::kA, kLong);
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message, HasSubstr("refused"));
}

TEST(FailoverDoors, AddressesAreSplit) {
  EXPECT_EQ("::1", SplitDoor("[::1]:53")->host);
  EXPECT_EQ("53", SplitDoor("[::1]:53")->port);
  EXPECT_EQ("10.0.0.1", SplitDoor("10.0.0.1:53")->host);
  for (const char* bad : {"", ":", "10.0.0.1", "10.0.0.1:", ":53", "::1:53", "[::1]"}) {
    EXPECT_FALSE(SplitDoor(bad).ok()) << bad;
  }
}

/// A server of HTTP by script: one piece of text for each request, in turn.
class Api : public testing::Test {
 protected:
  Api() : acceptor_(context_, tcp::endpoint(kHere, 0)) {}
  std::string Endpoint() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
  static std::string Ok(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  /// Reads a request up to the end of its head; bodies here are `{}`.
  static std::string Read(tcp::socket& socket) {
    std::string request;
    const std::size_t head = asio::read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n");
    if (request.size() < head + 2) asio::read(socket, asio::dynamic_buffer(request), asio::transfer_exactly(2));
    return request;
  }

  asio::io_context context_;
  tcp::acceptor acceptor_;
};

TEST_F(Api, CallsSeveralTimesOnOneConnection) {
  std::vector<std::string> requests;
  std::thread server([&] {
    tcp::socket socket = acceptor_.accept();
    for (const char* body : {"first", "second"}) {
      requests.push_back(Read(socket));
      asio::write(socket, asio::buffer(Ok(body)));
    }
  });
  auto door = ApiDoor::Open(Endpoint());
  const auto first = door->Call("DiscoverInstances", "{}", kLong);
  const auto second = door->Call("GetService", "{}", kLong);
  server.join();
  ASSERT_TRUE(first.ok()) << first.error().message;
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_EQ("first", *first);
  EXPECT_EQ("second", *second);
  EXPECT_THAT(requests[0], HasSubstr("POST / HTTP/1.1\r\n"));
  EXPECT_THAT(requests[0], HasSubstr("X-Amz-Target: Route53AutoNaming_v20170314.DiscoverInstances\r\n"));
  EXPECT_THAT(requests[0], HasSubstr("Content-Type: application/x-amz-json-1.1\r\n"));
  EXPECT_THAT(requests[1], HasSubstr("Route53AutoNaming_v20170314.GetService\r\n"));
}

TEST_F(Api, ComesAgainWhenAKeptConnectionWasClosed) {
  std::thread server([&] {
    for (const char* body : {"first", "second"}) {
      tcp::socket socket = acceptor_.accept();
      Read(socket);
      asio::write(socket, asio::buffer(Ok(body)));
    }
  });
  auto door = ApiDoor::Open(Endpoint());
  EXPECT_EQ("first", door->Call("GetService", "{}", kLong).value());
  EXPECT_EQ("second", door->Call("GetService", "{}", kLong).value());
  server.join();
}

TEST_F(Api, SaysWhatTheServerSays) {
  std::thread server([&] {
    tcp::socket socket = acceptor_.accept();
    Read(socket);
    asio::write(socket, asio::buffer(std::string("HTTP/1.1 400 Bad Request\r\nContent-Length: 27\r\n\r\n"
                                                 R"({"Message":"no such thing"})")));
  });
  const auto answer = ApiDoor::Open(Endpoint())->Call("GetService", "{}", kLong);
  server.join();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(model::Code::kInvalidInput, answer.error().code);
  EXPECT_THAT(answer.error().message, HasSubstr("GetService answered 400: no such thing"));
}

TEST_F(Api, SilenceAndNonsenseAreNoAnswer) {
  EXPECT_THAT(ApiDoor::Open(Endpoint())->Call("GetService", "{}", kShort).error().message, HasSubstr("timeout"));
  std::thread server([&] {
    acceptor_.accept();  // the one above
    tcp::socket socket = acceptor_.accept();
    Read(socket);
    asio::write(socket, asio::buffer(std::string("I speak something else\r\n\r\n")));
  });
  EXPECT_EQ(model::Code::kIo, ApiDoor::Open(Endpoint())->Call("GetService", "{}", kLong).error().code);
  server.join();
}

TEST_F(Api, BodiesHaveALimit) {
  std::thread server([&] {
    tcp::socket socket = acceptor_.accept();
    Read(socket);
    asio::write(socket, asio::buffer("HTTP/1.1 200 OK\r\nContent-Length: " +
                                     std::to_string(ApiDoor::kAnswerBytesMax + 1) + "\r\n\r\n"));
  });
  EXPECT_FALSE(ApiDoor::Open(Endpoint())->Call("GetService", "{}", kLong).ok());
  server.join();
}

TEST_F(Api, EndpointsAreUrls) {
  for (const char* bad : {"", "127.0.0.1:5380", "https://127.0.0.1:5380", "http://", "http://:80"}) {
    EXPECT_FALSE(ApiDoor::Open(bad).ok()) << bad;
  }
  EXPECT_TRUE(ApiDoor::Open("http://x@127.0.0.1:5380/").ok());
  EXPECT_TRUE(ApiDoor::Open("http://127.0.0.1").ok());
  EXPECT_TRUE(ApiDoor::Open("http://[::1]:5380").ok());
}

}  // namespace
}  // namespace waypost::cli
