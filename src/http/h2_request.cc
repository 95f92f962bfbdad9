// Requests of an HTTP/2 connection: taken in, checked, given to the handler.
#include <nghttp2/nghttp2.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "http/h2_limits.h"
#include "http/h2_session.h"
#include "waypost/http/router.h"

namespace waypost::http {

H2Stream* H2Session::Find(std::int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void H2Session::Begin(std::int32_t id) {
  auto stream = std::make_unique<H2Stream>(*this, id);
  stream->deadline = worker_.DeadlineIn(worker_.limits().request);
  streams_[id] = std::move(stream);
}

void H2Session::TakeField(H2Stream& stream, const Field& field) {
  if (!stream.AddField(field, worker_.limits().header_bytes_max)) Refuse(stream, refusals::kHeadTooLarge);
}

void H2Session::TakeHead(H2Stream& stream) {
  if (const Refusal* refusal = stream.EndFields()) {
    Refuse(stream, *refusal);
  } else if (stream.head.content_length > worker_.limits().body_bytes_max) {
    Refuse(stream, refusals::kBodyTooLarge);
  } else if (stream.head.expects_continue) {
    SubmitContinue(stream);
  }
}

void H2Session::TakeBody(H2Stream& stream, std::string_view part) {
  const std::size_t body_max = worker_.limits().body_bytes_max;
  if (part.size() > body_max - stream.body.size()) {
    Refuse(stream, refusals::kBodyTooLarge);
    return;
  }
  if (bodies_held_ + part.size() > kBodiesHeldMax * body_max) {
    stream.phase = H2Stream::Phase::kAnswering;
    Reset(stream, NGHTTP2_REFUSED_STREAM);
    return;
  }
  stream.body.append(part);
  bodies_held_ += part.size();
}

void H2Session::TakeEnd(H2Stream& stream) {
  stream.phase = H2Stream::Phase::kWaiting;
  stream.deadline = Clock::time_point::max();
  if (!NeedsRevision(stream)) {
    Serve(stream);
    return;
  }
  Awaitable<void> waiting = AwaitRevision(shared_from_this(), stream.id());
  asio::co_spawn(worker_.context(), std::move(waiting), [self = shared_from_this()](const std::exception_ptr& failure) {
    if (failure != nullptr) self->Cut();  // no memory
  });
}

bool H2Session::NeedsRevision(const H2Stream& stream) const {
  const std::uint64_t wanted = stream.head.min_revision;
  return wanted > 0 && worker_.has_revision() && wanted > worker_.revision();
}

void H2Session::Serve(H2Stream& stream) {
  if (NeedsRevision(stream)) {
    WriteError(stream.response, 503, "RevisionNotReached", "this node has not applied x-waypost-min-revision yet");
  } else if (CallHandler(stream) == Progress::kLater) {
    return;
  }
  SubmitAnswer(stream);
}

Progress H2Session::CallHandler(H2Stream& stream) {
  Request request = RequestOf(stream.head, stream.body, ends_);
  request.worker = worker_.index();
  request.encrypted = channel_.encrypted();
  try {
    const Progress progress = worker_.handler().Serve(request, stream.response, stream);
    if (progress != Progress::kStream) stream.output.reset();
    const bool kept = progress == Progress::kDone || (progress == Progress::kLater ? stream.deferred : !!stream.output);
    if (kept) return progress;
    stream.response.Clear();
    WriteError(stream.response, 500, "InternalError", "the request was given up without an answer");
  } catch (const std::exception&) {  // no memory, say: this request fails and no other
    stream.output.reset();
    stream.response.Clear();
    WriteError(stream.response, 500, "InternalError", "the request could not be served");
  }
  return Progress::kDone;
}

void H2Session::Refuse(H2Stream& stream, const Refusal& refusal) {
  stream.response.Clear();
  WriteError(stream.response, refusal.status, refusal.code, refusal.message);
  SubmitAnswer(stream);
}

/// nghttp2 has closed it.
void H2Session::Forget(std::int32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  if (!found->second->answered) CountReset();
  bodies_held_ -= found->second->body.size();
  streams_.erase(found);
  if (streams_.empty()) idle_deadline_ = worker_.DeadlineIn(worker_.limits().idle);
}

void H2Session::CountReset() {
  if (resets_left_ != 0) {
    --resets_left_;
  } else {
    nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

void H2Session::Deliver(std::uint64_t sequence, Response response) {
  H2Stream* stream = Asked(sequence);
  if (stream == nullptr || stream->phase != H2Stream::Phase::kWaiting || !stream->deferred) return;
  stream->response = std::move(response);
  SubmitAnswer(*stream);
  Kick();
}

void H2Session::DeliverPiece(std::uint64_t sequence, std::string piece) {
  H2Stream* stream = Asked(sequence);
  if (stream == nullptr || !stream->output) return;
  stream->output->Add(std::move(piece));
  if (stream->deadline == Clock::time_point::max()) {
    stream->deadline = worker_.DeadlineIn(worker_.limits().write);
  }
  nghttp2_session_resume_data(session_, stream->id());
  Kick();
}

void H2Session::EndStream(std::uint64_t sequence) {
  H2Stream* stream = Asked(sequence);
  if (stream == nullptr || !stream->output) return;
  stream->output->End();
  nghttp2_session_resume_data(session_, stream->id());
  Kick();
}

void H2Session::CutStream(std::uint64_t sequence) {
  H2Stream* stream = Asked(sequence);
  if (stream == nullptr || !stream->output) return;
  Reset(*stream, NGHTTP2_CANCEL);
  Kick();
}

}  // namespace waypost::http
