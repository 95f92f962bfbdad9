#pragma once

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "waypost/http/message.h"

namespace waypost::http {

class Mailbox;
class Recipient;

/// What both sides of a stream look at.
struct StreamGate {
  std::atomic<bool> open = true;
  std::atomic<std::size_t> waiting = 0;  ///< bytes written that the kernel has not taken yet
};

/// The writers' side. When its last copy goes, the stream ends.
struct Stream::State {
  State(std::shared_ptr<StreamGate> shared, std::shared_ptr<Mailbox> to, std::weak_ptr<Recipient> asked_by,
        std::uint64_t request, std::size_t bytes_max)
      : gate(std::move(shared)),
        mailbox(std::move(to)),
        recipient(std::move(asked_by)),
        sequence(request),
        waiting_max(bytes_max) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { Close(); }

  bool Write(std::string piece);
  void Close();

  const std::shared_ptr<StreamGate> gate;
  const std::shared_ptr<Mailbox> mailbox;
  const std::weak_ptr<Recipient> recipient;
  const std::uint64_t sequence;
  const std::size_t waiting_max;
};

/// How a client learns where the body ends.
enum class StreamFraming : std::uint8_t {
  kChunked,
  kNone,  ///< with the connection, or HTTP/2 says it
};

/// The session's side: pieces that wait to be sent, and the frame that is being sent. While it lives the gate may be
/// open. On the worker's thread.
class StreamOutput {
 public:
  StreamOutput(std::shared_ptr<StreamGate> gate, StreamFraming framing) : gate_(std::move(gate)), framing_(framing) {}
  ~StreamOutput() { Shut(); }
  StreamOutput(const StreamOutput&) = delete;
  StreamOutput& operator=(const StreamOutput&) = delete;

  void Add(std::string piece) {
    if (!ended_) waiting_.push_back(std::move(piece));
  }
  /// Nothing comes behind what waits now.
  void End();
  /// Nothing is taken any more.
  void Shut() { gate_->open.store(false, std::memory_order_release); }
  bool finished() const { return ended_ && end_framed_ && left_ == 0; }

  /// Makes the next frame out of what waits. False: there is nothing to send now.
  bool NextFrame();
  /// What of the frame is not sent yet.
  std::span<const boost::asio::const_buffer> frame() const { return std::span(buffers_).subspan(begun_); }
  std::size_t left() const { return left_; }
  void Sent(std::size_t count);

 private:
  void Put(const std::string& bytes);

  const std::shared_ptr<StreamGate> gate_;
  const StreamFraming framing_;
  std::deque<std::string> waiting_;
  std::vector<std::string> pieces_;  // of the frame, as its buffers point to
  std::string size_line_;
  std::vector<boost::asio::const_buffer> buffers_;
  std::size_t begun_ = 0;  // the first buffer that is not sent as a whole
  std::size_t left_ = 0;
  std::size_t payload_ = 0;  // of the frame, still counted as waiting
  bool ended_ = false;
  bool end_framed_ = false;
};

}  // namespace waypost::http
