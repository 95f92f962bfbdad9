#include "health/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/ssl/error.hpp>

#include "health/probe_words.h"

namespace waypost::health {
namespace {

bool IsAddress(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error.failed();
}

std::unique_ptr<TlsStream> Open(Socket& socket, asio::ssl::context& context, const std::string& host) {
  auto stream = std::make_unique<TlsStream>(socket, context);
  // An address is no server name (RFC 6066 3).
  if (!IsAddress(host)) SSL_set_tlsext_host_name(stream->native_handle(), host.c_str());
  return stream;
}

}  // namespace

std::unique_ptr<TlsStream> TlsContexts::OpenAny(Socket& socket, const std::string& host) {
  if (any_ == nullptr) {
    any_ = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    any_->set_verify_mode(asio::ssl::verify_none);
    // Nothing secret is said and nobody is believed: old servers with short keys are still up.
    SSL_CTX_set_security_level(any_->native_handle(), 0);
    SSL_CTX_set_min_proto_version(any_->native_handle(), TLS1_VERSION);
  }
  return Open(socket, *any_, host);
}

std::unique_ptr<TlsStream> TlsContexts::OpenVerified(Socket& socket, const std::string& host) {
  if (verified_ == nullptr) {
    verified_ = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    error_code ignored;  // without a trust store every certificate is refused, and the cause says why
    verified_->set_default_verify_paths(ignored);
    verified_->set_verify_mode(asio::ssl::verify_peer);
  }
  auto stream = Open(socket, *verified_, host);
  SSL* ssl = stream->native_handle();
  if (IsAddress(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  } else {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, host.c_str());
  }
  return stream;
}

std::string WordsOfHandshake(TlsStream& stream, const error_code& error) {
  SSL* ssl = stream.native_handle();
  const long verified = SSL_get_verify_result(ssl);
  if (SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE && verified != X509_V_OK) {
    return X509_verify_cert_error_string(verified);
  }
  if (error.category() == asio::error::get_ssl_category()) {
    const char* reason = ERR_reason_error_string(static_cast<unsigned long>(error.value()));
    return reason == nullptr ? error.message() : reason;
  }
  if (error == asio::ssl::error::stream_truncated) return WordsOf(asio::error::make_error_code(asio::error::eof));
  return WordsOf(error);
}

}  // namespace waypost::health
