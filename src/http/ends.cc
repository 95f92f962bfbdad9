#include "http/ends.h"

namespace waypost::http {
namespace {

/// An IPv4 client of an IPv6 socket is an IPv4 client.
std::string AddressText(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

}  // namespace

Ends EndsOf(const Socket& socket, const asio::ip::tcp::endpoint& peer) {
  boost::system::error_code error;
  const asio::ip::tcp::endpoint local = socket.local_endpoint(error);
  return {AddressText(peer.address()), error.failed() ? std::string() : AddressText(local.address())};
}

Request RequestOf(const RequestHead& head, std::string_view body, const Ends& ends) {
  Request request;
  request.method = head.method;
  request.path = head.path;
  request.query = head.query;
  request.host = head.host;
  request.target = head.amz_target;
  request.content_type = head.content_type;
  request.body = body;
  request.fields = &head.fields;
  request.peer = ends.peer;
  request.local = ends.local;
  return request;
}

}  // namespace waypost::http
