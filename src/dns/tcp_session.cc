#include "dns/tcp_session.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "waypost/dns/wire.h"

namespace waypost::dns {
namespace {

constexpr boost::asio::use_awaitable_t<Executor> kAwait{};
constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Executor>> kResume{};

}  // namespace

Address AddressOf(const boost::asio::ip::tcp::endpoint& endpoint) {
  const boost::asio::ip::address from = endpoint.address();
  Address address;
  if (from.is_v4()) {
    const auto octets = from.to_v4().to_bytes();
    std::memcpy(address.octets.data(), octets.data(), octets.size());
    address.size = 4;
  } else {
    const auto octets = from.to_v6().to_bytes();
    std::memcpy(address.octets.data(), octets.data(), octets.size());
    address.size = 16;
  }
  return address;
}

void TcpOutput::Add(std::size_t size) {
  if (size == 0) return;
  Store16(octets_.data() + used_, static_cast<std::uint16_t>(size));
  used_ += 2 + size;
}

TcpSession::TcpSession(TcpSocket socket, const Address& client, std::shared_ptr<SSL_CTX> tls,
                       const TcpSurroundings& surroundings)
    : socket_(std::move(socket)),
      surroundings_(surroundings),
      input_(kInputAtFirst),
      pause_(socket_.get_executor()),
      read_deadline_(Clock::now() + surroundings.timeouts.idle),
      write_deadline_(Clock::time_point::max()) {
  boost::system::error_code ignored;
  asker_.client = client;
  asker_.local = AddressOf(socket_.local_endpoint(ignored));
  asker_.transport = tls != nullptr ? Transport::kTls : Transport::kTcp;
  if (tls != nullptr) {
    tls_ = std::make_unique<TlsCodec>(std::move(tls));
    sealed_.resize(kSealedOctets);
    read_deadline_ = Clock::now() + surroundings.timeouts.query;
  }
  pause_.expires_at(Clock::time_point::max());
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

Task TcpSession::Run() {
  while (!broken_) {
    const Held held = AnswerHeld();
    if (!SendOutput()) co_return;
    if (held == Held::kTransfer) {
      TransferStart start = std::exchange(starting_, {});
      co_await SendZone(std::move(start));
      continue;
    }
    while (!broken_ && (writing() || deferred_ >= kDeferredMax)) co_await pause_.async_wait(kResume);
    if (held == Held::kOutputFull) co_await boost::asio::post(socket_.get_executor(), kAwait);  // others have a turn
    if (held != Held::kNothingWhole) continue;
    if (ended_ || finishing_) {
      while (!broken_ && (writing() || deferred_ != 0)) co_await pause_.async_wait(kResume);
      break;
    }
    Await();
    if (Unseal()) continue;
    if (ended_ || broken_) continue;
    const auto room = ReceiveRoom();
    const auto buffer = boost::asio::buffer(room.data(), room.size());
    const auto received = co_await socket_.async_read_some(buffer, kResume);
    const auto error = std::get<0>(received);
    if (error == boost::asio::error::eof) {
      ended_ = true;
    } else if (error) {
      co_return;
    }
    Received(std::get<1>(received));
  }
  if (tls_ == nullptr || broken_) co_return;
  tls_->WriteEnd();
  SendOutput();
}

std::size_t TcpSession::HeldFrame() const { return end_ - begin_ < 2 ? 0 : 2U + Load16(input_.data() + begin_); }

TcpSession::Held TcpSession::AnswerHeld() {
  TcpOutput& output = surroundings_.output;
  while (!finishing_) {
    const std::size_t frame = HeldFrame();
    if (frame == 0 || end_ - begin_ < frame) return Held::kNothingWhole;
    if (deferred_ >= kDeferredMax) return Held::kCrowded;
    if (!output.HasRoom()) return Held::kOutputFull;
    Answerer::Job job;
    job.query = input_.data() + begin_ + 2;
    job.query_size = frame - 2;
    job.response = output.NextMessage();
    job.room = TcpOutput::kFrameMax - 2;
    job.asker = asker_;
    if (unmeasured_ == 0) batch_begun_ = Clock::now();
    surroundings_.answerer.Answer({&job, 1});
    if (job.fate == Fate::kTransfer) {
      starting_ = surroundings_.answerer.TakeTransfer(0);
      return Held::kTransfer;
    }
    if (job.fate == Fate::kDeferred) Defer(job);
    output.Add(job.response_size);
    if (job.response_size != 0) ++unmeasured_;
    Answered(frame);
  }
  return Held::kNothingWhole;
}

void TcpSession::Answered(std::size_t frame) {
  begin_ += frame;
  half_sent_ = false;
  served_ = true;
}

void TcpSession::Defer(Answerer::Job& job) {
  auto reply = [mailbox = surroundings_.mailbox, session = weak_from_this()](std::span<const std::uint8_t> response) {
    std::vector<std::uint8_t> framed(2 + response.size());
    Store16(framed.data(), static_cast<std::uint16_t>(response.size()));
    std::copy(response.begin(), response.end(), framed.begin() + 2);
    mailbox->Post([session, framed = std::move(framed)] {
      if (const auto self = session.lock()) self->DeliverLate(framed);
    });
  };
  if (surroundings_.late.Take(job, surroundings_.answerer.wanted(0), std::move(reply))) {
    ++deferred_;
  } else {
    surroundings_.answerer.AnswerWith(job, Rcode::kServFail, ExtendedError::kNone);
  }
}

void TcpSession::DeliverLate(std::span<const std::uint8_t> framed) {
  --deferred_;
  if (framed.size() > 2 && !broken_) {
    if (tls_ != nullptr) {
      tls_->Write(framed);
      SendOutput();
    } else {
      SendNow(framed);
    }
  }
  if (!half_sent_) read_deadline_ = Clock::now() + surroundings_.timeouts.idle;
  Wake();
}

bool TcpSession::SendOutput() {
  TcpOutput& output = surroundings_.output;
  if (tls_ == nullptr) {
    SendNow(output.all());
  } else {
    tls_->Write(output.all());
    SendNow(tls_->output());
    tls_->ClearOutput();
  }
  output.Clear();
  if (unmeasured_ != 0) surroundings_.latency.Add(Clock::now() - batch_begun_, std::exchange(unmeasured_, 0));
  return !broken_;
}

bool TcpSession::SendNow(std::span<const std::uint8_t> octets) {
  if (octets.empty() || broken_) return !broken_;
  if (writing()) {
    after_.insert(after_.end(), octets.begin(), octets.end());
    return true;
  }
  const ssize_t sent = ::send(socket_.native_handle(), octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    Cut();
    return false;
  }
  const auto left = octets.subspan(sent < 0 ? 0 : static_cast<std::size_t>(sent));
  if (left.empty()) return true;
  rest_.assign(left.begin(), left.end());
  StartWriting();
  return true;
}

void TcpSession::StartWriting() {
  write_deadline_ = Clock::now() + surroundings_.timeouts.idle;
  boost::asio::async_write(socket_, boost::asio::buffer(rest_),
                           [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                             self->rest_ = std::vector<std::uint8_t>();  // it may have been long
                             self->write_deadline_ = Clock::time_point::max();
                             if (error) return self->Cut();
                             self->rest_.swap(self->after_);
                             if (self->writing()) return self->StartWriting();
                             self->Wake();
                           });
}

void TcpSession::Await() {
  const std::size_t held = end_ - begin_;
  std::memmove(input_.data(), input_.data() + begin_, held);
  begin_ = 0;
  end_ = held;
  if (const std::size_t frame = HeldFrame(); frame > input_.size()) input_.resize(frame);
  if (tls_ != nullptr && !tls_->established()) return;  // the handshake has one deadline
  if (held == 0 && served_) {
    // Octets of TLS that carry nothing do not count.
    read_deadline_ = Clock::now() + surroundings_.timeouts.idle;
    served_ = false;
  } else if (held != 0 && !half_sent_) {
    read_deadline_ = Clock::now() + surroundings_.timeouts.query;
  }
  half_sent_ = held != 0;
}

std::span<std::uint8_t> TcpSession::ReceiveRoom() {
  if (tls_ != nullptr) return sealed_;
  return {input_.data() + end_, input_.size() - end_};
}

void TcpSession::Received(std::size_t octets) {
  if (tls_ == nullptr) {
    end_ += octets;
  } else {
    tls_->Feed({sealed_.data(), octets});
  }
}

bool TcpSession::Unseal() {
  if (tls_ == nullptr) return false;
  const std::size_t got = tls_->Read(input_.data() + end_, input_.size() - end_);
  end_ += got;
  SendOutput();  // what the handshake says, or why it failed
  if (tls_->ended()) ended_ = true;
  if (tls_->failed()) broken_ = true;
  return got != 0;
}

TcpSession::Clock::time_point TcpSession::deadline() const {
  if (writing() || (transferring_ && transfer_)) return write_deadline_;
  // While answers are owed it is not the client who is idle.
  const bool owed = (deferred_ != 0 && !half_sent_) || transferring_;
  return owed ? read_deadline_ + kLateMax : read_deadline_;
}

void TcpSession::Cut() {
  broken_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  Wake();
}

void TcpSession::Finish() {
  finishing_ = true;
  if (!writing() && deferred_ == 0 && !transferring_) return Cut();
  // Wakes Run() when it waits for queries; what is sent goes on.
  boost::system::error_code ignored;
  socket_.shutdown(TcpSocket::shutdown_receive, ignored);
}

}  // namespace waypost::dns
