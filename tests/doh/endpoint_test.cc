#include "waypost/doh/endpoint.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "doh/exchange.h"
#include "doh/message.h"

namespace waypost::doh {
namespace {

const std::string kQuery("\0\0\1\0\0\1\0\0\0\0\0\0\1a\2zz\0\0\1\0\1", 22);
const std::string kQueryText = "AAABAAABAAAAAAAAAWECenoAAAEAAQ";

std::vector<std::uint8_t> Octets(const std::string& text) { return {text.begin(), text.end()}; }

/// A DNS server that says one thing, and remembers what it was asked.
struct Answering {
  std::vector<std::uint8_t> response = Message().Answer({.ttl = 60}).octets();
  std::vector<std::uint8_t> asked = {};
  std::optional<dns::Asker> asker = {};

  Endpoint::Ask ask() {
    return [this](std::vector<std::uint8_t> query, const dns::Asker& from, const Endpoint::Done& done) {
      asked = std::move(query);
      asker = from;
      done(response);
    };
  }
};

struct Served {
  Answering answering = {};
  Endpoint endpoint;
  explicit Served(Options options = {.plain = true}) : endpoint(answering.ask(), std::move(options)) {}

  HttpAnswer Ask(const std::string& method, const std::string& target, const std::string& body = "",
                 const std::string& type = "application/dns-message") {
    return Exchange(endpoint, {method, target, body, type});
  }
};

TEST(Endpoint, PostAndGet) {
  Served served;
  struct Case {
    const char* name;
    const char* method;
    std::string target;
    std::string body;
    std::string type;
  };
  const Case cases[] = {{"post", "POST", "/dns-query", kQuery, "application/dns-message"},
                        {"post with a parameter", "POST", "/dns-query", kQuery, "Application/DNS-Message; x=y"},
                        {"get", "GET", "/dns-query?dns=" + kQueryText, "", ""},
                        {"get among others", "GET", "/dns-query?a=b&dns=" + kQueryText + "&ct", "", ""}};
  for (const Case& one : cases) {
    served.answering.asked.clear();
    const HttpAnswer answer = served.Ask(one.method, one.target, one.body, one.type);
    EXPECT_EQ(answer.status, 200U) << one.name;
    EXPECT_EQ(answer.fields.at("content-type"), "application/dns-message") << one.name;
    EXPECT_EQ(answer.fields.at("cache-control"), "max-age=60") << one.name;
    EXPECT_EQ(Octets(answer.body), served.answering.response) << one.name;
    EXPECT_EQ(served.answering.asked, Octets(kQuery)) << one.name;
  }
  ASSERT_TRUE(served.answering.asker.has_value());
  EXPECT_EQ(served.answering.asker->client.str(), "127.0.0.1");
  EXPECT_EQ(served.answering.asker->local.str(), "127.0.0.1");
  EXPECT_EQ(served.answering.asker->transport, dns::Transport::kHttps);
}

TEST(Endpoint, HeadIsGetWithoutItsBody) {
  Served served;
  const HttpAnswer answer = served.Ask("HEAD", "/dns-query?dns=" + kQueryText);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(answer.fields.at("content-length"), std::to_string(served.answering.response.size()));
}

TEST(Endpoint, ErrorsOfDnsAreGoodHttp) {
  Served served;
  served.answering.response = Message(2).octets();
  const HttpAnswer answer = served.Ask("POST", "/dns-query", kQuery);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.fields.at("cache-control"), "no-store");
}

TEST(Endpoint, WhatIsNoMessage) {
  Served served;
  struct Case {
    const char* name;
    HttpAnswer answer;
    unsigned want;
  };
  const Case cases[] = {
      {"other type", served.Ask("POST", "/dns-query", kQuery, "application/json"), 415},
      {"no type", served.Ask("POST", "/dns-query", kQuery, ""), 415},
      {"too large", served.Ask("POST", "/dns-query", std::string(65536, 'x')), 413},
      {"too short", served.Ask("POST", "/dns-query", std::string(11, 'x')), 400},
      {"empty", served.Ask("POST", "/dns-query", ""), 400},
      {"padded", served.Ask("GET", "/dns-query?dns=" + kQueryText + "=="), 400},
      {"percent-encoded", served.Ask("GET", "/dns-query?dns=" + kQueryText + "%3D%3D"), 400},
      {"not there", served.Ask("GET", "/dns-query"), 400},
      {"of another name", served.Ask("GET", "/dns-query?xdns=" + kQueryText), 400},
      {"twice", served.Ask("GET", "/dns-query?dns=" + kQueryText + "&dns=" + kQueryText), 400},
      {"short text", served.Ask("GET", "/dns-query?dns=AAAB"), 400},
      {"method", served.Ask("PUT", "/dns-query", kQuery), 405},
      {"path", served.Ask("POST", "/dns-queries", kQuery), 404},
  };
  for (const Case& one : cases) EXPECT_EQ(one.answer.status, one.want) << one.name;
  EXPECT_EQ(cases[11].answer.fields.at("allow"), "GET, HEAD, POST");
  EXPECT_TRUE(served.answering.asked.empty()) << "none of them reached DNS";
  EXPECT_EQ(served.Ask("POST", "/dns-query", std::string(65535, 'x')).status, 200U) << "the largest message";
}

TEST(Endpoint, MessageWithoutAnAnswer) {
  Served served;
  served.answering.response.clear();
  EXPECT_EQ(served.Ask("POST", "/dns-query", kQuery).status, 400U);
}

TEST(Endpoint, PlainConnectionsAreRefusedUnlessWanted) {
  Served served{Options{}};
  EXPECT_EQ(served.Ask("POST", "/dns-query", kQuery).status, 403U);
  EXPECT_EQ(served.Ask("GET", "/dns-query?dns=" + kQueryText).status, 403U);
  EXPECT_TRUE(served.answering.asked.empty());
}

TEST(Endpoint, AnotherPath) {
  Served served{Options{.path = "/resolve", .plain = true}};
  EXPECT_EQ(served.Ask("POST", "/resolve", kQuery).status, 200U);
  EXPECT_EQ(served.Ask("POST", "/dns-query", kQuery).status, 404U);
}

}  // namespace
}  // namespace waypost::doh
