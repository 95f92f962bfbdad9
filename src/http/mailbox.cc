#include "http/mailbox.h"

#include <boost/asio/post.hpp>

#include "http/session.h"
#include "waypost/http/router.h"

namespace waypost::http {

namespace {

struct Deliver {
  Session& session;
  std::uint64_t sequence;
  void operator()(Response& response) const { session.Deliver(sequence, std::move(response)); }
  void operator()(std::string& piece) const { session.DeliverPiece(sequence, std::move(piece)); }
  void operator()(Mailbox::StreamEnd) const { session.EndStream(sequence); }
  void operator()(Mailbox::StreamCut) const { session.CutStream(sequence); }
};

}  // namespace

void Mailbox::Push(std::weak_ptr<Session> session, std::uint64_t sequence, Content content) {
  const std::lock_guard lock(mutex_);
  if (context_ == nullptr) return;
  const bool wake = waiting_.empty();
  waiting_.push_back({std::move(session), sequence, std::move(content)});
  if (wake) asio::post(*context_, [self = shared_from_this()] { self->Drain(); });
}

void Mailbox::Close() {
  std::vector<Parcel> dropped;  // destroyed without the lock
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
  dropped.swap(waiting_);
}

void Mailbox::Drain() {
  {
    const std::lock_guard lock(mutex_);
    drained_.swap(waiting_);
  }
  for (Parcel& parcel : drained_) {
    const std::shared_ptr<Session> session = parcel.session.lock();
    if (session) std::visit(Deliver{*session, parcel.sequence}, parcel.content);
  }
  drained_.clear();
}

Deferred::State::~State() {
  if (sent.load(std::memory_order_relaxed)) return;
  Response response;
  WriteError(response, 500, "InternalError", "the request was given up without an answer");
  mailbox->Push(std::move(session), sequence, std::move(response));
}

void Deferred::Send(Response response) const {
  if (!state_ || state_->sent.exchange(true)) return;
  state_->mailbox->Push(state_->session, state_->sequence, std::move(response));
}

}  // namespace waypost::http
