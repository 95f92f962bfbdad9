#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "waypost/model/result.h"

namespace waypost::dns {

/// Certificate and key of DNS over TLS (RFC 7858), as they are now. Safe from any thread.
class TlsCertificate {
 public:
  TlsCertificate(std::string certificate, std::string key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}

  /// Reads both files. Err: kConfig, with the file and the reason; then the old ones stay.
  model::Status Load();
  /// After Load was good once.
  std::shared_ptr<SSL_CTX> context() const;

 private:
  const std::string certificate_;
  const std::string key_;
  mutable std::mutex mutex_;
  std::shared_ptr<SSL_CTX> context_;
};

/// The server's side of one TLS connection, without a socket: octets of the network go in and come out, and so do those
/// that they carry. Belongs to one thread.
class TlsCodec {
 public:
  explicit TlsCodec(std::shared_ptr<SSL_CTX> context);
  ~TlsCodec();
  TlsCodec(const TlsCodec&) = delete;
  TlsCodec& operator=(const TlsCodec&) = delete;

  /// Takes what came from the network.
  void Feed(std::span<const std::uint8_t> octets);
  /// Goes on with the handshake, then decrypts into `out`; returns how many octets. 0: no more without being fed, or
  /// ended(), or failed().
  std::size_t Read(std::uint8_t* out, std::size_t room);
  /// Encrypts, after the handshake.
  void Write(std::span<const std::uint8_t> octets);
  /// Says that nothing follows.
  void WriteEnd();
  /// What is to be sent to the network; valid until the next call.
  std::span<const std::uint8_t> output() const;
  void ClearOutput();

  /// The handshake is done.
  bool established() const { return established_; }
  /// The other side said that nothing follows.
  bool ended() const { return ended_; }
  bool failed() const { return failed_; }

 private:
  struct Deleter {
    void operator()(SSL* ssl) const;
  };
  std::unique_ptr<SSL, Deleter> ssl_;
  BIO* in_;   // owned by ssl_
  BIO* out_;  // likewise
  bool established_ = false;
  bool ended_ = false;
  bool failed_ = false;
};

}  // namespace waypost::dns
