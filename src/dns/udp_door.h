#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <memory>

#include "dns/socket.h"
#include "waypost/dns/answerer.h"

namespace waypost::dns {

/// One UDP socket of one thread: waits on the io_context, then takes, answers and sends datagrams in batches.
class UdpDoor {
 public:
  /// `local`: the address it is bound to; a wildcard means that each datagram tells its own. `unsent` counts answers
  /// that the kernel did not take.
  UdpDoor(boost::asio::io_context& io, Descriptor socket, const Address& local, Answerer& answerer,
          std::atomic<std::uint64_t>& unsent);
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
  void Send(unsigned count);

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> socket_;
  const Address local_;
  const bool any_address_;
  Answerer& answerer_;
  std::atomic<std::uint64_t>& unsent_;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace waypost::dns
