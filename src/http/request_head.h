#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "waypost/http/message.h"

namespace waypost::http {

/// Most fields a request's head may have; beyond: 431.
inline constexpr std::size_t kFieldsMax = 256;

/// Why a request is refused before any handler sees it. Static storage.
struct Refusal {
  unsigned status;
  std::string_view code;
  std::string_view message;
};

/// What the head of a request says. Views point into the bytes it was parsed from.
struct RequestHead {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  std::string_view host;
  std::string_view amz_target;
  std::string_view content_type;
  std::uint64_t content_length = 0;
  std::uint64_t min_revision = 0;  ///< `x-waypost-min-revision`, 0 when absent
  bool has_length = false;
  bool chunked = false;
  bool expects_continue = false;
  bool keep_alive = true;  ///< what version and Connection say together
  bool version_1_0 = false;
  bool has_host = false;
  std::vector<Field> fields;  ///< in order; its capacity is kept from request to request

  void Clear();
};

/// Reads a whole head: request line, field lines and the empty line, each ended by CRLF (RFC 9112 2–6). Strict where
/// leniency lets requests be smuggled: no bare CR or LF, no folding, no space before a colon, one way only to say a
/// body's length. Null when it is well-formed, else why not. Allocates only while `fields` grows.
const Refusal* ParseHead(std::string_view bytes, RequestHead& head);

/// The same for a head that came in parts, as HTTP/2 has it: `head` has method, fields and, where the client named it
/// apart, the host. The form of the fields has been checked.
const Refusal* CompleteHead(std::string_view target, RequestHead& head);

/// Whether `c` may stand in a method or field name (RFC 9110 5.6.2).
bool IsTokenChar(char c);

/// Checks a trailer's field line (without CRLF) for form alone.
const Refusal* CheckFieldLine(std::string_view line);

/// Equal without regard to ASCII case.
bool EqualIgnoringCase(std::string_view a, std::string_view b);

namespace refusals {
inline constexpr Refusal kRequestLine = {400, "BadRequest", "the request line is malformed"};
inline constexpr Refusal kTarget = {400, "BadRequest", "the request target is neither a path nor an http URL"};
inline constexpr Refusal kVersion = {505, "HttpVersionNotSupported", "only HTTP/1.0 and HTTP/1.1 are spoken here"};
inline constexpr Refusal kField = {400, "BadRequest", "a header field is malformed"};
inline constexpr Refusal kLineEnd = {400, "BadRequest", "a line does not end in CRLF"};
inline constexpr Refusal kHost = {400, "BadRequest", "HTTP/1.1 requests carry exactly one Host field"};
inline constexpr Refusal kLength = {400, "BadRequest", "Content-Length is not one number"};
inline constexpr Refusal kFraming = {400, "BadRequest", "Transfer-Encoding and Content-Length exclude each other"};
inline constexpr Refusal kCoding = {400, "BadRequest", "Transfer-Encoding other than a single chunked"};
inline constexpr Refusal kChunk = {400, "BadRequest", "a chunk is malformed"};
inline constexpr Refusal kMinRevision = {400, "BadRequest", "x-waypost-min-revision is not a number"};
inline constexpr Refusal kExpectation = {417, "ExpectationFailed", "the only expectation met here is 100-continue"};
inline constexpr Refusal kBodyTooLarge = {413, "PayloadTooLarge", "the body is larger than this server accepts"};
inline constexpr Refusal kHeadTooLarge = {431, "HeadersTooLarge",
                                          "the header fields are larger than this server accepts"};
inline constexpr Refusal kTimeout = {408, "RequestTimeout", "the request did not arrive in time"};
}  // namespace refusals

}  // namespace waypost::http
