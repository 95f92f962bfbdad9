#include "http/request_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace waypost::http {
namespace {

const char* FindLineEnd(const char* from, std::size_t size) {
  return size == 0 ? nullptr : static_cast<const char*>(std::memchr(from, '\n', size));
}

}  // namespace

void RequestParser::Reset() {
  body_ = {};
  refusal_ = nullptr;
  head_base_ = nullptr;
  skipped_ = scanned_ = body_begin_ = body_size_ = trailer_bytes_ = 0;
  chunk_left_ = 0;
  chunk_ = Chunk::kSize;
  continue_due_ = false;
}

bool RequestParser::TakeContinue() {
  const bool due = continue_due_;
  continue_due_ = false;
  return due;
}

RequestParser::State RequestParser::Parse(char* data, std::size_t& size) {
  if (body_begin_ == 0) {
    const State state = ParseHeadIn(data, size);
    if (state != State::kComplete) return state;
    // A body that is there already needs no invitation.
    continue_due_ = head_.expects_continue && size == body_begin_ && (head_.chunked || head_.content_length > 0);
  } else if (size > body_begin_) {
    continue_due_ = false;
  }
  if (head_.chunked) return DecodeChunks(data, size);
  if (size - body_begin_ < head_.content_length) return State::kMore;
  body_size_ = static_cast<std::size_t>(head_.content_length);
  return Finish(data);
}

/// kComplete: the head is read and its body may come.
RequestParser::State RequestParser::ParseHeadIn(char* data, std::size_t size) {
  while (scanned_ == skipped_ && skipped_ < 2 * kLeadingLinesMax && size - skipped_ >= 2 && data[skipped_] == '\r' &&
         data[skipped_ + 1] == '\n') {
    skipped_ += 2;
    scanned_ = skipped_;
  }
  if (size > skipped_ && !IsTokenChar(data[skipped_]) && (data[skipped_] != '\r' || size - skipped_ >= 2)) {
    return Refuse(refusals::kRequestLine);  // not HTTP at all, say TLS: do not wait for a line's end
  }
  for (;;) {
    const char* end = FindLineEnd(data + scanned_, size - scanned_);
    if (end == nullptr) {
      return size - skipped_ >= limits_.header_bytes_max ? Refuse(refusals::kHeadTooLarge) : State::kMore;
    }
    const auto next = static_cast<std::size_t>(end - data) + 1;
    if (next - skipped_ > limits_.header_bytes_max) return Refuse(refusals::kHeadTooLarge);
    if (next - scanned_ < 2 || end[-1] != '\r') return Refuse(refusals::kLineEnd);
    const bool empty = next - scanned_ == 2;
    scanned_ = next;
    if (empty) break;
  }
  head_base_ = data;
  const Refusal* refusal = ParseHead(std::string_view(data + skipped_, scanned_ - skipped_), head_);
  if (refusal != nullptr) return Refuse(*refusal);
  if (head_.content_length > limits_.body_bytes_max) return Refuse(refusals::kBodyTooLarge);
  body_begin_ = scanned_;
  return State::kComplete;
}

RequestParser::State RequestParser::DecodeChunks(char* data, std::size_t& size) {
  // Undecoded bytes always follow the decoded ones, so what is read lies at or behind what is written.
  std::size_t read = body_begin_ + body_size_;
  State state = State::kMore;
  for (;;) {
    const std::size_t before = read;
    const Chunk phase = chunk_;
    state = ChunkStep(data, size, read);
    if (state != State::kMore || (read == before && chunk_ == phase)) break;
  }
  const std::size_t write = body_begin_ + body_size_;
  std::memmove(data + write, data + read, size - read);
  size -= read - write;
  return state == State::kComplete ? Finish(data) : state;
}

/// Takes one line or one run of data. kMore without progress: more bytes are needed.
RequestParser::State RequestParser::ChunkStep(char* data, std::size_t size, std::size_t& read) {
  const std::size_t left = size - read;
  if (chunk_ == Chunk::kData) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, left));
    std::memmove(data + body_begin_ + body_size_, data + read, count);
    body_size_ += count;
    chunk_left_ -= count;
    read += count;
    if (chunk_left_ == 0) chunk_ = Chunk::kDataEnd;
    return State::kMore;
  }
  if (chunk_ == Chunk::kDataEnd) {
    if ((left >= 1 && data[read] != '\r') || (left >= 2 && data[read + 1] != '\n')) return Refuse(refusals::kChunk);
    if (left < 2) return State::kMore;
    read += 2;
    chunk_ = Chunk::kSize;
    return State::kMore;
  }
  const bool trailer = chunk_ == Chunk::kTrailer;
  const std::size_t line_max = trailer ? limits_.header_bytes_max - trailer_bytes_ : kChunkLineMax;
  const char* end = FindLineEnd(data + read, std::min(left, line_max));
  if (end == nullptr) {
    if (left < line_max) return State::kMore;
    return Refuse(trailer ? refusals::kHeadTooLarge : refusals::kChunk);
  }
  const auto length = static_cast<std::size_t>(end - (data + read)) + 1;
  if (length < 2 || end[-1] != '\r') return Refuse(refusals::kLineEnd);
  const std::string_view line(data + read, length - 2);
  read += length;
  if (!trailer) return ParseChunkSize(line);
  trailer_bytes_ += length;
  return ParseTrailer(line);
}

RequestParser::State RequestParser::ParseChunkSize(std::string_view line) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value, 16);
  if (error == std::errc::result_out_of_range) return Refuse(refusals::kBodyTooLarge);
  // from_chars takes a minus sign for unsigned types as an error, and no prefix.
  if (error != std::errc()) return Refuse(refusals::kChunk);
  std::string_view rest = line.substr(static_cast<std::size_t>(end - line.data()));
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  if (!rest.empty() && rest.front() != ';') return Refuse(refusals::kChunk);
  for (const char c : rest) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return Refuse(refusals::kChunk);
  }
  if (value > limits_.body_bytes_max - body_size_) return Refuse(refusals::kBodyTooLarge);
  chunk_left_ = value;
  chunk_ = value == 0 ? Chunk::kTrailer : Chunk::kData;
  return State::kMore;
}

RequestParser::State RequestParser::ParseTrailer(std::string_view line) {
  if (line.empty()) return State::kComplete;
  const Refusal* refusal = CheckFieldLine(line);  // and then dropped: nobody asks for trailers
  return refusal == nullptr ? State::kMore : Refuse(*refusal);
}

RequestParser::State RequestParser::Finish(char* data) {
  if (head_base_ != data) {  // the buffer moved while the body came in
    head_base_ = data;
    ParseHead(std::string_view(data + skipped_, body_begin_ - skipped_), head_);
  }
  body_ = std::string_view(data + body_begin_, body_size_);
  return State::kComplete;
}

}  // namespace waypost::http
