#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "dns/late_answers.h"
#include "dns/latency.h"
#include "dns/mailbox.h"
#include "dns/tls.h"
#include "waypost/dns/answerer.h"

namespace waypost::dns {

using Executor = boost::asio::io_context::executor_type;
using Task = boost::asio::awaitable<void, Executor>;
using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

struct TcpTimeouts {
  std::chrono::milliseconds idle;
  std::chrono::milliseconds query;  ///< of a query that has begun, and of a TLS handshake
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

/// The zone transfers that all threads together have under way.
using TransferCount = std::atomic<unsigned>;
inline constexpr unsigned kTransfersMax = 16;

/// The address of an endpoint of Asio's.
Address AddressOf(const boost::asio::ip::tcp::endpoint& endpoint);

/// What a thread's sessions work with. All of it outlives them.
struct TcpSurroundings {
  Answerer& answerer;
  LateAnswers& late;
  TcpOutput& output;
  LatencyRecorder& latency;
  std::shared_ptr<Mailbox> mailbox;
  Transfers* transfers;  ///< null: the Answerer hands none on
  TransferCount& under_way;
  TcpTimeouts timeouts;
};

/// One TCP connection, plain or with TLS in it: queries framed by two octets of length, answered as they come whole and
/// in the order in which they can be (RFC 1035 4.2.2, RFC 7766). Lives on one thread; its owner cuts it when deadline()
/// has passed.
class TcpSession : public std::enable_shared_from_this<TcpSession> {
 public:
  using Clock = std::chrono::steady_clock;
  /// Queries of one connection that wait for names outside our zones; with so many no further one is read.
  static constexpr unsigned kDeferredMax = 128;

  /// `tls`: null for plain TCP.
  TcpSession(TcpSocket socket, const Address& client, std::shared_ptr<SSL_CTX> tls,
             const TcpSurroundings& surroundings);

  /// Serves until the client has closed its side and has its answers, or something fails. To be spawned once, with a
  /// handler that holds a reference.
  Task Run();
  Clock::time_point deadline() const;
  /// Cuts the connection.
  void Cut();
  /// Takes no more queries; what is under way is answered and sent.
  void Finish();

  const Address& client() const { return asker_.client; }
  bool handshake_failed() const { return tls_ != nullptr && !tls_->established(); }

 private:
  static constexpr std::size_t kInputAtFirst = 1024;
  static constexpr std::size_t kSealedOctets = 4096;
  /// The longest that a connection lives on because the outside does not answer.
  static constexpr std::chrono::seconds kLateMax{30};

  enum class Held : std::uint8_t { kNothingWhole, kOutputFull, kCrowded, kTransfer };
  /// Answers whole messages in the input for as long as it can.
  Held AnswerHeld();
  void Defer(Answerer::Job& job);
  void DeliverLate(std::span<const std::uint8_t> framed);
  void Answered(std::size_t frame);

  Task SendZone(TransferStart start);
  void BeginTransfer(TransferQuestion question);
  /// Fills the output. False: that was the last.
  bool AddTransferMessages(std::optional<TsigExchange>& signatures);
  void AnswerTransferWith(Rcode rcode, ExtendedError error);

  /// Sends what is in the output. False: the connection is broken.
  bool SendOutput();
  bool SendNow(std::span<const std::uint8_t> octets);
  void StartWriting();
  bool writing() const { return !rest_.empty(); }
  /// Lets Run() look again.
  void Wake() { pause_.cancel(); }

  /// Makes room for the message that has begun and sets the deadline.
  void Await();
  std::span<std::uint8_t> ReceiveRoom();
  void Received(std::size_t octets);
  /// Decrypts into the input. True: there is something new.
  bool Unseal();
  std::size_t HeldFrame() const;

  TcpSocket socket_;
  TcpSurroundings surroundings_;
  Asker asker_;
  std::unique_ptr<TlsCodec> tls_;
  std::vector<std::uint8_t> sealed_;  // what comes from the network, with TLS
  std::vector<std::uint8_t> input_;
  std::size_t begin_ = 0;  // of what is not answered yet
  std::size_t end_ = 0;
  std::vector<std::uint8_t> rest_;   // is being sent
  std::vector<std::uint8_t> after_;  // follows it
  Timer pause_;                      // never expires; cancelled to wake Run()
  Clock::time_point read_deadline_;
  Clock::time_point write_deadline_;
  unsigned deferred_ = 0;
  TransferStart starting_;            // of Held::kTransfer
  std::optional<Transfer> transfer_;  // what became of it
  Clock::time_point batch_begun_;     // when the first of unmeasured_ was answered
  std::uint64_t unmeasured_ = 0;      // answers in the output
  bool transferring_ = false;
  bool half_sent_ = false;  // a message has begun, and the deadline is its
  bool served_ = true;      // since the deadline of idleness was set
  bool ended_ = false;      // the client sends no more
  bool broken_ = false;
  bool finishing_ = false;
};

}  // namespace waypost::dns
