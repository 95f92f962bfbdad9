#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "http/channel.h"
#include "http/connection.h"
#include "http/ends.h"
#include "http/h2_stream.h"
#include "http/mailbox.h"
#include "http/pace.h"
#include "http/worker.h"

struct nghttp2_session;

namespace waypost::http {

/// One HTTP/2 connection (RFC 9113), on its worker's thread from the handshake to its close. nghttp2 knows the frames;
/// here are the sockets, the limits and the handlers. Two coroutines share it: one reads, one writes what does not go
/// at once; while output waits, nothing is read, so that no client makes us hold more than a buffer of it.
class H2Session final : public Connection, public Recipient, public std::enable_shared_from_this<H2Session> {
 public:
  H2Session(Worker& worker, Channel channel, Ends ends);
  ~H2Session() override;

  /// `self` keeps it.
  Awaitable<void> Run(std::shared_ptr<H2Session> self);

  void Deliver(std::uint64_t sequence, Response response) override;
  void DeliverPiece(std::uint64_t sequence, std::string piece) override;
  void EndStream(std::uint64_t sequence) override;
  void CutStream(std::uint64_t sequence) override;
  void Check(Clock::time_point now) override;
  void BeginStop() override;
  void Cut() override;

  Worker& worker() { return worker_; }

 private:
  /// What nghttp2 calls.
  struct Callbacks;
  enum class Life : std::uint8_t {
    kOpen,
    kDraining,  ///< all is said; the client's end is waited for
    kClosed,
  };

  void MakeSession();
  Awaitable<void> WriteOn(std::shared_ptr<H2Session> self);
  Awaitable<void> AwaitRevision(std::shared_ptr<H2Session> self, std::int32_t id);
  void Take(std::size_t count);
  void Flush();
  void FillOutput();
  void EndOutput();
  void Kick();
  void Goodbye();
  Clock::time_point Deadline() const;

  // Requests: h2_request.cc.
  H2Stream* Find(std::int32_t id);
  /// The stream whose request has that number: they are the same.
  H2Stream* Asked(std::uint64_t sequence) { return Find(static_cast<std::int32_t>(sequence)); }
  void Begin(std::int32_t id);
  void TakeField(H2Stream& stream, const Field& field);
  void TakeHead(H2Stream& stream);
  void TakeBody(H2Stream& stream, std::string_view part);
  void TakeEnd(H2Stream& stream);
  bool NeedsRevision(const H2Stream& stream) const;
  void Serve(H2Stream& stream);
  Progress CallHandler(H2Stream& stream);
  void Refuse(H2Stream& stream, const Refusal& refusal);
  void Forget(std::int32_t id);
  void CountReset();

  // Answers: h2_answer.cc.
  void SubmitAnswer(H2Stream& stream);
  void SubmitContinue(const H2Stream& stream);
  void Reset(const H2Stream& stream, std::uint32_t code);
  std::ptrdiff_t ReadBody(H2Stream& stream, char* to, std::size_t room, std::uint32_t& flags);
  std::ptrdiff_t ReadPieces(H2Stream& stream, char* to, std::size_t room, std::uint32_t& flags);
  void CheckStream(H2Stream& stream, Clock::time_point now);

  Worker& worker_;
  Channel channel_;
  Ends ends_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<std::int32_t, std::unique_ptr<H2Stream>> streams_;
  std::array<char, 8 << 10> input_;
  std::string output_;
  std::size_t output_sent_ = 0;
  std::size_t progress_ = kWriteProgress;                  // octets sent since the write deadline was set
  Timer kick_;                                             // the writer waits for it
  Timer unblocked_;                                        // the reader waits for it
  Clock::time_point idle_deadline_;                        // without requests
  Clock::time_point deadline_ = Clock::time_point::max();  // of what is said in blocked_ or kDraining
  std::size_t bodies_held_ = 0;                            // octets of requests, all streams together
  std::size_t drained_ = 0;
  std::uint32_t resets_left_;
  Life life_ = Life::kOpen;
  bool blocked_ = false;  // the socket takes nothing more
  bool kicked_ = false;
  bool leaving_ = false;  // GOAWAY is said
};

}  // namespace waypost::http
