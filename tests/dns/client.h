#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "dns/wire_message.h"
#include "waypost/dns/address.h"

namespace waypost::dns {

inline constexpr int kPatienceMs = 10'000;  // far more than anything here takes

/// A blocking socket connected to a server; from an IPv4 address of the test's choice, if it is given.
class Client {
 public:
  Client(const std::string& server, int type, const char* from = nullptr) {
    const Endpoint endpoint = Endpoint::Parse(server).value();
    sockaddr_storage address{};
    socklen_t length = sizeof(sockaddr_in);
    if (endpoint.address.is_v4()) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(address);
      v4.sin_family = AF_INET;
      v4.sin_port = htons(endpoint.port);
      std::memcpy(&v4.sin_addr, endpoint.address.octets.data(), 4);
    } else {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(endpoint.port);
      std::memcpy(&v6.sin6_addr, endpoint.address.octets.data(), 16);
      length = sizeof v6;
    }
    fd_ = socket(address.ss_family, type | SOCK_CLOEXEC, 0);
    if (from != nullptr) {
      sockaddr_in own{};
      own.sin_family = AF_INET;
      inet_pton(AF_INET, from, &own.sin_addr);
      bind(fd_, reinterpret_cast<const sockaddr*>(&own), sizeof own);
    }
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), length) == 0;
    const int one = 1;
    if (type == SOCK_STREAM) setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  ~Client() {
    if (fd_ >= 0) close(fd_);
  }

  bool connected() const { return connected_; }
  void Send(const wire::Octets& octets) {
    for (std::size_t done = 0; done < octets.size();) {
      const ssize_t sent = send(fd_, octets.data() + done, octets.size() - done, MSG_NOSIGNAL);
      if (sent <= 0) return;
      done += static_cast<std::size_t>(sent);
    }
  }
  bool Readable(int patience_ms = kPatienceMs) const {
    pollfd wanted{fd_, POLLIN, 0};
    return poll(&wanted, 1, patience_ms) == 1;
  }
  /// What one recv gives; empty on the end of a connection, an error, or after kPatienceMs.
  wire::Octets Receive(std::size_t most = 65537) {
    wire::Octets octets(most);
    const ssize_t got = Readable() ? recv(fd_, octets.data(), most, 0) : 0;
    octets.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return octets;
  }
  /// Whether the server has ended the connection, in time.
  bool Ended() {
    if (!Readable()) return false;
    std::uint8_t octet;
    return recv(fd_, &octet, 1, 0) <= 0;
  }
  void Fin() { shutdown(fd_, SHUT_WR); }
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
  bool connected_ = false;
};

class UdpClient : public Client {
 public:
  explicit UdpClient(const std::string& server) : Client(server, SOCK_DGRAM) {}
  std::optional<wire::Message> Ask(const wire::Ask& ask) {
    Send(wire::Encode(ask));
    return wire::Message::Decode(Receive());
  }
};

class TcpClient : public Client {
 public:
  explicit TcpClient(const std::string& server, const char* from = nullptr) : Client(server, SOCK_STREAM, from) {}

  static wire::Octets Frame(const wire::Octets& message) {
    wire::Octets framed(2 + message.size());
    framed[0] = static_cast<std::uint8_t>(message.size() >> 8);
    framed[1] = static_cast<std::uint8_t>(message.size());
    std::copy(message.begin(), message.end(), framed.begin() + 2);
    return framed;
  }
  static wire::Octets Frame(const wire::Ask& ask) { return Frame(wire::Encode(ask)); }
  /// The next whole message; nothing when the connection ends before.
  std::optional<wire::Octets> Next() {
    wire::Octets octets;
    std::size_t wanted = 2;
    while (octets.size() < wanted) {
      const wire::Octets more = Receive(wanted - octets.size());
      if (more.empty()) return std::nullopt;
      octets.insert(octets.end(), more.begin(), more.end());
      if (octets.size() == 2) wanted = 2U + (static_cast<unsigned>(octets[0]) << 8 | octets[1]);
    }
    octets.erase(octets.begin(), octets.begin() + 2);
    return octets;
  }
  std::optional<wire::Message> NextMessage() {
    const auto octets = Next();
    return octets ? wire::Message::Decode(*octets) : std::nullopt;
  }
  std::optional<wire::Message> Ask(const wire::Ask& ask) {
    Send(Frame(ask));
    return NextMessage();
  }
};

}  // namespace waypost::dns
