#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <string>

#include "health/probe_types.h"

namespace waypost::health {

using TlsStream = asio::ssl::stream<Socket&>;

/// What TLS connections to checked servers share. One for those whose certificate does not matter, one for those whose
/// must be valid; each is made when it is first needed, since the trust store takes a while to read.
class TlsContexts {
 public:
  /// A client's side of TLS over `socket`, with SNI where `host` is a name.
  std::unique_ptr<TlsStream> OpenAny(Socket& socket, const std::string& host);
  /// The same; the handshake fails unless the certificate is trusted by this system and made out to `host`, a name or
  /// an address.
  std::unique_ptr<TlsStream> OpenVerified(Socket& socket, const std::string& host);

 private:
  std::unique_ptr<asio::ssl::context> any_;
  std::unique_ptr<asio::ssl::context> verified_;
};

/// Why a handshake failed, in words: "certificate has expired", "wrong version number".
std::string WordsOfHandshake(TlsStream& stream, const error_code& error);

}  // namespace waypost::health
