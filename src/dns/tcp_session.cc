#include "dns/tcp_session.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>

#include "dns/wire.h"

namespace waypost::dns {
namespace {

constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Executor>> kResume{};

Address FromAsio(const boost::asio::ip::address& from) {
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

}  // namespace

void TcpOutput::Add(std::size_t size) {
  if (size == 0) return;
  Store16(octets_.data() + used_, static_cast<std::uint16_t>(size));
  used_ += 2 + size;
}

TcpSession::TcpSession(TcpSocket socket, Answerer& answerer, TcpOutput& output, const TcpTimeouts& timeouts)
    : socket_(std::move(socket)),
      answerer_(answerer),
      output_(output),
      timeouts_(timeouts),
      input_(kInputAtFirst),
      deadline_(Clock::now() + timeouts.idle) {
  boost::system::error_code ignored;
  asker_.client = FromAsio(socket_.remote_endpoint(ignored).address());
  asker_.local = FromAsio(socket_.local_endpoint(ignored).address());
  asker_.transport = Transport::kStream;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

Task TcpSession::Run() {
  for (;;) {
    for (bool full = true; full;) {
      full = AnswerHeld();
      if (!SendNow()) co_return;
      if (rest_.empty()) continue;
      writing_ = true;
      deadline_ = Clock::now() + timeouts_.idle;
      const auto rest = boost::asio::buffer(rest_);
      const auto written = co_await boost::asio::async_write(socket_, rest, kResume);
      writing_ = false;
      if (std::get<0>(written)) co_return;
      rest_.clear();
    }
    if (finishing_) co_return;
    Await();
    const auto room = boost::asio::buffer(input_.data() + end_, input_.size() - end_);
    const auto received = co_await socket_.async_read_some(room, kResume);
    if (std::get<0>(received)) co_return;
    end_ += std::get<1>(received);
  }
}

std::size_t TcpSession::HeldFrame() const { return end_ - begin_ < 2 ? 0 : 2U + Load16(input_.data() + begin_); }

bool TcpSession::AnswerHeld() {
  while (!finishing_) {
    const std::size_t frame = HeldFrame();
    if (frame == 0 || end_ - begin_ < frame) return false;
    if (!output_.HasRoom()) return true;
    Answerer::Job job;
    job.query = input_.data() + begin_ + 2;
    job.query_size = frame - 2;
    job.response = output_.NextMessage();
    job.room = TcpOutput::kFrameMax - 2;
    job.asker = asker_;
    answerer_.Answer({&job, 1});
    output_.Add(job.response_size);
    begin_ += frame;
    half_sent_ = false;
  }
  return false;
}

bool TcpSession::SendNow() {
  const auto all = output_.all();
  output_.Clear();
  if (all.empty()) return true;
  const ssize_t sent = ::send(socket_.native_handle(), all.data(), all.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return false;
  const auto left = all.subspan(sent < 0 ? 0 : static_cast<std::size_t>(sent));
  rest_.assign(left.begin(), left.end());
  return true;
}

void TcpSession::Await() {
  const std::size_t held = end_ - begin_;
  std::memmove(input_.data(), input_.data() + begin_, held);
  begin_ = 0;
  end_ = held;
  if (const std::size_t frame = HeldFrame(); frame > input_.size()) input_.resize(frame);
  if (held == 0) {
    deadline_ = Clock::now() + timeouts_.idle;
  } else if (!half_sent_) {
    deadline_ = Clock::now() + timeouts_.query;
  }
  half_sent_ = held != 0;
}

void TcpSession::Cut() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void TcpSession::Finish() {
  finishing_ = true;
  if (!writing_) Cut();
}

}  // namespace waypost::dns
