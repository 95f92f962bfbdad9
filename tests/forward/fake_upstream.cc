#include "fake_upstream.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

namespace waypost::forward {
namespace {

constexpr int kPatienceMs = 20000;
constexpr int kBindsMax = 50;

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool Bind(int socket, std::uint16_t port) {
  const sockaddr_in address = Loopback(port);
  return bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::uint16_t PortOf(int socket) {
  sockaddr_in address = {};
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

bool ReadAll(int socket, std::string& out, std::size_t octets) {
  while (out.size() < octets) {
    pollfd waits = {socket, POLLIN, 0};
    char buffer[4096];
    if (poll(&waits, 1, kPatienceMs) <= 0) return false;
    const ssize_t got = recv(socket, buffer, std::min(sizeof buffer, octets - out.size()), 0);
    if (got <= 0) return false;
    out.append(buffer, static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace

FakeUpstream::FakeUpstream(Script script) : script_(std::move(script)) {
  for (int i = 0; i < kBindsMax; ++i) {
    udp_ = socket(AF_INET, SOCK_DGRAM, 0);
    tcp_ = socket(AF_INET, SOCK_STREAM, 0);
    if (Bind(udp_, 0) && Bind(tcp_, PortOf(udp_))) break;
    close(udp_);
    close(tcp_);
    udp_ = -1;
  }
  if (udp_ < 0 || listen(tcp_, 16) != 0 || pipe(stop_) != 0) throw std::runtime_error("no port for an upstream");
  port_ = PortOf(udp_);
  thread_ = std::thread([this] { Run(); });
}

FakeUpstream::~FakeUpstream() {
  if (write(stop_[1], "x", 1) != 1) std::terminate();
  thread_.join();
  for (const int fd : {udp_, tcp_, stop_[0], stop_[1]}) close(fd);
}

void FakeUpstream::SetScript(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

std::vector<FakeUpstream::Query> FakeUpstream::queries() const {
  const std::lock_guard lock(mutex_);
  return queries_;
}

bool FakeUpstream::WaitFor(std::size_t count) const {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (queries().size() < count) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

void FakeUpstream::SendFromElsewhere(std::uint16_t port, const std::string& octets) {
  const int from = socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in to = Loopback(port);
  const ssize_t sent = sendto(from, octets.data(), octets.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  close(from);
  if (sent < 0) throw std::runtime_error("cannot send");
}

std::vector<std::string> FakeUpstream::Handle(Query query) {
  Script script;
  {
    const std::lock_guard lock(mutex_);
    queries_.push_back(query);
    script = script_;
  }
  return script(query);
}

void FakeUpstream::Run() {
  for (;;) {
    pollfd waits[3] = {{stop_[0], POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
    poll(waits, 3, -1);
    if (waits[0].revents != 0) return;
    if (waits[1].revents != 0) OnDatagram();
    if (waits[2].revents != 0) OnConnection();
  }
}

void FakeUpstream::OnDatagram() {
  char buffer[4096];
  sockaddr_in from = {};
  socklen_t size = sizeof from;
  const ssize_t got = recvfrom(udp_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (got < 12) return;
  for (const std::string& reply : Handle({{buffer, static_cast<std::size_t>(got)}, ntohs(from.sin_port), false})) {
    sendto(udp_, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
  }
}

void FakeUpstream::OnConnection() {
  sockaddr_in from = {};
  socklen_t size = sizeof from;
  const int connection = accept(tcp_, reinterpret_cast<sockaddr*>(&from), &size);
  std::string length;
  std::string message;
  if (ReadAll(connection, length, 2) &&
      ReadAll(connection, message, dns::Load16(reinterpret_cast<const std::uint8_t*>(length.data())))) {
    for (const std::string& reply : Handle({message, ntohs(from.sin_port), true})) {
      const std::string framed = Number16(static_cast<unsigned>(reply.size())) + reply;
      if (send(connection, framed.data(), framed.size(), MSG_NOSIGNAL) < 0) break;
    }
  }
  close(connection);
}

}  // namespace waypost::forward
