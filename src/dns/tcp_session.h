#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "waypost/dns/answerer.h"

namespace waypost::dns {

using Executor = boost::asio::io_context::executor_type;
using Task = boost::asio::awaitable<void, Executor>;
using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

struct TcpTimeouts {
  std::chrono::milliseconds idle;
  std::chrono::milliseconds query;
};

/// Where a thread's sessions put answers before they are sent: one for all of them, since none is suspended with it in
/// use.
class TcpOutput {
 public:
  static constexpr std::size_t kFrameMax = 2 + 65535;
  TcpOutput() : octets_(2 * kFrameMax) {}

  bool HasRoom() const { return octets_.size() - used_ >= kFrameMax; }
  std::uint8_t* NextMessage() { return octets_.data() + used_ + 2; }
  /// Frames the message of `size` octets that was written at NextMessage(); 0: none was.
  void Add(std::size_t size);
  std::span<const std::uint8_t> all() const { return {octets_.data(), used_}; }
  void Clear() { used_ = 0; }

 private:
  std::vector<std::uint8_t> octets_;
  std::size_t used_ = 0;
};

/// One TCP connection: queries framed by two octets of length, answered in order as they come whole (RFC 1035 4.2.2,
/// RFC 7766). Lives on one thread; its owner ends it when Deadline() has passed.
class TcpSession {
 public:
  using Clock = std::chrono::steady_clock;

  TcpSession(TcpSocket socket, Answerer& answerer, TcpOutput& output, const TcpTimeouts& timeouts);

  /// Serves until the client has closed its side, or something fails. To be spawned once.
  Task Run();
  Clock::time_point deadline() const { return deadline_; }
  /// Cuts the connection.
  void Cut();
  /// Takes no more queries; what is being sent is sent.
  void Finish();

 private:
  static constexpr std::size_t kInputAtFirst = 1024;

  /// Answers whole messages in the input until there is none, or the output is full; then returns true.
  bool AnswerHeld();
  /// Sends what can be sent at once; what is left is kept in rest_. False: the connection is broken.
  bool SendNow();
  /// Makes room for the message that has begun and sets the deadline.
  void Await();
  std::size_t HeldFrame() const;

  TcpSocket socket_;
  Answerer& answerer_;
  TcpOutput& output_;
  const TcpTimeouts timeouts_;
  Asker asker_;
  std::vector<std::uint8_t> input_;
  std::size_t begin_ = 0;  // of what is not answered yet
  std::size_t end_ = 0;
  std::vector<std::uint8_t> rest_;
  Clock::time_point deadline_;
  bool half_sent_ = false;  // a message has begun, and the deadline is its
  bool writing_ = false;
  bool finishing_ = false;
};

}  // namespace waypost::dns
