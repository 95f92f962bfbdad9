// Zone transfers on a connection (RFC 5936): made message by message, as the client takes them.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "dns/tcp_session.h"
#include "waypost/model/clock.h"

namespace waypost::dns {
namespace {

constexpr boost::asio::use_awaitable_t<Executor> kAwait{};
constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Executor>> kResume{};

/// One of the transfers that may be under way, if there is one left.
class Slot {
 public:
  explicit Slot(TransferCount& count) : count_(count), taken_(count.fetch_add(1) < kTransfersMax) {}
  ~Slot() { count_.fetch_sub(1); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  bool taken() const { return taken_; }

 private:
  TransferCount& count_;
  const bool taken_;
};

std::uint64_t UnixSeconds() { return static_cast<std::uint64_t>(model::SystemClock().Now().ms / 1000); }

}  // namespace

/// Other queries of the connection wait until it is done.
Task TcpSession::SendZone(TransferStart start) {
  transferring_ = true;
  transfer_.reset();
  const Slot slot(surroundings_.under_way);
  if (slot.taken() && surroundings_.transfers != nullptr) {
    BeginTransfer(std::move(start.question));
    while (!broken_ && !transfer_) co_await pause_.async_wait(kResume);
  } else {
    transfer_.emplace();
    transfer_->refused = Rcode::kServFail;
  }
  if (!broken_ && transfer_->messages == nullptr) AnswerTransferWith(transfer_->refused, transfer_->extended_error);
  bool more = !broken_ && transfer_->messages != nullptr;
  while (more && !broken_) {
    more = AddTransferMessages(start.signatures);
    SendOutput();
    while (!broken_ && writing()) co_await pause_.async_wait(kResume);
    co_await boost::asio::post(socket_.get_executor(), kAwait);  // others of this thread have a turn
  }
  SendOutput();
  transfer_.reset();
  Answered(HeldFrame());
  transferring_ = false;
}

void TcpSession::BeginTransfer(TransferQuestion question) {
  surroundings_.transfers->Begin(std::move(question),
                                 [mailbox = surroundings_.mailbox, session = weak_from_this()](Transfer transfer) {
                                   mailbox->Post([session, begun = std::move(transfer)]() mutable {
                                     const auto self = session.lock();
                                     if (self == nullptr || !self->transferring_) return;
                                     self->transfer_ = std::move(begun);
                                     self->Wake();
                                   });
                                 });
}

bool TcpSession::AddTransferMessages(std::optional<TsigExchange>& signatures) {
  TcpOutput& output = surroundings_.output;
  const std::size_t room = kMessageOctetsMax - (signatures ? TsigExchange::kRoomMax : 0);
  while (output.HasRoom()) {
    std::size_t size = transfer_->messages->Next(output.NextMessage(), room);
    if (size == 0) return false;
    if (signatures) size = signatures->Sign(output.NextMessage(), size, UnixSeconds());
    output.Add(size);
  }
  return true;
}

void TcpSession::AnswerTransferWith(Rcode rcode, ExtendedError error) {
  Answerer::Job job;
  job.query = input_.data() + begin_ + 2;
  job.query_size = HeldFrame() - 2;
  job.response = surroundings_.output.NextMessage();
  job.room = kMessageOctetsMax;
  job.asker = asker_;
  surroundings_.answerer.AnswerWith(job, rcode, error);
  surroundings_.output.Add(job.response_size);
}

}  // namespace waypost::dns
