#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "waypost/http/message.h"

namespace waypost::http {

/// What an answer says about the connection behind it.
enum class AfterAnswer : std::uint8_t {
  kOpen,       ///< HTTP/1.1's default, not said
  kKeepAlive,  ///< for HTTP/1.0 clients that asked for it
  kClose,
};

/// How an answer says where its body ends.
enum class BodyEnd : std::uint8_t {
  kLength,      ///< Content-Length
  kChunked,     ///< Transfer-Encoding: chunked
  kConnection,  ///< with the connection: for streams to HTTP/1.0 clients
};

/// `Date` of an answer: IMF-fixdate (RFC 9110 5.6.7), 29 characters.
using HttpDate = std::array<char, 29>;
HttpDate FormatDate(std::time_t now);

/// What goes in front of an answer's body.
struct AnswerHead {
  std::string_view date;
  std::optional<std::uint64_t> revision = {};  ///< `x-waypost-revision`
  AfterAnswer after = AfterAnswer::kOpen;
  BodyEnd end = BodyEnd::kLength;
};

/// Whether answers of this status have a body, and so a length (RFC 9110 8.6).
bool HasBody(unsigned status);

/// Appends a field's value. Control characters become spaces, so that no handler can be made to split an answer.
void AppendFieldValue(std::string& out, std::string_view value);

/// Replaces `out` by status line and fields.
void WriteAnswerHead(std::string& out, const Response& response, const AnswerHead& head);

}  // namespace waypost::http
