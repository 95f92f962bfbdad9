#include "dns/socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace waypost::dns {
namespace {

using model::Code;
using model::MakeError;

constexpr int kReceiveOctets = 1 << 20;  // some thousand queries that wait while a batch is worked on
constexpr int kBacklog = 1024;
constexpr unsigned kPortTriesMax = 64;

socklen_t ToSystem(const Endpoint& endpoint, sockaddr_storage& out) {
  std::memset(&out, 0, sizeof out);
  if (endpoint.address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(out);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, endpoint.address.octets.data(), 4);
    return sizeof v4;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  std::memcpy(&v6.sin6_addr, endpoint.address.octets.data(), 16);
  return sizeof v6;
}

void Set(int fd, int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); }

void TuneUdp(int fd, const Endpoint& endpoint) {
  // The first needs a privilege, the second is cut to the system's limit.
  const int octets = kReceiveOctets;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets) != 0) Set(fd, SOL_SOCKET, SO_RCVBUF, octets);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &octets, sizeof octets) != 0) Set(fd, SOL_SOCKET, SO_SNDBUF, octets);
  const bool v4 = endpoint.address.is_v4();
  // Forged path MTU messages must not make us send fragments.
  if (v4) Set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
  if (endpoint.address.is_wildcard()) Set(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, 1);
}

std::uint16_t PortOf(int fd) {
  sockaddr_storage address;
  socklen_t length = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  return ntohs(address.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(address).sin_port
                                            : reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
}

}  // namespace

void Descriptor::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

model::Error Binder::BindError(const Endpoint& endpoint, const char* protocol, int error) const {
  const std::string where = endpoint.str() + " (" + protocol + ")";
  switch (error) {
    case EADDRINUSE:
      return MakeError(Code::kInUse, "DNS address " + where +
                                         " is in use by another program: stop that one (ss -lntup shows it) or choose "
                                         "another address with " +
                                         option_);
    case EACCES:
    case EPERM:
      return MakeError(
          Code::kPermission,
          "no permission to take DNS address " + where +
              ": run `setcap cap_net_bind_service=+ep` on the waypost binary, or start it by systemd with "
              "AmbientCapabilities=CAP_NET_BIND_SERVICE, or set sysctl net.ipv4.ip_unprivileged_port_start=" +
              std::to_string(endpoint.port));
    case EADDRNOTAVAIL:
      return MakeError(Code::kConfig, "DNS address " + where + " is not an address of this machine: see `ip address`");
    default:
      return MakeError(Code::kIo, "cannot take DNS address " + where + ": " + std::strerror(error));
  }
}

model::Result<Descriptor> Binder::OpenOne(const Endpoint& endpoint, int type, Sharing sharing) const {
  const bool udp = type == SOCK_DGRAM;
  const char* protocol = udp ? "UDP" : "TCP";
  const int family = endpoint.address.is_v4() ? AF_INET : AF_INET6;
  Descriptor socket(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = socket.get();
  if (fd < 0) return BindError(endpoint, protocol, errno);
  if (family == AF_INET6) Set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (!udp) Set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (sharing == Sharing::kGroup) Set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  sockaddr_storage address;
  const socklen_t length = ToSystem(endpoint, address);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) return BindError(endpoint, protocol, errno);
  if (udp) TuneUdp(fd, endpoint);
  if (!udp && listen(fd, kBacklog) != 0) return BindError(endpoint, protocol, errno);
  return socket;
}

model::Result<Endpoint> Binder::Claim(const Endpoint& wanted) const {
  // Without SO_REUSEPORT, since with it a second server of the same user would quietly share our queries.
  for (unsigned tries = 0;; ++tries) {
    WP_TRY(udp, OpenOne(wanted, SOCK_DGRAM, Sharing::kAlone));
    Endpoint claimed = wanted;
    claimed.port = PortOf(udp.get());
    auto tcp = OpenOne(claimed, SOCK_STREAM, Sharing::kAlone);
    if (tcp.ok()) return claimed;
    const bool again = wanted.port == 0 && tcp.error().code == Code::kInUse && tries < kPortTriesMax;
    if (!again) return std::move(tcp).error();
  }
}

model::Result<SocketPair> Binder::Open(const Endpoint& claimed) const {
  SocketPair pair;
  WP_TRY(udp, OpenOne(claimed, SOCK_DGRAM, sharing()));
  WP_TRY(tcp, OpenOne(claimed, SOCK_STREAM, sharing()));
  pair.udp = std::move(udp);
  pair.tcp = std::move(tcp);
  return pair;
}

model::Result<Endpoint> Binder::ClaimTcp(const Endpoint& wanted) const {
  WP_TRY(tcp, OpenOne(wanted, SOCK_STREAM, Sharing::kAlone));
  return Endpoint{wanted.address, PortOf(tcp.get())};
}

model::Result<Descriptor> Binder::OpenTcp(const Endpoint& claimed) const {
  return OpenOne(claimed, SOCK_STREAM, sharing());
}

}  // namespace waypost::dns
