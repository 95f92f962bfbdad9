#include "dns/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <climits>

namespace waypost::dns {
namespace {

using model::Code;
using model::MakeError;

/// `dot`, as ALPN names it (RFC 7858 3.1 does not ask for it; clients that offer something else mean another service).
constexpr unsigned char kProtocols[] = {3, 'd', 'o', 't'};

int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                   unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_size, kProtocols, sizeof kProtocols, offered, offered_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

/// A key that is locked must not make the server ask at a terminal.
int NoPassword(char*, int, int, void*) { return 0; }

model::Error ReadError(const char* what, const std::string& file) {
  const unsigned long error = ERR_get_error();
  const char* reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return MakeError(Code::kConfig, std::string("cannot use ") + what + " " + file +
                                      " for DNS over TLS: " + (reason != nullptr ? reason : "unknown reason"));
}

void Configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Idle connections keep no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, ChooseProtocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, NoPassword);
}

}  // namespace

model::Status TlsCertificate::Load() {
  ERR_clear_error();
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return MakeError(Code::kConfig, "TLS cannot be set up");
  Configure(context.get());
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_.c_str()) != 1) {
    return ReadError("the certificate", certificate_);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return ReadError("the key", key_);
  }
  const std::lock_guard lock(mutex_);
  context_ = context;
  return model::Ok();
}

std::shared_ptr<SSL_CTX> TlsCertificate::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

void TlsCodec::Deleter::operator()(SSL* ssl) const { SSL_free(ssl); }

// The SSL holds the context itself.
TlsCodec::TlsCodec(std::shared_ptr<SSL_CTX> context)
    : ssl_(SSL_new(context.get())), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
  SSL_set_bio(ssl_.get(), in_, out_);
  SSL_set_accept_state(ssl_.get());
}

TlsCodec::~TlsCodec() = default;

void TlsCodec::Feed(std::span<const std::uint8_t> octets) {
  const int size = static_cast<int>(octets.size());
  if (BIO_write(in_, octets.data(), size) != size) failed_ = true;
}

std::size_t TlsCodec::Read(std::uint8_t* out, std::size_t room) {
  if (failed_ || ended_ || room == 0) return 0;
  ERR_clear_error();
  const int got = SSL_read(ssl_.get(), out, static_cast<int>(std::min<std::size_t>(room, INT_MAX)));
  established_ = established_ || SSL_is_init_finished(ssl_.get()) == 1;
  if (got > 0) return static_cast<std::size_t>(got);
  switch (SSL_get_error(ssl_.get(), got)) {
    case SSL_ERROR_WANT_READ:
      break;
    case SSL_ERROR_ZERO_RETURN:
      ended_ = true;
      break;
    default:
      failed_ = true;
      ERR_clear_error();
  }
  return 0;
}

void TlsCodec::Write(std::span<const std::uint8_t> octets) {
  if (failed_ || !established_ || octets.empty()) return;
  ERR_clear_error();
  const int size = static_cast<int>(octets.size());
  if (SSL_write(ssl_.get(), octets.data(), size) != size) failed_ = true;
}

void TlsCodec::WriteEnd() {
  if (failed_ || !established_) return;
  ERR_clear_error();
  if (SSL_shutdown(ssl_.get()) < 0) ERR_clear_error();
}

std::span<const std::uint8_t> TlsCodec::output() const {
  char* data = nullptr;
  const long size = BIO_get_mem_data(out_, &data);
  return {reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(std::max(size, 0L))};
}

void TlsCodec::ClearOutput() { (void)BIO_reset(out_); }

}  // namespace waypost::dns
