#pragma once

#include <ares.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "forward/upstream_message.h"

namespace waypost::forward {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// A c-ares channel to one server whose sockets and timeouts Asio waits for. One question at a time: c-ares closes its
/// sockets when none is under way, so that each question has a fresh port. Used by the thread that runs the context.
class Channel : public std::enable_shared_from_this<Channel> {
 public:
  struct Options {
    std::string server = {};  ///< `192.0.2.53:53`, `[2001:db8::1]:53`
    std::chrono::milliseconds try_timeout{1500};
    Edns edns = Edns::kYes;  ///< of the queries that will be asked
  };
  struct Reply {
    int status = ARES_SUCCESS;
    std::vector<std::uint8_t> message = {};  ///< with ARES_SUCCESS
    bool by_tcp = false;
  };
  using Done = std::function<void(Reply)>;

  /// Null when c-ares cannot be set up.
  static std::shared_ptr<Channel> Open(asio::io_context& context, const Options& options);

  explicit Channel(asio::io_context& context) : context_(context), timer_(context) {}
  ~Channel() { Close(); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Sends a query as it is, once by UDP, and again by TCP when the answer is cut. `done` is called once, not from
  /// within, unless the question is cancelled.
  void Ask(const std::vector<std::uint8_t>& query, Done done);
  void Cancel();
  void Close();

 private:
  using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
  struct Watch {
    explicit Watch(asio::io_context& context) : descriptor(context) {}
    Descriptor descriptor;
    bool reading = false;  // wanted
    bool writing = false;
    bool read_waits = false;
    bool write_waits = false;
  };
  using Watched = std::shared_ptr<Watch>;

  static void OnAnswer(void* channel, int status, int timeouts, unsigned char* message, int size);
  void OnState(ares_socket_t socket, bool readable, bool writable);
  void Wait(ares_socket_t socket, const Watched& watch);
  void Process(ares_socket_t readable, ares_socket_t writable);
  void Deliver();
  void ArmTimer();

  asio::io_context& context_;
  Timer timer_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, Watched> watched_;
  Done done_;
  Reply reply_;
  bool finished_ = false;  // c-ares has called back
};

}  // namespace waypost::forward
