#include "dns/udp_door.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "waypost/dns/protocol.h"

namespace waypost::dns {
namespace {

constexpr unsigned kBatch = Answerer::kBatchMax;
// Odd multiples of the cache line, so that the heads of a batch's buffers fall into different cache sets.
constexpr std::size_t kQueryRoom = 65 * 64;
constexpr std::size_t kResponseRoom = 21 * 64;
static_assert(kResponseRoom >= kUdpPayloadOctets);

/// The address a datagram was sent to, from its control message; size 0 when there is none.
Address AskedAddress(msghdr& message) {
  Address address;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      std::memcpy(address.octets.data(), &info.ipi_spec_dst, 4);
      address.size = 4;
      // The answer leaves from that address, by whatever interface the routes say.
      info.ipi_ifindex = 0;
      std::memcpy(CMSG_DATA(c), &info, sizeof info);
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      std::memcpy(address.octets.data(), &info.ipi6_addr, 16);
      address.size = 16;
    }
  }
  return address;
}

constexpr std::size_t kControlRoom = CMSG_SPACE(sizeof(in6_pktinfo));

/// Sends the answer to one datagram after its batch has gone, from any thread.
struct LateDatagram {
  std::shared_ptr<Descriptor> socket;
  std::shared_ptr<RateLimiter> limiter;
  Address client;
  sockaddr_storage to;
  socklen_t to_size;
  std::size_t control_size;
  alignas(cmsghdr) std::uint8_t control[kControlRoom];

  void operator()(std::span<std::uint8_t> response) {
    std::size_t size = response.size();
    if (limiter != nullptr && size != 0) {
      size = limiter->Limit(response.data(), size, client, std::chrono::steady_clock::now());
    }
    if (size == 0) return;
    iovec part = {response.data(), size};
    msghdr message = {};
    message.msg_name = &to;
    message.msg_namelen = to_size;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control_size != 0 ? control : nullptr;
    message.msg_controllen = control_size;
    while (sendmsg(socket->get(), &message, MSG_DONTWAIT) < 0 && errno == EINTR) {
    }
  }
};

}  // namespace

struct UdpDoor::Buffers {
  std::uint8_t queries[kBatch][kQueryRoom];
  std::uint8_t responses[kBatch][kResponseRoom];
  sockaddr_storage from[kBatch];
  alignas(cmsghdr) std::uint8_t control[kBatch][kControlRoom];
  iovec receive_parts[kBatch];
  iovec send_parts[kBatch];
  mmsghdr received[kBatch];
  mmsghdr sent[kBatch];
  Answerer::Job jobs[kBatch];
};

UdpDoor::UdpDoor(boost::asio::io_context& io, Descriptor socket, const Address& local, UdpSurroundings surroundings)
    : descriptor_(std::make_shared<Descriptor>(std::move(socket))),
      socket_(io, descriptor_->get()),
      any_address_(local.is_wildcard()),
      surroundings_(std::move(surroundings)),
      buffers_(std::make_unique<Buffers>()) {
  for (unsigned i = 0; i < kBatch; ++i) {
    Buffers& b = *buffers_;
    b.receive_parts[i] = {b.queries[i], kQueryRoom};
    b.received[i] = {};
    b.received[i].msg_hdr.msg_name = &b.from[i];
    b.received[i].msg_hdr.msg_iov = &b.receive_parts[i];
    b.received[i].msg_hdr.msg_iovlen = 1;
    b.jobs[i].query = b.queries[i];
    b.jobs[i].response = b.responses[i];
    b.jobs[i].room = kResponseRoom;
    b.jobs[i].asker.local = local;
    b.jobs[i].asker.transport = Transport::kUdp;
  }
}

UdpDoor::~UdpDoor() { Release(); }

/// Asio lets go of the descriptor, and does not close it: closed while others hold it, it would stay in Asio's epoll
/// set.
void UdpDoor::Release() {
  if (socket_.is_open()) socket_.release();
  descriptor_.reset();
}

void UdpDoor::Wait() {
  socket_.async_wait(decltype(socket_)::wait_read, [this](const boost::system::error_code& error) {
    if (!error) Serve();
  });
}

void UdpDoor::Serve() {
  for (unsigned batches = 0; batches < kBatchesMax; ++batches) {
    if (ServeBatch() < kBatch) return Wait();
  }
  boost::asio::post(socket_.get_executor(), [this] {
    if (socket_.is_open()) Serve();
  });
}

void UdpDoor::Close() {
  if (!socket_.is_open()) return;
  for (unsigned batches = 0; batches < kBatchesMax && ServeBatch() == kBatch; ++batches) {
  }
  Release();
}

unsigned UdpDoor::ServeBatch() {
  Buffers& b = *buffers_;
  for (unsigned i = 0; i < kBatch; ++i) {
    msghdr& header = b.received[i].msg_hdr;
    header.msg_namelen = sizeof b.from[i];
    if (any_address_) {
      header.msg_control = b.control[i];
      header.msg_controllen = sizeof b.control[i];
    }
  }
  // Whatever the error (nothing there, an ICMP message that came back): the next wait finds out what can be done.
  const int got = recvmmsg(socket_.native_handle(), b.received, kBatch, MSG_DONTWAIT, nullptr);
  if (got <= 0) return 0;
  const auto count = static_cast<unsigned>(got);
  const auto begun = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < count; ++i) FillJob(i, b.received[i].msg_len);
  surroundings_.answerer.Answer({b.jobs, count});
  RateLimiter* limiter = surroundings_.limiter.get();
  unsigned answers = 0;
  for (unsigned i = 0; i < count; ++i) {
    Answerer::Job& job = b.jobs[i];
    if (job.response_size == 0 && (job.fate != Fate::kDeferred || Defer(i))) continue;
    std::size_t size = job.response_size;
    if (limiter != nullptr && limiter->Concerns(job.response) && !job.known_client) {
      size = limiter->Limit(job.response, size, job.asker.client, begun);
    }
    if (size == 0) continue;
    b.send_parts[answers] = {b.responses[i], size};
    msghdr& header = b.sent[answers].msg_hdr;
    header = b.received[i].msg_hdr;
    header.msg_iov = &b.send_parts[answers];
    ++answers;
  }
  Send(answers);
  if (answers != 0) surroundings_.latency.Add(std::chrono::steady_clock::now() - begun, answers);
  return count;
}

bool UdpDoor::Defer(unsigned at) {
  Buffers& b = *buffers_;
  Answerer::Job& job = b.jobs[at];
  const msghdr& header = b.received[at].msg_hdr;
  LateDatagram datagram{descriptor_,
                        job.known_client ? nullptr : surroundings_.limiter,
                        job.asker.client,
                        b.from[at],
                        header.msg_namelen,
                        any_address_ ? std::min(header.msg_controllen, kControlRoom) : 0,
                        {}};
  std::memcpy(datagram.control, b.control[at], datagram.control_size);
  if (surroundings_.late.Take(job, surroundings_.answerer.wanted(at), std::move(datagram))) return true;
  surroundings_.answerer.AnswerWith(job, Rcode::kServFail, ExtendedError::kNone);
  return job.response_size == 0;
}

void UdpDoor::FillJob(unsigned at, std::size_t octets) {
  Answerer::Job& job = buffers_->jobs[at];
  job.query_size = octets;
  job.asker.client = Address::From(buffers_->from[at]);
  if (any_address_) job.asker.local = AskedAddress(buffers_->received[at].msg_hdr);
}

void UdpDoor::Send(unsigned count) {
  for (unsigned done = 0; done < count;) {
    const int taken = sendmmsg(socket_.native_handle(), buffers_->sent + done, count - done, MSG_DONTWAIT);
    if (taken > 0) {
      done += static_cast<unsigned>(taken);
    } else if (errno != EINTR) {
      // The first of them cannot be sent (no route, no room, a client that is gone): the others still can.
      auto& unsent = surroundings_.unsent;
      unsent.store(unsent.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      ++done;
    }
  }
}

}  // namespace waypost::dns
