#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/request_head.h"

namespace waypost::http {

/// What a request may measure. Bytes.
struct ParserLimits {
  std::size_t header_bytes_max;  ///< request line, fields and empty line together; trailers as well, by themselves
  std::size_t body_bytes_max;    ///< without chunk framing
};

/// Longest line that announces a chunk, extensions included; beyond: 400.
inline constexpr std::size_t kChunkLineMax = 256;
/// Empty lines that a client may send before a request (RFC 9112 2.2).
inline constexpr std::size_t kLeadingLinesMax = 8;

/// Finds and reads one request after the other in a connection's bytes, however they are cut. Does no I/O; allocates
/// nothing but what RequestHead does.
class RequestParser {
 public:
  enum class State : std::uint8_t {
    kMore,      ///< the request is not there yet
    kComplete,  ///< head(), body() and consumed() are valid until `data` changes
    kRefused,   ///< refusal() says why; nothing behind it can be trusted
  };

  explicit RequestParser(ParserLimits limits) : limits_(limits) {}

  /// `data`: all bytes of the connection from the request's first on. Called again, with more of them, after kMore;
  /// they may have moved. Chunk framing is removed in place, so `size` may shrink. After kComplete: Reset, and go on at
  /// `data + consumed()`.
  State Parse(char* data, std::size_t& size);
  void Reset();

  const RequestHead& head() const { return head_; }
  std::string_view body() const { return body_; }
  std::size_t consumed() const { return body_begin_ + body_size_; }
  const Refusal& refusal() const { return *refusal_; }

  /// True once for a request whose client waits for `100 Continue` before it sends the body, which may come.
  bool TakeContinue();

 private:
  enum class Chunk : std::uint8_t { kSize, kData, kDataEnd, kTrailer };

  State Refuse(const Refusal& refusal) {
    refusal_ = &refusal;
    return State::kRefused;
  }
  State ParseHeadIn(char* data, std::size_t size);
  State DecodeChunks(char* data, std::size_t& size);
  State ChunkStep(char* data, std::size_t size, std::size_t& read);
  State ParseChunkSize(std::string_view line);
  State ParseTrailer(std::string_view line);
  State Finish(char* data);

  ParserLimits limits_;
  RequestHead head_;
  std::string_view body_;
  const Refusal* refusal_ = nullptr;
  const char* head_base_ = nullptr;  // where the bytes were when head_ was read
  std::size_t skipped_ = 0;          // leading empty lines
  std::size_t scanned_ = 0;          // begin of the first line not yet seen whole
  std::size_t body_begin_ = 0;       // 0: the head is not complete
  std::size_t body_size_ = 0;
  std::uint64_t chunk_left_ = 0;
  std::size_t trailer_bytes_ = 0;
  Chunk chunk_ = Chunk::kSize;
  bool continue_due_ = false;
};

}  // namespace waypost::http
