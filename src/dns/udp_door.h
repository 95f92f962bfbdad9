#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <memory>

#include "dns/late_answers.h"
#include "dns/latency.h"
#include "dns/rate_limit.h"
#include "dns/socket.h"
#include "waypost/dns/answerer.h"

namespace waypost::dns {

/// What a UDP door works with. All of it outlives the door; `late` and `limiter` are shared by all threads.
struct UdpSurroundings {
  Answerer& answerer;
  LateAnswers& late;
  std::shared_ptr<RateLimiter> limiter;  ///< null: none
  LatencyRecorder& latency;
  std::atomic<std::uint64_t>& unsent;  ///< counts answers that the kernel did not take
};

/// One UDP socket of one thread: waits on the io_context, then takes, answers and sends datagrams in batches.
class UdpDoor {
 public:
  /// `local`: the address it is bound to; a wildcard means that each datagram tells its own.
  UdpDoor(boost::asio::io_context& io, Descriptor socket, const Address& local, UdpSurroundings surroundings);
  ~UdpDoor();

  void Open() { Wait(); }
  /// Answers what has already come, then waits no more.
  void Close();

 private:
  struct Buffers;
  /// Batches in a row before others of this thread have a turn.
  static constexpr unsigned kBatchesMax = 32;

  void Wait();
  void Serve();
  /// Returns how many datagrams came.
  unsigned ServeBatch();
  void FillJob(unsigned at, std::size_t octets);
  /// Hands a job that cannot be answered yet on. False: it is answered, with an error.
  bool Defer(unsigned at);
  void Send(unsigned count);
  void Release();

  // Late answers leave by it too, so that the last of them closes it.
  std::shared_ptr<Descriptor> descriptor_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> socket_;
  const bool any_address_;
  UdpSurroundings surroundings_;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace waypost::dns
