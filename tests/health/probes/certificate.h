#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace waypost::health {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct X509Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

/// A certificate with its key, made for a test.
struct Certificate {
  std::unique_ptr<EVP_PKEY, KeyDeleter> key;
  std::unique_ptr<X509, X509Deleter> x509;

  std::string Pem() const;
};

struct CertificateOptions {
  std::string alt_names = "IP:127.0.0.1,DNS:localhost";  ///< as in OpenSSL's configuration; empty: an authority's
  const Certificate* issuer = nullptr;                   ///< null: self-signed
  long from_seconds = -3600;                             ///< valid, from now
  long to_seconds = 3600;
};
Certificate MakeCertificate(const CertificateOptions& options);

}  // namespace waypost::health
