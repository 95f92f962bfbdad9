#include "http/session.h"

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <exception>

#include "http/answer.h"
#include "http/pace.h"
#include "http/worker.h"
#include "waypost/http/router.h"

namespace waypost::http {
namespace {

using boost::system::error_code;

/// A larger answer buffer is given back behind the answer.
constexpr std::size_t kBodyKept = 32 << 10;
/// Pipelined requests that one client gets answered before the others have their turn.
constexpr unsigned kRequestsPerTurn = 64;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Session::Session(Worker& worker, Channel channel, Ends ends)
    : worker_(worker),
      channel_(std::move(channel)),
      timer_(worker.context()),
      parser_({worker.limits().header_bytes_max, worker.limits().body_bytes_max}),
      ends_(std::move(ends)) {
  deadline_ = worker.DeadlineIn(worker.limits().idle);
}

Awaitable<void> Session::Run([[maybe_unused]] std::shared_ptr<Session> self) {
  unsigned turn = 0;
  while (!cut_) {
    std::size_t size = input_.size();
    const RequestParser::State state = size == 0 ? RequestParser::State::kMore : parser_.Parse(input_.data(), size);
    input_.Shrink(size);
    if (state == RequestParser::State::kMore) {
      BeforeRead();
      if (failed_) break;
      const asio::mutable_buffer space(input_.space(), input_.space_size());
      std::size_t count = 0;
      if (channel_.encrypted()) {
        count = co_await channel_.ReadRecord(space);
      } else {
        const auto [error, received] = co_await channel_.socket().async_read_some(space, kAwait);
        if (!error.failed()) count = received;
      }
      if (count == 0) break;
      input_.Commit(count);
      turn = 0;
      continue;
    }
    phase_ = Phase::kServing;
    deadline_ = Clock::time_point::max();
    Progress progress = Progress::kDone;
    if (state == RequestParser::State::kRefused) {
      Refuse(parser_.refusal());
    } else {
      if (NeedsRevision()) co_await AwaitRevision();
      if (cut_) break;
      progress = Serve();
    }
    if (progress == Progress::kLater) co_await AwaitAnswer();
    if (cut_) break;
    const std::size_t sent = SendNow();
    if (sent < AnswerSize() && !failed_) co_await SendRest(sent);
    if (stream_) co_await SendStream();
    if (failed_ || cut_) break;
    if (closing_) {
      if (unclear_ || input_.size() > parser_.consumed()) co_await Linger();
      break;
    }
    FinishRequest();
    if (++turn % kRequestsPerTurn == 0) co_await asio::post(worker_.context(), kAwait);
  }
  stream_.reset();
  channel_.Close();
}

void Session::BeforeRead() {
  input_.MakeSpace();
  if (input_.empty()) {
    // While stopping, nobody's next request is waited for.
    if (worker_.stopping()) failed_ = true;
    phase_ = Phase::kIdle;
    deadline_ = worker_.DeadlineIn(worker_.limits().idle);
    return;
  }
  phase_ = Phase::kReading;
  if (!reading_) deadline_ = worker_.DeadlineIn(worker_.limits().request);
  reading_ = true;
  if (parser_.TakeContinue() && !SendContinue()) failed_ = true;
}

bool Session::SendContinue() {
  error_code error;
  const std::array<asio::const_buffer, 1> line = {asio::buffer(kContinue.data(), kContinue.size())};
  const std::size_t sent = channel_.WriteNow(line, error);
  return !error.failed() && sent == kContinue.size();
}

bool Session::NeedsRevision() const {
  return parser_.head().min_revision > 0 && worker_.has_revision() && parser_.head().min_revision > worker_.revision();
}

Awaitable<void> Session::AwaitRevision() {
  const Clock::time_point end = Clock::now() + kRevisionWaitMax;
  while (!cut_ && NeedsRevision() && Clock::now() < end) {
    timer_.expires_after(kRevisionPoll);
    co_await timer_.async_wait(kAwait);
  }
}

Deferred Session::Defer() {
  deferred_ = true;
  return Deferred(std::make_shared<Deferred::State>(worker_.mailbox(), weak_from_this(), sequence_));
}

/// The stream lives if Serve goes on to return kStream; where nobody would read a body it is closed from the start.
Stream Session::BeginStream() {
  const RequestHead& head = parser_.head();
  auto gate = std::make_shared<StreamGate>();
  stream_ = std::make_unique<StreamOutput>(gate, head.version_1_0 ? StreamFraming::kNone : StreamFraming::kChunked);
  if (head.method == "HEAD") stream_->Shut();
  if (worker_.stopping()) stream_->End();
  return Stream(std::make_shared<Stream::State>(std::move(gate), worker_.mailbox(), weak_from_this(), sequence_,
                                                worker_.limits().stream_bytes_max));
}

Progress Session::Serve() {
  const RequestHead& head = parser_.head();
  response_.Clear();
  closing_ = !head.keep_alive;
  ++sequence_;
  deferred_ = false;
  if (NeedsRevision()) {
    WriteError(response_, 503, "RevisionNotReached", "this node has not applied x-waypost-min-revision yet");
    return Progress::kDone;
  }
  Request request = RequestOf(head, parser_.body(), ends_);
  request.worker = worker_.index();
  request.encrypted = channel_.encrypted();
  try {
    const Progress progress = worker_.handler().Serve(request, response_, *this);
    if (progress != Progress::kStream) stream_.reset();
    if (Kept(progress)) {
      awaiting_ = progress == Progress::kLater;
      return progress;
    }
    response_.Clear();
    WriteError(response_, 500, "InternalError", "the request was given up without an answer");
  } catch (const std::exception&) {  // no memory, say: this request fails and no other
    stream_.reset();
    response_.Clear();
    WriteError(response_, 500, "InternalError", "the request could not be served");
  }
  return Progress::kDone;
}

/// Whether the handler took what its answer comes by.
bool Session::Kept(Progress progress) {
  if (progress == Progress::kLater) return deferred_;
  return progress == Progress::kDone || stream_ != nullptr;
}

Awaitable<void> Session::AwaitAnswer() {
  while (awaiting_ && !cut_) {
    timer_.expires_at(Timer::time_point::max());
    co_await timer_.async_wait(kAwait);
  }
}

void Session::Deliver(std::uint64_t sequence, Response response) {
  if (!awaiting_ || sequence != sequence_) return;
  awaiting_ = false;
  response_ = std::move(response);
  timer_.cancel();
}

void Session::DeliverPiece(std::uint64_t sequence, std::string piece) {
  if (!stream_ || sequence != sequence_) return;
  stream_->Add(std::move(piece));
  timer_.cancel();
}

void Session::EndStream(std::uint64_t sequence) {
  if (!stream_ || sequence != sequence_) return;
  stream_->End();
  timer_.cancel();
}

void Session::CutStream(std::uint64_t sequence) {
  if (stream_ && sequence == sequence_) Cut();
}

void Session::Refuse(const Refusal& refusal) {
  response_.Clear();
  WriteError(response_, refusal.status, refusal.code, refusal.message);
  closing_ = true;
  unclear_ = true;
}

std::array<asio::const_buffer, 2> Session::AnswerBuffers(std::size_t sent) const {
  const std::size_t of_head = std::min(sent, head_.size());
  const std::size_t of_body = sent - of_head;
  return {asio::const_buffer(head_.data() + of_head, head_.size() - of_head),
          asio::const_buffer(response_.body.data() + of_body, BodySize() - of_body)};
}

/// Writes the head, then sends both parts in one call. Nearly always that is all: then nothing was waited for.
std::size_t Session::SendNow() {
  if (response_.close || worker_.stopping()) closing_ = true;
  const RequestHead& request = parser_.head();
  AnswerHead about;
  if (stream_) {
    about.end = request.version_1_0 ? BodyEnd::kConnection : BodyEnd::kChunked;
    if (request.version_1_0) closing_ = true;
  }
  about.date = worker_.date();
  if (worker_.has_revision()) about.revision = worker_.revision();
  if (closing_) {
    about.after = AfterAnswer::kClose;
  } else if (request.version_1_0) {
    about.after = AfterAnswer::kKeepAlive;
  }
  WriteAnswerHead(head_, response_, about);
  // A refused request's head may point into bytes that have moved.
  without_body_ = !HasBody(response_.status) || (!unclear_ && request.method == "HEAD");
  if (without_body_) stream_.reset();
  if (stream_) response_.body.clear();
  phase_ = Phase::kWriting;
  error_code error;
  const std::size_t sent = channel_.WriteNow(AnswerBuffers(0), error);
  failed_ = error.failed() && error != asio::error::would_block && error != asio::error::try_again;
  return sent;
}

Awaitable<void> Session::SendRest(std::size_t sent) {
  std::size_t mark = sent;
  deadline_ = worker_.DeadlineIn(worker_.limits().write);
  while (sent < AnswerSize()) {
    const std::array<asio::const_buffer, 2> rest = AnswerBuffers(sent);
    const std::span<const asio::const_buffer> buffers(rest);
    const std::size_t count = co_await channel_.Write(buffers);
    if (count == 0) {
      failed_ = true;
      co_return;
    }
    sent += count;
    if (sent - mark >= kWriteProgress) {
      mark = sent;
      deadline_ = worker_.DeadlineIn(worker_.limits().write);
    }
  }
}

/// Sends what is written until the writers, the client or the server end it.
Awaitable<void> Session::SendStream() {
  while (!failed_ && !cut_ && !stream_->finished()) {
    if (stream_->NextFrame()) {
      co_await SendFrame();
    } else if (!stream_->finished()) {
      phase_ = Phase::kStreaming;
      deadline_ = Clock::time_point::max();
      timer_.expires_at(Timer::time_point::max());
      co_await timer_.async_wait(kAwait);
    }
  }
  stream_.reset();
}

Awaitable<void> Session::SendFrame() {
  phase_ = Phase::kWriting;
  deadline_ = worker_.DeadlineIn(worker_.limits().write);
  std::size_t mark = stream_->left();
  while (stream_->left() != 0) {
    const std::span<const asio::const_buffer> rest = stream_->frame();
    const std::size_t count = co_await channel_.Write(rest);
    if (count == 0) {
      failed_ = true;
      co_return;
    }
    stream_->Sent(count);
    if (mark - stream_->left() >= kWriteProgress) {
      mark = stream_->left();
      deadline_ = worker_.DeadlineIn(worker_.limits().write);
    }
  }
}

/// Closing with unread bytes would reset the connection, and the client might never see the answer.
Awaitable<void> Session::Linger() {
  phase_ = Phase::kLingering;
  deadline_ = worker_.DeadlineIn(kLingerMax);
  channel_.EndOutput();
  input_.Consume(input_.size());
  input_.MakeSpace();
  std::size_t drained = 0;
  while (drained < kLingerBytesMax) {
    const asio::mutable_buffer space(input_.space(), input_.space_size());
    const auto [error, count] = co_await channel_.socket().async_read_some(space, kAwait);
    if (error.failed()) break;
    drained += count;
  }
}

void Session::FinishRequest() {
  input_.Consume(parser_.consumed());
  parser_.Reset();
  reading_ = false;
  if (response_.body.capacity() > kBodyKept) std::string().swap(response_.body);
}

void Session::Check(Clock::time_point now) {
  if (now >= deadline_) {
    if (phase_ == Phase::kReading) {
      Refuse(refusals::kTimeout);
      SendNow();  // as far as it goes
    }
    Cut();
    return;
  }
  if (stream_ && ClientLeft()) Cut();
  if (!awaiting_) return;
  // A client that shut down its sending half still reads; one that reset the connection does not.
  char byte = 0;
  const ssize_t peeked = recv(channel_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (peeked < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) Cut();
}

/// Whether the client of a stream has closed its end, or the connection is broken. Unlike a peek this sees an end
/// behind bytes that nobody reads.
bool Session::ClientLeft() {
  pollfd watched = {channel_.socket().native_handle(), POLLRDHUP, 0};
  return poll(&watched, 1, 0) == 1 && (watched.revents & (POLLRDHUP | POLLERR | POLLHUP)) != 0;
}

void Session::BeginStop() {
  if (stream_) {
    closing_ = true;
    EndStream(sequence_);
    return;
  }
  if (phase_ != Phase::kIdle) return;
  // A request that has arrived already is still served.
  if (!channel_.HasInput()) Cut();
}

void Session::Cut() {
  cut_ = true;
  awaiting_ = false;
  if (stream_) stream_->Shut();
  channel_.Close();
  timer_.cancel();
}

}  // namespace waypost::http
