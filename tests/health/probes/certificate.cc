#include "health/probes/certificate.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace waypost::health {
namespace {

void Extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

std::string Certificate::Pem() const {
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, x509.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return pem;
}

Certificate MakeCertificate(const CertificateOptions& options) {
  static long serial = 1;
  Certificate made{std::unique_ptr<EVP_PKEY, KeyDeleter>(EVP_EC_gen("P-256")),
                   std::unique_ptr<X509, X509Deleter>(X509_new())};
  X509* certificate = made.x509.get();
  X509* issuer = options.issuer == nullptr ? certificate : options.issuer->x509.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), options.from_seconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), options.to_seconds);
  X509_set_pubkey(certificate, made.key.get());
  const std::string name = options.alt_names.empty() ? "test authority" : "test server";
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  if (options.alt_names.empty()) {
    Extend(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
  } else {
    Extend(certificate, issuer, NID_subject_alt_name, options.alt_names);
  }
  EVP_PKEY* signer = options.issuer == nullptr ? made.key.get() : options.issuer->key.get();
  X509_sign(certificate, signer, EVP_sha256());
  return made;
}

}  // namespace waypost::health
