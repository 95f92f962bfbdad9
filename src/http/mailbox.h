#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "http/types.h"
#include "waypost/http/message.h"

namespace waypost::http {

/// Where answers that are made later go: a session. On the worker's thread.
class Recipient {
 public:
  /// The answer to request `sequence`, if that still waits.
  virtual void Deliver(std::uint64_t sequence, Response response) = 0;
  // The same for what is streamed as the answer to request `sequence`.
  virtual void DeliverPiece(std::uint64_t sequence, std::string piece) = 0;
  virtual void EndStream(std::uint64_t sequence) = 0;
  virtual void CutStream(std::uint64_t sequence) = 0;

 protected:
  ~Recipient() = default;
};

/// Answers, and pieces of streams, on their way from any thread to one worker. Shared by the worker and by each
/// Deferred and Stream, which may outlive it.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  struct StreamEnd {};  ///< no more pieces come
  struct StreamCut {};  ///< the client does not keep up
  using Content = std::variant<Response, std::string, StreamEnd, StreamCut>;

  explicit Mailbox(asio::io_context& context) : context_(&context) {}

  /// Any thread. Wakes the worker only when nothing was waiting, so that a burst wakes it once. Dropped after Close.
  void Push(std::weak_ptr<Recipient> recipient, std::uint64_t sequence, Content content);
  /// From here on nothing is taken, and the io_context is not touched again.
  void Close();

 private:
  struct Parcel {
    std::weak_ptr<Recipient> recipient;
    std::uint64_t sequence;
    Content content;
  };
  void Drain();

  std::mutex mutex_;
  asio::io_context* context_;  // null: closed
  std::vector<Parcel> waiting_;
  std::vector<Parcel> drained_;  // the worker's; keeps its capacity
};

/// What a Deferred promises, and to whom. When all copies are gone and none was sent, the client gets a 500: a request
/// never hangs for ever.
struct Deferred::State {
  State(std::shared_ptr<Mailbox> to, std::weak_ptr<Recipient> asked_by, std::uint64_t request)
      : mailbox(std::move(to)), recipient(std::move(asked_by)), sequence(request) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  std::shared_ptr<Mailbox> mailbox;
  std::weak_ptr<Recipient> recipient;
  std::uint64_t sequence;
  std::atomic<bool> sent = false;
};

}  // namespace waypost::http
