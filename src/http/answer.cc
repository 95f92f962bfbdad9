#include "http/answer.h"

#include <charconv>

namespace waypost::http {
namespace {

/// Reason phrase. A status without one here gets none, as RFC 9112 4 allows.
std::string_view Reason(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

void AppendNumber(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), value);
  out.append(digits, end);
}

void PutTwo(char* at, int value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

HttpDate FormatDate(std::time_t now) {
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::tm parts = {};
  gmtime_r(&now, &parts);
  HttpDate date;
  constexpr std::string_view kShape = "Sun, 00 Jan 0000 00:00:00 GMT";
  kShape.copy(date.data(), date.size());
  kDays.copy(date.data(), 3, static_cast<std::size_t>(parts.tm_wday) * 3);
  PutTwo(date.data() + 5, parts.tm_mday);
  kMonths.copy(date.data() + 8, 3, static_cast<std::size_t>(parts.tm_mon) * 3);
  const int year = parts.tm_year + 1900;
  PutTwo(date.data() + 12, year / 100);
  PutTwo(date.data() + 14, year % 100);
  PutTwo(date.data() + 17, parts.tm_hour);
  PutTwo(date.data() + 20, parts.tm_min);
  PutTwo(date.data() + 23, parts.tm_sec);
  return date;
}

bool HasBody(unsigned status) { return status >= 200 && status != 204 && status != 304; }

void AppendFieldValue(std::string& out, std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back((byte < 0x20 && c != '\t') || byte == 0x7f ? ' ' : c);
  }
}

void WriteAnswerHead(std::string& out, const Response& response, const AnswerHead& head) {
  out.assign("HTTP/1.1 ");
  AppendNumber(out, response.status);
  out.push_back(' ');
  out.append(Reason(response.status));
  if (HasBody(response.status)) {
    out.append("\r\nContent-Type: ").append(response.content_type);
    if (head.end == BodyEnd::kLength) {
      out.append("\r\nContent-Length: ");
      AppendNumber(out, response.body.size());
    } else if (head.end == BodyEnd::kChunked) {
      out.append("\r\nTransfer-Encoding: chunked");
    }
  }
  out.append("\r\nDate: ").append(head.date);
  if (head.revision) {
    out.append("\r\nx-waypost-revision: ");
    AppendNumber(out, *head.revision);
  }
  if (!response.request_id.empty()) {
    out.append("\r\nx-amzn-RequestId: ");
    AppendFieldValue(out, response.request_id);
  }
  for (const auto& [name, value] : response.fields) {
    out.append("\r\n").append(name).append(": ");
    AppendFieldValue(out, value);
  }
  if (head.after == AfterAnswer::kClose) out.append("\r\nConnection: close");
  if (head.after == AfterAnswer::kKeepAlive) out.append("\r\nConnection: keep-alive");
  out.append("\r\n\r\n");
}

}  // namespace waypost::http
