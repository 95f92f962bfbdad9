#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "waypost/model/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace waypost::http {

/// A certificate with its key, and how TLS is spoken with them: 1.2 and later, ciphers with forward secrecy and
/// authenticated encryption alone, ALPN `h2` before `http/1.1`. Immutable, shared between threads.
class TlsContext {
 public:
  /// Reads PEM files; the first certificate is the server's own, the others lead to its issuer. Err: kConfig.
  static model::Result<std::shared_ptr<const TlsContext>> Load(const std::string& certificate, const std::string& key);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* get() const { return context_; }

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* const context_;
};

/// The context that new connections get. Safe from any thread.
class CurrentTls {
 public:
  std::shared_ptr<const TlsContext> get() const {
    const std::lock_guard lock(mutex_);
    return context_;
  }
  void set(std::shared_ptr<const TlsContext> context) {
    const std::lock_guard lock(mutex_);
    context_.swap(context);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsContext> context_;
};

/// The server's side of TLS over a socket that does not block. Nothing here waits: who calls is told what to wait for.
class Tls {
 public:
  enum class Want : std::uint8_t {
    kNothing,  ///< it is done
    kRead,     ///< again when the socket has bytes
    kWrite,    ///< again when the socket takes bytes
    kEnd,      ///< nothing more will come of it
  };
  struct Step {
    Want want;
    std::size_t count = 0;
  };

  /// Throws std::bad_alloc.
  Tls(const TlsContext& context, int socket);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  Want Handshake();
  /// What the handshake agreed on.
  bool speaks_http2() const;
  Step Read(char* to, std::size_t size);
  /// What was refused with kWrite must be offered again, from its first byte on; it may have moved.
  Step Write(std::string_view bytes);
  /// Whether bytes are held that the socket will not announce any more.
  bool HasInput() const;
  /// Tells the other side that no more will come (close_notify), as far as it goes now.
  void EndOutput();
  /// The socket is about to be closed; its number must not be used again.
  void Release() { socket_ = -1; }
  int socket() const { return socket_; }

 private:
  Want WantAfter(int result);

  ssl_st* ssl_;
  int socket_;
  bool broken_ = false;
  bool ended_ = false;  // close_notify is sent
};

}  // namespace waypost::http
