#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "http/channel.h"
#include "http/connection.h"
#include "http/ends.h"
#include "http/input_buffer.h"
#include "http/mailbox.h"
#include "http/request_parser.h"
#include "http/stream.h"
#include "http/types.h"
#include "waypost/http/message.h"

namespace waypost::http {

class Worker;

/// One HTTP/1 connection, plain or by TLS, on its worker's thread to its close. Its coroutine owns it; the worker lists
/// it, cuts it off when its deadline has passed, and asks it to end when the server stops.
class Session final : public Connection, public Recipient, public std::enable_shared_from_this<Session>, private Later {
 public:
  Session(Worker& worker, Channel channel, Ends ends);

  /// The connection's life. `self` keeps it.
  Awaitable<void> Run(std::shared_ptr<Session> self);

  void Deliver(std::uint64_t sequence, Response response) override;
  void DeliverPiece(std::uint64_t sequence, std::string piece) override;
  void EndStream(std::uint64_t sequence) override;
  void CutStream(std::uint64_t sequence) override;
  void Check(Clock::time_point now) override;
  void BeginStop() override;
  void Cut() override;

 private:
  enum class Phase : std::uint8_t { kIdle, kReading, kServing, kWriting, kStreaming, kLingering };

  Deferred Defer() override;
  Stream BeginStream() override;
  void BeforeRead();
  bool SendContinue();
  bool NeedsRevision() const;
  Progress Serve();
  bool Kept(Progress progress);
  void Refuse(const Refusal& refusal);
  void FinishRequest();
  std::size_t SendNow();
  Awaitable<void> AwaitRevision();
  Awaitable<void> AwaitAnswer();
  Awaitable<void> SendRest(std::size_t sent);
  Awaitable<void> SendStream();
  Awaitable<void> SendFrame();
  bool ClientLeft();
  Awaitable<void> Linger();
  std::size_t AnswerSize() const { return head_.size() + BodySize(); }
  std::size_t BodySize() const { return without_body_ ? 0 : response_.body.size(); }
  std::array<asio::const_buffer, 2> AnswerBuffers(std::size_t sent) const;

  Worker& worker_;
  Channel channel_;
  Timer timer_;
  InputBuffer input_;
  RequestParser parser_;
  Response response_;
  std::string head_;  // of the answer
  Ends ends_;
  std::unique_ptr<StreamOutput> stream_;  // while the answer's body is streamed
  Clock::time_point deadline_ = Clock::time_point::max();
  std::uint64_t sequence_ = 0;  // of the request that is served
  Phase phase_ = Phase::kIdle;
  bool reading_ = false;       // the request deadline is set
  bool awaiting_ = false;      // for a deferred answer
  bool deferred_ = false;      // the handler took a Deferred
  bool without_body_ = false;  // HEAD, or a status without one
  bool closing_ = false;       // behind the current answer
  bool unclear_ = false;       // where the next request would begin is not known
  bool failed_ = false;        // the client is gone
  bool cut_ = false;
};

}  // namespace waypost::http
