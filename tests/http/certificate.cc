#include "http/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace waypost::http {
namespace {

using KeyPointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertificatePointer = std::unique_ptr<X509, decltype(&X509_free)>;
using FilePointer = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

constexpr long kDay = 24 * 60 * 60;

CertificatePointer Sign(EVP_PKEY* key, const std::string& name) {
  CertificatePointer made(X509_new(), X509_free);
  X509* certificate = made.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kDay);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate, subject);
  X509_set_pubkey(certificate, key);
  const std::string names = "DNS:" + name + ",IP:127.0.0.1";
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  if (X509_sign(certificate, key, EVP_sha256()) == 0) throw std::runtime_error("cannot sign a certificate");
  return made;
}

FilePointer OpenToWrite(const std::string& file) {
  FilePointer opened(std::fopen(file.c_str(), "w"), std::fclose);
  if (opened == nullptr) throw std::runtime_error("cannot write " + file);
  return opened;
}

void CopyOver(const std::string& from, const std::string& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

}  // namespace

Certificate::Certificate(const std::string& name) {
  std::string folder = std::filesystem::temp_directory_path() / "waypost-certificate-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make a folder");
  folder_ = folder;
  certificate_ = folder_ + "/cert.pem";
  key_ = folder_ + "/key.pem";
  const KeyPointer key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const CertificatePointer certificate = Sign(key.get(), name);
  PEM_write_X509(OpenToWrite(certificate_).get(), certificate.get());
  PEM_write_PrivateKey(OpenToWrite(key_).get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

Certificate::~Certificate() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Certificate::Become(const Certificate& other) const {
  CopyOver(other.certificate(), certificate_);
  BecomeKeyOf(other);
}

void Certificate::BecomeKeyOf(const Certificate& other) const { CopyOver(other.key(), key_); }

}  // namespace waypost::http
