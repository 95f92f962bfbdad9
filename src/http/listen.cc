#include "http/listen.h"

#include <sys/socket.h>

#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <charconv>

namespace waypost::http {
namespace {

using boost::system::error_code;
using model::Code;
using model::Error;

constexpr int kBacklog = 4096;

/// Who else may hold the address. The port can be shared after it was taken alone, since Linux looks at SO_REUSEPORT of
/// both sockets when the second is bound.
enum class Sharing { kSole, kFirstOfSeveral, kFurther };

error_code SharePort(Acceptor& acceptor) {
  const int on = 1;
  if (setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) return {};
  return error_code(errno, boost::system::system_category());
}

Error BadAddress(std::string_view text) {
  return model::MakeError(Code::kConfig, "cannot listen on '" + std::string(text) +
                                             "': give ADDRESS:PORT, such as 127.0.0.1:5380 or [::1]:5380");
}

Error Explain(const asio::ip::tcp::endpoint& endpoint, const error_code& error) {
  const std::string head = "cannot listen on " + FormatEndpoint(endpoint) + ": ";
  if (error == asio::error::address_in_use) {
    return model::MakeError(Code::kInUse,
                            head + "another process listens there; stop it or choose another address or port");
  }
  if (error == asio::error::access_denied && endpoint.port() < 1024) {
    return model::MakeError(Code::kPermission,
                            head + "port " + std::to_string(endpoint.port()) +
                                " needs a privilege; run setcap cap_net_bind_service=+ep on the waypost binary, or set "
                                "AmbientCapabilities=CAP_NET_BIND_SERVICE in its systemd unit, or sysctl "
                                "net.ipv4.ip_unprivileged_port_start=" +
                                std::to_string(endpoint.port()));
  }
  if (error == asio::error::access_denied || error == asio::error::no_permission) {
    return model::MakeError(Code::kPermission, head + "the system forbids it (a security policy or a firewall rule)");
  }
  if (error == boost::system::errc::address_not_available) {
    return model::MakeError(
        Code::kConfig, head + "no network interface has this address; choose one that `ip address` shows, or 0.0.0.0");
  }
  if (error == asio::error::address_family_not_supported) {
    return model::MakeError(Code::kConfig, head + "this system has no IPv6; choose an IPv4 address");
  }
  return model::MakeError(Code::kIo, head + error.message() + "; check the system's limits and network configuration");
}

error_code OpenListener(Acceptor& acceptor, const asio::ip::tcp::endpoint& endpoint, bool v6_only, Sharing sharing) {
  error_code error;
  if (acceptor.open(endpoint.protocol(), error); error.failed()) return error;
  if (acceptor.set_option(Acceptor::reuse_address(true), error); error.failed()) return error;
  if (endpoint.address().is_v6()) {
    if (acceptor.set_option(asio::ip::v6_only(v6_only), error); error.failed()) return error;
  }
  // Inherited by the connections that are accepted.
  if (acceptor.set_option(asio::ip::tcp::no_delay(true), error); error.failed()) return error;
  if (sharing == Sharing::kFurther) {
    if (error = SharePort(acceptor); error.failed()) return error;
  }
  if (acceptor.bind(endpoint, error); error.failed()) return error;
  if (acceptor.listen(kBacklog, error); error.failed()) return error;
  if (sharing == Sharing::kFirstOfSeveral) error = SharePort(acceptor);
  return error;
}

}  // namespace

model::Result<asio::ip::tcp::endpoint> ParseEndpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return BadAddress(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (wrong != std::errc() || end != digits.data() + digits.size()) return BadAddress(text);
  error_code error;
  const asio::ip::address address = asio::ip::make_address(std::string(host), error);
  if (error.failed() || address.is_v6() != bracketed) return BadAddress(text);
  return asio::ip::tcp::endpoint(address, port);
}

std::string FormatEndpoint(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

model::Result<std::vector<Acceptor>> Listen(const std::vector<asio::io_context*>& contexts,
                                            asio::ip::tcp::endpoint endpoint, bool v6_only) {
  std::vector<Acceptor> acceptors;
  for (asio::io_context* context : contexts) {
    Acceptor& acceptor = acceptors.emplace_back(*context);
    const Sharing first = contexts.size() == 1 ? Sharing::kSole : Sharing::kFirstOfSeveral;
    error_code error = OpenListener(acceptor, endpoint, v6_only, acceptors.size() == 1 ? first : Sharing::kFurther);
    if (!error.failed() && endpoint.port() == 0) {
      const asio::ip::tcp::endpoint bound = acceptor.local_endpoint(error);
      if (!error.failed()) endpoint = bound;
    }
    if (error.failed()) return Explain(endpoint, error);
  }
  return acceptors;
}

}  // namespace waypost::http
