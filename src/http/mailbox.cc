#include "http/mailbox.h"

#include <boost/asio/post.hpp>

#include "waypost/http/router.h"

namespace waypost::http {

namespace {

struct Deliver {
  Recipient& recipient;
  std::uint64_t sequence;
  void operator()(Response& response) const { recipient.Deliver(sequence, std::move(response)); }
  void operator()(std::string& piece) const { recipient.DeliverPiece(sequence, std::move(piece)); }
  void operator()(Mailbox::StreamEnd) const { recipient.EndStream(sequence); }
  void operator()(Mailbox::StreamCut) const { recipient.CutStream(sequence); }
};

}  // namespace

void Mailbox::Push(std::weak_ptr<Recipient> recipient, std::uint64_t sequence, Content content) {
  const std::lock_guard lock(mutex_);
  if (context_ == nullptr) return;
  const bool wake = waiting_.empty();
  waiting_.push_back({std::move(recipient), sequence, std::move(content)});
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
    const std::shared_ptr<Recipient> recipient = parcel.recipient.lock();
    if (recipient) std::visit(Deliver{*recipient, parcel.sequence}, parcel.content);
  }
  drained_.clear();
}

Deferred::State::~State() {
  if (sent.load(std::memory_order_relaxed)) return;
  Response response;
  WriteError(response, 500, "InternalError", "the request was given up without an answer");
  mailbox->Push(std::move(recipient), sequence, std::move(response));
}

void Deferred::Send(Response response) const {
  if (!state_ || state_->sent.exchange(true)) return;
  state_->mailbox->Push(state_->recipient, state_->sequence, std::move(response));
}

}  // namespace waypost::http
