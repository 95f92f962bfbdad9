#pragma once

#include <utility>

#include "waypost/dns/address.h"
#include "waypost/model/result.h"

namespace waypost::dns {

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Close();
    fd_ = other.Release();
    return *this;
  }
  ~Descriptor() { Close(); }

  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  void Close();
  int fd_ = -1;
};

/// A UDP socket and a TCP listener on one address and port, both non-blocking.
struct SocketPair {
  Descriptor udp;
  Descriptor tcp;
};

/// Takes addresses of which each is bound by several threads, each with sockets of its own.
class Binder {
 public:
  /// `sockets`: how many pairs will be opened on each address.
  explicit Binder(unsigned sockets) : shared_(sockets > 1) {}
  /// Makes sure that nobody else has the address, and finds a port free for UDP and TCP where `wanted` leaves it open.
  /// Err: kInUse, kPermission, kConfig (not an address of this machine), kIo.
  model::Result<Endpoint> Claim(const Endpoint& wanted) const;
  /// One pair on a claimed address.
  model::Result<SocketPair> Open(const Endpoint& claimed) const;

 private:
  bool shared_;
};

}  // namespace waypost::dns
