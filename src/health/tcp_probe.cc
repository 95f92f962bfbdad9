#include "health/tcp_probe.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "health/probe_words.h"

namespace waypost::health {
namespace {

/// Connects, or asks how the connect that has begun stands: 0 when the handshake is done, EINPROGRESS while it is not.
int Connect(int socket, const SocketAddress& address) {
  if (::connect(socket, address.data(), static_cast<socklen_t>(address.size())) == 0 || errno == EISCONN) return 0;
  return errno == EALREADY || errno == EINTR ? EINPROGRESS : errno;
}

/// Ends whatever connection there is at once, with a reset if the peer knows of it. The socket may connect again.
bool Dissolve(int socket) {
  sockaddr none = {};
  none.sa_family = AF_UNSPEC;
  return ::connect(socket, &none, sizeof none) == 0;
}

std::string StepText(const ProbeTask& task, const SocketAddress& address) {
  std::string text = "connect to " + DoorText(task.door());
  const std::string found = address.address().to_string();
  if (found != task.door().host) text += " (" + found + ")";
  return text;
}

}  // namespace

/// A connect whose handshake takes a while.
class TcpProbes::Waiting final : public Probe, public std::enable_shared_from_this<Waiting> {
 public:
  Waiting(std::shared_ptr<TcpProbes> owner, ProbeTask task, const SocketAddress& address)
      : Probe(std::move(task)), owner_(std::move(owner)), address_(address), socket_(owner_->context_) {}

  /// Takes the socket over. The probe is under way already.
  void Begin(int socket) {
    error_code error;
    socket_.assign(address_.protocol(), socket, error);
    if (error.failed()) {
      ::close(socket);
      Fail(WordsOf(error));
      return;
    }
    Wait();
  }

  std::string Step() const override { return StepText(task(), address_); }

 private:
  void Wait() {
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code&) { self->Look(); });
  }

  void Look() {
    if (!under_way()) return;
    const int error = Connect(socket_.native_handle(), address_);
    if (error == EINPROGRESS) return Wait();
    if (error != 0) return Fail(WordsOf(error));
    error_code ignored;
    const int socket = socket_.release(ignored);
    if (!ignored.failed()) owner_->GiveBack(address_.protocol().family(), socket);
    Succeed();
  }

  void Close() override {
    if (!socket_.is_open()) return;
    Dissolve(socket_.native_handle());  // a handshake that is done behind our back would end in TIME_WAIT
    error_code ignored;
    socket_.close(ignored);
  }

  std::shared_ptr<TcpProbes> owner_;
  SocketAddress address_;
  Socket socket_;
};

void TcpProbes::Start(ProbeTask task, const SocketAddress& address) {
  const int family = address.protocol().family();
  const int socket = Take(family);
  int error = socket < 0 ? errno : Connect(socket, address);
  // On this machine and between its containers the handshake is done by now, and no event has to be waited for.
  if (error == EINPROGRESS) error = Connect(socket, address);
  if (error == 0) {
    GiveBack(family, socket);
    under_way_->Tell(std::move(task), {});
  } else if (error == EINPROGRESS) {
    const auto waiting = std::make_shared<Waiting>(shared_from_this(), std::move(task), address);
    under_way_->Add(waiting);
    waiting->Begin(socket);
  } else {
    if (socket >= 0) ::close(socket);
    std::string cause = StepText(task, address) + ": " + WordsOf(error);
    under_way_->Tell(std::move(task), std::move(cause));
  }
}

int TcpProbes::Take(int family) {
  std::vector<int>& idle = IdleOf(family);
  if (!idle.empty()) {
    const int socket = idle.back();
    idle.pop_back();
    return socket;
  }
  const int socket = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (socket < 0) return -1;
  // On a client: the ACK that ends the handshake waits for data. Unlike TCP_QUICKACK it outlasts a connection.
  const int hold_ack = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_DEFER_ACCEPT, &hold_ack, sizeof hold_ack);
  return socket;
}

void TcpProbes::GiveBack(int family, int socket) {
  std::vector<int>& idle = IdleOf(family);
  if (Dissolve(socket) && idle.size() < kIdleMax) {
    idle.push_back(socket);
  } else {
    ::close(socket);
  }
}

void TcpProbes::CloseIdle() {
  for (std::vector<int>* idle : {&idle_v4_, &idle_v6_}) {
    for (const int socket : *idle) ::close(socket);
    idle->clear();
  }
}

std::vector<int>& TcpProbes::IdleOf(int family) { return family == AF_INET ? idle_v4_ : idle_v6_; }

}  // namespace waypost::health
