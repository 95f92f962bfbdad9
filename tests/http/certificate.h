#pragma once

#include <string>

namespace waypost::http {

/// A key and a certificate that it signed itself, as PEM files in a folder of their own, removed with this. Made anew
/// for each.
class Certificate {
 public:
  /// Made out to `name`, a DNS name; and to 127.0.0.1.
  explicit Certificate(const std::string& name);
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  const std::string& certificate() const { return certificate_; }
  const std::string& key() const { return key_; }
  /// The files have what `other`'s have, from now on.
  void Become(const Certificate& other) const;
  /// The key file alone.
  void BecomeKeyOf(const Certificate& other) const;

 private:
  std::string folder_;
  std::string certificate_;
  std::string key_;
};

}  // namespace waypost::http
