#include "http/answer.h"

#include <gtest/gtest.h>

namespace waypost::http {
namespace {

std::string DateOf(std::time_t at) {
  const HttpDate date = FormatDate(at);
  return std::string(date.data(), date.size());
}

TEST(Answer, Dates) {
  EXPECT_EQ(DateOf(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 5.6.7's own example
  EXPECT_EQ(DateOf(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(DateOf(951782399), "Mon, 28 Feb 2000 23:59:59 GMT");
}

TEST(Answer, Head) {
  Response response;
  response.status = 404;
  response.body = "12345";
  response.fields.emplace_back("x-one", "a\r\nSet-Cookie: b");
  std::string out = "old";
  WriteAnswerHead(out, response, {"D", 7, AfterAnswer::kClose});
  EXPECT_EQ(out,
            "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 5\r\nDate: D\r\n"
            "x-waypost-revision: 7\r\nx-one: a  Set-Cookie: b\r\nConnection: close\r\n\r\n");
}

TEST(Answer, NoBodyNoLength) {
  Response response;
  response.status = 204;
  std::string out;
  WriteAnswerHead(out, response, {"D", {}, AfterAnswer::kOpen});
  EXPECT_EQ(out, "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n");
  EXPECT_FALSE(HasBody(304));
  EXPECT_TRUE(HasBody(200));
}

}  // namespace
}  // namespace waypost::http
