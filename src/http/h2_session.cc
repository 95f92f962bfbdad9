#include "http/h2_session.h"

#include <nghttp2/nghttp2.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "http/h2_limits.h"
#include "http/pace.h"

namespace waypost::http {

using boost::system::error_code;

H2Session::H2Session(Worker& worker, Channel channel, Ends ends)
    : worker_(worker),
      channel_(std::move(channel)),
      ends_(std::move(ends)),
      kick_(worker.context()),
      unblocked_(worker.context()),
      idle_deadline_(worker.DeadlineIn(worker.limits().idle)),
      resets_left_(kResetsBurst) {
  MakeSession();
}

H2Session::~H2Session() { nghttp2_session_del(session_); }

Awaitable<void> H2Session::Run(std::shared_ptr<H2Session> self) {
  Awaitable<void> writing = WriteOn(self);
  asio::co_spawn(worker_.context(), std::move(writing), [self](const std::exception_ptr& failure) {
    if (failure != nullptr) self->Cut();  // no memory
  });
  Flush();  // our SETTINGS
  const asio::mutable_buffer space(input_.data(), input_.size());
  while (life_ != Life::kClosed) {
    while (blocked_ && life_ == Life::kOpen) {
      unblocked_.expires_at(Timer::time_point::max());
      co_await unblocked_.async_wait(kAwait);
    }
    const std::size_t count = co_await channel_.ReadRecord(space);
    if (count == 0) break;
    Take(count);
  }
  Cut();
}

/// Bytes of the client's.
void H2Session::Take(std::size_t count) {
  if (life_ == Life::kDraining) {
    drained_ += count;
    if (drained_ > kLingerBytesMax) Cut();
    return;
  }
  if (life_ == Life::kClosed) return;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(input_.data());
  const ssize_t taken = nghttp2_session_mem_recv(session_, bytes, count);
  if (taken < 0) {
    // It no longer understands the client, or the client floods it with what must be acknowledged.
    std::uint32_t code = NGHTTP2_PROTOCOL_ERROR;
    if (taken == NGHTTP2_ERR_FLOODED) code = NGHTTP2_ENHANCE_YOUR_CALM;
    if (taken == NGHTTP2_ERR_CALLBACK_FAILURE || taken == NGHTTP2_ERR_NOMEM) code = NGHTTP2_INTERNAL_ERROR;
    nghttp2_session_terminate_session(session_, code);
  }
  Flush();
}

/// Gives the socket what it takes; the rest is the writer's.
void H2Session::Flush() {
  if (blocked_ || life_ != Life::kOpen) return;
  for (unsigned round = 0; round < kFillsPerFlush; ++round) {
    if (output_sent_ == output_.size()) FillOutput();
    if (life_ != Life::kOpen) return;
    if (output_.empty()) {
      progress_ = kWriteProgress;
      if (nghttp2_session_want_read(session_) == 0) EndOutput();
      return;
    }
    const std::array<asio::const_buffer, 1> rest = {
        asio::const_buffer(output_.data() + output_sent_, output_.size() - output_sent_)};
    error_code error;
    const std::size_t sent = channel_.WriteNow(rest, error);
    if (error.failed() && error != asio::error::would_block) {
      Cut();
      return;
    }
    output_sent_ += sent;
    progress_ += sent;
    if (output_sent_ != output_.size()) break;
  }
  // What is left goes when the socket takes more, and the others had their turn.
  blocked_ = true;
  if (progress_ >= kWriteProgress) {
    progress_ = 0;
    deadline_ = worker_.DeadlineIn(worker_.limits().write);
  }
  Kick();
}

void H2Session::FillOutput() {
  output_.clear();
  output_sent_ = 0;
  while (output_.size() < kOutputMax) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) Cut();  // no memory
    if (size <= 0) break;
    output_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  if (output_.empty() && output_.capacity() > kOutputKept) std::string().swap(output_);
}

/// The writer: sends on when the socket was full, and when answers have come by the mailbox.
Awaitable<void> H2Session::WriteOn([[maybe_unused]] std::shared_ptr<H2Session> self) {
  while (life_ != Life::kClosed) {
    if (blocked_) {
      const auto [error] = co_await channel_.socket().async_wait(Socket::wait_write, kAwait);
      if (error.failed()) break;
      blocked_ = false;
    } else if (!kicked_) {
      kick_.expires_at(Timer::time_point::max());
      co_await kick_.async_wait(kAwait);
    }
    kicked_ = false;
    Flush();
    if (!blocked_) unblocked_.cancel();
  }
  Cut();
}

void H2Session::Kick() {
  kicked_ = true;
  kick_.cancel();
}

/// All that was promised is sent. A close with unread bytes would reset the connection, and the client might never see
/// the last of it.
void H2Session::EndOutput() {
  life_ = Life::kDraining;
  deadline_ = worker_.DeadlineIn(kLingerMax);
  channel_.EndOutput();
  unblocked_.cancel();
}

/// No further request is taken; those under way are answered.
void H2Session::Goodbye() {
  if (leaving_) return;
  leaving_ = true;
  const std::int32_t last = nghttp2_session_get_last_proc_stream_id(session_);
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

Clock::time_point H2Session::Deadline() const {
  if (blocked_ || life_ != Life::kOpen) return deadline_;
  return streams_.empty() ? idle_deadline_ : Clock::time_point::max();
}

void H2Session::Check(Clock::time_point now) {
  if (now >= Deadline()) {
    if (life_ == Life::kOpen && !blocked_) {
      Goodbye();
      Flush();
    }
    Cut();
    return;
  }
  resets_left_ = std::min(resets_left_ + kResetsPerSweep, kResetsBurst);
  for (const auto& [id, stream] : streams_) CheckStream(*stream, now);
  Flush();
}

void H2Session::BeginStop() {
  if (life_ != Life::kOpen) return;
  Goodbye();
  for (const auto& [id, stream] : streams_) {
    if (!stream->output) continue;
    stream->output->End();
    nghttp2_session_resume_data(session_, id);
  }
  const bool idle = streams_.empty();
  Flush();
  if (idle && !channel_.HasInput()) Cut();
}

void H2Session::Cut() {
  if (life_ == Life::kClosed) return;
  life_ = Life::kClosed;
  for (const auto& [id, stream] : streams_) stream->output.reset();
  channel_.Close();
  Kick();
  unblocked_.cancel();
}

Awaitable<void> H2Session::AwaitRevision([[maybe_unused]] std::shared_ptr<H2Session> self, std::int32_t id) {
  Timer timer(worker_.context());
  const Clock::time_point end = Clock::now() + kRevisionWaitMax;
  while (life_ == Life::kOpen) {
    H2Stream* stream = Find(id);
    if (stream == nullptr) co_return;
    if (!NeedsRevision(*stream) || Clock::now() >= end) {
      Serve(*stream);
      Kick();
      co_return;
    }
    timer.expires_after(kRevisionPoll);
    co_await timer.async_wait(kAwait);
  }
}

}  // namespace waypost::http
