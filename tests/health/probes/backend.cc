#include "health/probes/backend.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace waypost::health {
namespace {

constexpr int kPatienceMs = 10'000;

struct Listening {
  int socket;
  std::uint16_t port;
};

Listening Listen(const std::string& address, int backlog) {
  sockaddr_storage at = {};
  socklen_t size = sizeof(sockaddr_in);
  if (inet_pton(AF_INET, address.c_str(), &reinterpret_cast<sockaddr_in&>(at).sin_addr) == 1) {
    at.ss_family = AF_INET;
  } else {
    at.ss_family = AF_INET6;
    size = sizeof(sockaddr_in6);
    inet_pton(AF_INET6, address.c_str(), &reinterpret_cast<sockaddr_in6&>(at).sin6_addr);
  }
  const int socket = ::socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&at), size), 0) << std::strerror(errno);
  EXPECT_EQ(::listen(socket, backlog), 0);
  EXPECT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size), 0);
  return {socket, ntohs(reinterpret_cast<sockaddr_in&>(at).sin_port)};
}

bool Readable(int socket) {
  pollfd wait = {socket, POLLIN, 0};
  return ::poll(&wait, 1, kPatienceMs) == 1;
}

}  // namespace

Connection::~Connection() {
  if (socket_ >= 0) ::close(socket_);
}

void Connection::Send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string Connection::ReceiveUntil(std::string_view end) const {
  std::string received;
  char octet = 0;
  while (!received.ends_with(end) && Readable(socket_) && ::recv(socket_, &octet, 1, 0) == 1) received += octet;
  return received;
}

void Connection::AwaitEnd() const {
  char dropped[4096];
  while (Readable(socket_) && ::recv(socket_, dropped, sizeof dropped, 0) > 0) {
  }
}

void Connection::Reset() {
  const linger at_once = {1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(socket_, -1));
}

Backend::Backend(Serve serve, const std::string& address) {
  const Listening listening = Listen(address, 64);
  listener_ = listening.socket;
  port_ = listening.port;
  EXPECT_EQ(::pipe(stop_), 0);
  thread_ = std::thread([this, serve = std::move(serve)] { Run(serve); });
}

Backend::~Backend() {
  EXPECT_EQ(::write(stop_[1], "x", 1), 1);
  thread_.join();
  for (const int descriptor : {listener_, stop_[0], stop_[1]}) ::close(descriptor);
}

void Backend::Run(const Serve& serve) {
  for (;;) {
    pollfd waits[] = {{stop_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0 || waits[0].revents != 0) return;
    Connection connection(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.socket() < 0) continue;
    ++accepted_;
    serve(connection);
  }
}

std::uint16_t DeadPort() {
  const Listening listening = Listen("127.0.0.1", 1);
  ::close(listening.socket);
  return listening.port;
}

FullListener::FullListener() {
  const Listening listening = Listen("127.0.0.1", 0);
  listener_ = listening.socket;
  port_ = listening.port;
  for (int& filler : fillers_) {
    filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in at = {};
    at.sin_family = AF_INET;
    at.sin_port = htons(port_);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(filler, reinterpret_cast<sockaddr*>(&at), sizeof at);
  }
}

void FullListener::Drain() {
  for (int& filler : fillers_) {
    if (filler >= 0) ::close(std::exchange(filler, -1));
  }
  pollfd wait = {listener_, POLLIN, 0};
  while (::poll(&wait, 1, 0) == 1) ::close(::accept(listener_, nullptr, nullptr));
}

FullListener::~FullListener() {
  Drain();
  ::close(listener_);
}

}  // namespace waypost::health
