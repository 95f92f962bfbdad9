#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace waypost::http {
namespace {

constexpr std::size_t kHeaderMax = 8192;
constexpr std::size_t kBodyMax = 64;

struct Outcome {
  RequestParser::State state = RequestParser::State::kMore;
  unsigned status = 0;
  std::string method, path, query, host, body, rest;
  bool keep_alive = false;
  bool operator==(const Outcome&) const = default;
};

/// Parses `bytes` given in steps of `step`, each time in a buffer of exactly that size at a new place.
Outcome ParseInSteps(const std::string& bytes, std::size_t step) {
  RequestParser parser({kHeaderMax, kBodyMax});
  std::vector<char> held;
  Outcome outcome;
  std::size_t at = 0;
  while (outcome.state == RequestParser::State::kMore && at < bytes.size()) {
    const std::size_t count = std::min(step, bytes.size() - at);
    std::vector<char> moved(held);
    moved.insert(moved.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + count));
    moved.shrink_to_fit();
    held.swap(moved);
    at += count;
    std::size_t size = held.size();
    outcome.state = parser.Parse(held.data(), size);
    held.resize(size);
  }
  if (outcome.state == RequestParser::State::kRefused) outcome.status = parser.refusal().status;
  if (outcome.state == RequestParser::State::kComplete) {
    outcome.method = parser.head().method;
    outcome.path = parser.head().path;
    outcome.query = parser.head().query;
    outcome.host = parser.head().host;
    outcome.body = parser.body();
    outcome.keep_alive = parser.head().keep_alive;
    outcome.rest =
        std::string(held.begin() + static_cast<std::ptrdiff_t>(parser.consumed()), held.end()) + bytes.substr(at);
  }
  return outcome;
}

struct Good {
  const char* name;
  std::string request;
  std::string method, path, query, host, body;
  bool keep_alive = true;
};

class ParserGood : public testing::TestWithParam<Good> {};

TEST_P(ParserGood, HoweverCut) {
  const Good& good = GetParam();
  for (const std::size_t step : {1UL, 2UL, 3UL, 7UL, 64UL, 100000UL}) {
    const Outcome got = ParseInSteps(good.request + "NEXT", step);
    ASSERT_EQ(got.state, RequestParser::State::kComplete) << step << " status " << got.status;
    EXPECT_EQ(got.method, good.method);
    EXPECT_EQ(got.path, good.path);
    EXPECT_EQ(got.query, good.query);
    EXPECT_EQ(got.host, good.host);
    EXPECT_EQ(got.body, good.body);
    EXPECT_EQ(got.keep_alive, good.keep_alive);
    EXPECT_EQ(got.rest, "NEXT") << step;
  }
}

const std::string kHost = "Host: h:1\r\n";
const std::string kChunked = "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    Table, ParserGood,
    testing::Values(
        Good{"Get", "GET /a/b?c=d&e HTTP/1.1\r\n" + kHost + "\r\n", "GET", "/a/b", "c=d&e", "h:1", ""},
        Good{"EmptyQuery", "GET /? HTTP/1.1\r\n" + kHost + "\r\n", "GET", "/", "", "h:1", ""},
        Good{"LeadingEmptyLines", "\r\n\r\nGET / HTTP/1.1\r\n" + kHost + "\r\n", "GET", "/", "", "h:1", ""},
        Good{"Body", "POST / HTTP/1.1\r\n" + kHost + "content-LENGTH: 5 \r\n\r\nhello", "POST", "/", "", "h:1",
             "hello"},
        Good{"SameLengthTwice", "POST / HTTP/1.1\r\n" + kHost + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
             "POST", "/", "", "h:1", "ab"},
        Good{"Absolute", "POST http://data-x.example:5380/p?q HTTP/1.1\r\n" + kHost + "\r\n", "POST", "/p", "q",
             "data-x.example:5380", ""},
        Good{"AbsoluteBare", "GET HTTPS://x HTTP/1.1\r\n" + kHost + "\r\n", "GET", "/", "", "x", ""},
        Good{"AbsoluteQuery", "GET http://x?y HTTP/1.1\r\n" + kHost + "\r\n", "GET", "/", "y", "x", ""},
        Good{"Asterisk", "OPTIONS * HTTP/1.1\r\n" + kHost + "\r\n", "OPTIONS", "*", "", "h:1", ""},
        Good{"Old", "GET / HTTP/1.0\r\n\r\n", "GET", "/", "", "", "", false},
        Good{"OldKept", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET", "/", "", "", "", true},
        Good{"Close", "GET / HTTP/1.1\r\n" + kHost + "Connection: x, CLOSE\r\n\r\n", "GET", "/", "", "h:1", "", false},
        Good{"CloseWins", "GET / HTTP/1.1\r\n" + kHost + "Connection: close, keep-alive\r\n\r\n", "GET", "/", "", "h:1",
             "", false},
        Good{"Chunked", kChunked + "5\r\nhello\r\n1 ;ext=\"v\"\r\n!\r\n0\r\n\r\n", "POST", "/", "", "h:1", "hello!"},
        Good{"ChunkedEmpty", kChunked + "0\r\n\r\n", "POST", "/", "", "h:1", ""},
        Good{"ChunkedTrailer", kChunked + "00A\r\n0123456789\r\n0\r\nX: y\r\nZ:\r\n\r\n", "POST", "/", "", "h:1",
             "0123456789"},
        Good{"ValueWithTabAndHighBytes", "GET / HTTP/1.1\r\n" + kHost + "X: a\tb \xc3\xa4 c d e f g\r\n\r\n", "GET",
             "/", "", "h:1", ""},
        Good{"BodyAtLimit", kChunked + "40\r\n" + std::string(kBodyMax, 'x') + "\r\n0\r\n\r\n", "POST", "/", "", "h:1",
             std::string(kBodyMax, 'x')},
        Good{"LengthAtLimit", "POST / HTTP/1.1\r\n" + kHost + "Content-Length: 64\r\n\r\n" + std::string(kBodyMax, 'x'),
             "POST", "/", "", "h:1", std::string(kBodyMax, 'x')}),
    [](const auto& test) { return test.param.name; });

struct Bad {
  const char* name;
  std::string request;
  unsigned status;
};

class ParserBad : public testing::TestWithParam<Bad> {};

TEST_P(ParserBad, HoweverCut) {
  for (const std::size_t step : {1UL, 3UL, 100000UL}) {
    const Outcome got = ParseInSteps(GetParam().request, step);
    EXPECT_EQ(got.state, RequestParser::State::kRefused) << step;
    EXPECT_EQ(got.status, GetParam().status) << step;
  }
}

std::string With(const std::string& fields) { return "POST / HTTP/1.1\r\n" + kHost + fields + "\r\n"; }

INSTANTIATE_TEST_SUITE_P(
    Table, ParserBad,
    testing::Values(
        Bad{"Tls", "\x16\x03\x01", 400}, Bad{"NoSpace", "GET\r\n\r\n", 400}, Bad{"OneSpace", "GET /\r\n\r\n", 400},
        Bad{"TwoSpaces", "GET  / HTTP/1.1\r\n" + kHost + "\r\n", 400},
        Bad{"SpaceInTarget", "GET /a b HTTP/1.1\r\n" + kHost + "\r\n", 400},
        Bad{"LowerCaseVersion", "GET / http/1.1\r\n" + kHost + "\r\n", 400},
        Bad{"LongVersion", "GET / HTTP/1.10\r\n" + kHost + "\r\n", 400}, Bad{"Http2", "PRI * HTTP/2.0\r\n\r\nSM", 505},
        Bad{"Http3", "GET / HTTP/3.0\r\n\r\n", 505}, Bad{"Connect", "CONNECT h:1 HTTP/1.1\r\n" + kHost + "\r\n", 400},
        Bad{"Fragment", "GET /#a HTTP/1.1\r\n" + kHost + "\r\n", 400},
        Bad{"OtherScheme", "GET ftp://h/ HTTP/1.1\r\n" + kHost + "\r\n", 400},
        Bad{"NoAuthority", "GET http:///a HTTP/1.1\r\n" + kHost + "\r\n", 400},
        Bad{"UserInfo", "GET http://a@b/ HTTP/1.1\r\n" + kHost + "\r\n", 400}, Bad{"BareLf", "GET / HTTP/1.1\n\n", 400},
        Bad{"BareLfInFields", "GET / HTTP/1.1\r\nHost: h\n\r\n", 400}, Bad{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        Bad{"TwoHosts", With("Host: i\r\n"), 400}, Bad{"BareCr", With("A: b\rc\r\n"), 400},
        Bad{"Null", With(std::string("A: b\0c\r\n", 8)), 400}, Bad{"Delete", With("A: bcdefghijk\x7f\r\n"), 400},
        Bad{"Folded", With(" A: b\r\n"), 400}, Bad{"SpaceBeforeColon", With("A : b\r\n"), 400},
        Bad{"NoColon", With("Ab\r\n"), 400}, Bad{"NoName", With(": b\r\n"), 400},
        Bad{"LengthAndChunked", With("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
        Bad{"ChunkedAndLength", With("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
        Bad{"TwoLengths", With("Content-Length: 3\r\nContent-Length: 4\r\n"), 400},
        Bad{"LengthList", With("Content-Length: 3, 3\r\n"), 400},
        Bad{"LengthSigned", With("Content-Length: +3\r\n"), 400},
        Bad{"LengthNegative", With("Content-Length: -3\r\n"), 400},
        Bad{"LengthHex", With("Content-Length: 0x3\r\n"), 400}, Bad{"LengthEmpty", With("Content-Length: \r\n"), 400},
        Bad{"LengthOverflow", With("Content-Length: 18446744073709551616\r\n"), 400},
        Bad{"LengthPastLimit", With("Content-Length: 65\r\n"), 413},
        Bad{"ChunkedTwice", With("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
        Bad{"Gzip", With("Transfer-Encoding: gzip, chunked\r\n"), 400},
        Bad{"ChunkedXchunked", With("Transfer-Encoding: xchunked\r\n"), 400},
        Bad{"ChunkedOld", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        Bad{"Expect", With("Expect: tea\r\n"), 417}, Bad{"MinRevision", With("x-waypost-min-revision: -1\r\n"), 400},
        Bad{"ChunkNoSize", kChunked + "\r\n", 400}, Bad{"ChunkNegative", kChunked + "-1\r\n", 400},
        Bad{"ChunkPrefix", kChunked + "0x1\r\n", 400}, Bad{"ChunkJunk", kChunked + "1 x\r\n", 400},
        Bad{"ChunkBareLf", kChunked + "1\nx\r\n", 400}, Bad{"ChunkNoEnd", kChunked + "1\r\nxy\r\n", 400},
        Bad{"ChunkOverflow", kChunked + "10000000000000000\r\n", 413}, Bad{"ChunkPastLimit", kChunked + "41\r\n", 413},
        Bad{"ChunksPastLimit", kChunked + "40\r\n" + std::string(64, 'x') + "\r\n1\r\n", 413},
        Bad{"TrailerMalformed", kChunked + "0\r\nbad\r\n\r\n", 400}),
    [](const auto& test) { return test.param.name; });

/// One request of exactly `head` bytes of head.
std::string OfHeadSize(std::size_t head) {
  const std::string fixed = With("X: \r\n");
  return With("X: " + std::string(head - fixed.size(), 'x') + "\r\n");
}

TEST(RequestParserLimits, Head) {
  EXPECT_EQ(ParseInSteps(OfHeadSize(kHeaderMax), 100000).state, RequestParser::State::kComplete);
  EXPECT_EQ(ParseInSteps(OfHeadSize(kHeaderMax), 5).state, RequestParser::State::kComplete);
  EXPECT_EQ(ParseInSteps(OfHeadSize(kHeaderMax + 1), 100000).status, 431U);
  EXPECT_EQ(ParseInSteps(OfHeadSize(kHeaderMax + 1), 5).status, 431U);
  EXPECT_EQ(ParseInSteps("GET /" + std::string(kHeaderMax, 'a'), 100).status, 431U) << "without any line end";
}

TEST(RequestParserLimits, Fields) {
  std::string fields;
  for (std::size_t i = 1; i < kFieldsMax; ++i) fields += "A: b\r\n";
  EXPECT_EQ(ParseInSteps(With(fields), 100000).state, RequestParser::State::kComplete);
  EXPECT_EQ(ParseInSteps(With(fields + "A: b\r\n"), 100000).status, 431U);
}

TEST(RequestParserLimits, LeadingLines) {
  std::string lines;
  for (std::size_t i = 0; i < kLeadingLinesMax; ++i) lines += "\r\n";
  EXPECT_EQ(ParseInSteps(lines + With(""), 1).state, RequestParser::State::kComplete);
  EXPECT_EQ(ParseInSteps(lines + "\r\n" + With(""), 1).status, 400U);
}

TEST(RequestParserLimits, ChunkLine) {
  const std::string end = "\r\nx\r\n0\r\n\r\n";
  EXPECT_EQ(ParseInSteps(kChunked + "1;" + std::string(kChunkLineMax - 4, 'e') + end, 1).state,
            RequestParser::State::kComplete);
  EXPECT_EQ(ParseInSteps(kChunked + "1;" + std::string(kChunkLineMax - 3, 'e') + end, 1).status, 400U);
}

TEST(RequestParserLimits, Trailers) {
  const std::string fixed = "X: \r\n\r\n";
  const auto trailers = [&fixed](std::size_t size) {
    return kChunked + "0\r\nX: " + std::string(size - fixed.size(), 't') + "\r\n\r\n";
  };
  EXPECT_EQ(ParseInSteps(trailers(kHeaderMax), 11).state, RequestParser::State::kComplete);
  EXPECT_EQ(ParseInSteps(trailers(kHeaderMax + 1), 11).status, 431U);
}

TEST(RequestParser, ContinueIsDueOnceAndOnlyBeforeTheBody) {
  std::string early = With("Expect: 100-Continue\r\nContent-Length: 2\r\n");
  std::size_t size = early.size();
  RequestParser parser({kHeaderMax, kBodyMax});
  EXPECT_EQ(parser.Parse(early.data(), size), RequestParser::State::kMore);
  EXPECT_TRUE(parser.TakeContinue());
  EXPECT_FALSE(parser.TakeContinue());

  std::string begun = early + "a";
  size = begun.size();
  RequestParser second({kHeaderMax, kBodyMax});
  EXPECT_EQ(second.Parse(begun.data(), size), RequestParser::State::kMore);
  EXPECT_FALSE(second.TakeContinue());
}

}  // namespace
}  // namespace waypost::http
