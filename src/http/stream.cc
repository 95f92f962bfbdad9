#include "http/stream.h"

#include <algorithm>
#include <charconv>

#include "http/mailbox.h"

namespace waypost::http {
namespace {

/// Pieces that make one chunk; with its frame they stay below the 64 buffers that one call can send.
constexpr std::size_t kPiecesPerFrame = 48;
const std::string kLineEnd = "\r\n";
const std::string kLastChunk = "0\r\n\r\n";

}  // namespace

bool Stream::Write(std::string piece) const { return state_ && state_->Write(std::move(piece)); }

void Stream::Close() const {
  if (state_) state_->Close();
}

bool Stream::open() const { return state_ && state_->gate->open.load(std::memory_order_acquire); }

std::size_t Stream::waiting() const { return state_ ? state_->gate->waiting.load(std::memory_order_relaxed) : 0; }

bool Stream::State::Write(std::string piece) {
  if (!gate->open.load(std::memory_order_acquire)) return false;
  const std::size_t size = piece.size();
  if (size == 0) return true;
  if (gate->waiting.fetch_add(size, std::memory_order_relaxed) + size > waiting_max) {
    if (gate->open.exchange(false)) mailbox->Push(recipient, sequence, Mailbox::StreamCut());
    return false;
  }
  mailbox->Push(recipient, sequence, std::move(piece));
  return true;
}

void Stream::State::Close() {
  if (gate->open.exchange(false)) mailbox->Push(recipient, sequence, Mailbox::StreamEnd());
}

void StreamOutput::End() {
  Shut();
  ended_ = true;
}

bool StreamOutput::NextFrame() {
  pieces_.clear();
  buffers_.clear();
  begun_ = left_ = payload_ = 0;
  const std::size_t count = std::min(waiting_.size(), kPiecesPerFrame);
  for (std::size_t i = 0; i < count; ++i) {
    payload_ += waiting_.front().size();
    pieces_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  const bool chunked = framing_ == StreamFraming::kChunked;
  if (chunked && count != 0) {
    char digits[16];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, payload_, 16);
    size_line_.assign(digits, end).append(kLineEnd);
    Put(size_line_);
  }
  for (const std::string& piece : pieces_) Put(piece);
  if (chunked && count != 0) Put(kLineEnd);
  if (ended_ && !end_framed_ && waiting_.empty()) {
    end_framed_ = true;
    if (chunked) Put(kLastChunk);
  }
  return left_ != 0;
}

void StreamOutput::Put(const std::string& bytes) {
  buffers_.emplace_back(bytes.data(), bytes.size());
  left_ += bytes.size();
}

void StreamOutput::Sent(std::size_t count) {
  left_ -= count;
  while (count != 0) {
    boost::asio::const_buffer& first = buffers_[begun_];
    const std::size_t part = std::min(count, first.size());
    first += part;
    count -= part;
    if (first.size() == 0) ++begun_;
  }
  // What is left holds a little framing, too: until the frame is gone, never more is said to wait than does.
  const std::size_t still = std::min(payload_, left_);
  gate_->waiting.fetch_sub(payload_ - still, std::memory_order_relaxed);
  payload_ = still;
}

}  // namespace waypost::http
