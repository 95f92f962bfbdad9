#pragma once

#include <cstdint>
#include <string>
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
  /// `sockets`: how many will be opened on each address. `option` is what sets the address, for messages: `--dns`.
  Binder(unsigned sockets, std::string option) : shared_(sockets > 1), option_(std::move(option)) {}
  /// Makes sure that nobody else has the address, and finds a port free for UDP and TCP where `wanted` leaves it open.
  /// Err: kInUse, kPermission, kConfig (not an address of this machine), kIo.
  model::Result<Endpoint> Claim(const Endpoint& wanted) const;
  /// One pair on a claimed address.
  model::Result<SocketPair> Open(const Endpoint& claimed) const;

  /// The same for TCP alone.
  model::Result<Endpoint> ClaimTcp(const Endpoint& wanted) const;
  model::Result<Descriptor> OpenTcp(const Endpoint& claimed) const;

 private:
  enum class Sharing : std::uint8_t { kAlone, kGroup };
  Sharing sharing() const { return shared_ ? Sharing::kGroup : Sharing::kAlone; }
  model::Result<Descriptor> OpenOne(const Endpoint& endpoint, int type, Sharing sharing) const;
  model::Error BindError(const Endpoint& endpoint, const char* protocol, int error) const;

  const bool shared_;
  const std::string option_;
};

}  // namespace waypost::dns
