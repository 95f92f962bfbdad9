#include "http/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <new>

namespace waypost::http {
namespace {

using model::Code;

/// For TLS 1.2; what 1.3 has is all good. HTTP/2 forbids the rest (RFC 9113 9.2.2).
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::string_view kHttp2 = "h2";
constexpr std::string_view kHttp1 = "http/1.1";

using ContextPointer = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

Tls& OwnerOf(BIO* bio) { return *static_cast<Tls*>(BIO_get_data(bio)); }

bool IsBusy(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL: a client that is gone would raise SIGPIPE.
int SocketWrite(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = send(OwnerOf(bio).socket(), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && IsBusy(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int SocketRead(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = recv(OwnerOf(bio).socket(), to, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (count < 0 && IsBusy(errno)) BIO_set_retry_read(bio);
  return static_cast<int>(count);
}

long SocketControl(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* SocketMethod() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "waypost socket");
    if (made == nullptr) throw std::bad_alloc();
    BIO_meth_set_write(made, SocketWrite);
    BIO_meth_set_read(made, SocketRead);
    BIO_meth_set_ctrl(made, SocketControl);
    return made;
  }();
  return method;
}

bool Offers(std::string_view offered, std::string_view protocol) {
  while (!offered.empty()) {
    const auto size = static_cast<unsigned char>(offered.front());
    if (offered.substr(1, size) == protocol) return true;
    offered.remove_prefix(std::min<std::size_t>(offered.size(), 1U + size));
  }
  return false;
}

/// A client that offers protocols, but none of ours, means another server (RFC 7301 3.2).
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                   unsigned offered_size, void*) {
  const std::string_view all(reinterpret_cast<const char*>(offered), offered_size);
  for (const std::string_view protocol : {kHttp2, kHttp1}) {
    if (!Offers(all, protocol)) continue;
    *chosen = reinterpret_cast<const unsigned char*>(protocol.data());
    *chosen_size = static_cast<unsigned char>(protocol.size());
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Nobody is asked on the terminal for the password of a key.
int NoPassword(char*, int, int, void*) { return -1; }

/// The first thing that OpenSSL complains of is the cause, what follows comes of it.
std::string TakeReason() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(error)) return std::string(std::generic_category().message(ERR_GET_REASON(error)));
  const char* reason = ERR_reason_error_string(error);
  return reason == nullptr ? "it is no PEM file with what is wanted" : reason;
}

model::Error Unusable(const std::string& what, const std::string& file, const std::string& then) {
  return model::MakeError(Code::kConfig, "cannot use the " + what + " '" + file + "': " + TakeReason() + "; " + then);
}

ContextPointer NewContext() {
  ContextPointer context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) throw std::bad_alloc();
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw, kCiphers);
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(raw, 1);  // one recv a record instead of two
  // Sessions are resumed by tickets, which the client keeps: no table here grows.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_alpn_select_cb(raw, ChooseProtocol, nullptr);
  SSL_CTX_set_default_passwd_cb(raw, NoPassword);
  return context;
}

}  // namespace

model::Result<std::shared_ptr<const TlsContext>> TlsContext::Load(const std::string& certificate,
                                                                  const std::string& key) {
  ERR_clear_error();
  ContextPointer context = NewContext();
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1) {
    return Unusable("certificate", certificate, "give a PEM file that begins with the server's certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Unusable("key", key, "give the certificate's private key as a PEM file without a password");
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return Unusable("key", key, "it must be the one that '" + certificate + "' was made with");
  }
  return std::shared_ptr<const TlsContext>(new TlsContext(context.release()));
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Tls::Tls(const TlsContext& context, int socket) : ssl_(SSL_new(context.get())), socket_(socket) {
  BIO* bio = ssl_ == nullptr ? nullptr : BIO_new(SocketMethod());
  if (bio == nullptr) {
    SSL_free(ssl_);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_accept_state(ssl_);
}

Tls::~Tls() { SSL_free(ssl_); }

Tls::Want Tls::WantAfter(int result) {
  if (result > 0) return Want::kNothing;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return Want::kRead;
    case SSL_ERROR_WANT_WRITE:
      return Want::kWrite;
    case SSL_ERROR_ZERO_RETURN:
      return Want::kEnd;  // in good order: we may still write
    default:
      broken_ = true;  // OpenSSL forbids further calls
      return Want::kEnd;
  }
}

Tls::Want Tls::Handshake() {
  if (broken_ || socket_ < 0) return Want::kEnd;
  ERR_clear_error();
  return WantAfter(SSL_accept(ssl_));
}

bool Tls::speaks_http2() const {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &chosen, &size);
  return std::string_view(reinterpret_cast<const char*>(chosen), size) == kHttp2;
}

Tls::Step Tls::Read(char* to, std::size_t size) {
  if (broken_ || socket_ < 0) return {Want::kEnd};
  ERR_clear_error();
  const int count = SSL_read(ssl_, to, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  return {WantAfter(count), count > 0 ? static_cast<std::size_t>(count) : 0};
}

Tls::Step Tls::Write(std::string_view bytes) {
  if (broken_ || ended_ || socket_ < 0) return {Want::kEnd};
  ERR_clear_error();
  const int count = SSL_write(ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX)));
  return {WantAfter(count), count > 0 ? static_cast<std::size_t>(count) : 0};
}

bool Tls::HasInput() const { return !broken_ && SSL_has_pending(ssl_) == 1; }

void Tls::EndOutput() {
  if (broken_ || ended_ || socket_ < 0 || SSL_is_init_finished(ssl_) == 0) return;
  ended_ = true;
  ERR_clear_error();
  SSL_shutdown(ssl_);
}

}  // namespace waypost::http
