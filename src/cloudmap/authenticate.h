#pragma once

#include <string>

#include "waypost/http/message.h"
#include "waypost/model/arn.h"
#include "waypost/model/result.h"

namespace waypost::cloudmap {

/// Who makes a request, in IAM's terms.
struct Caller {
  std::string account;
  std::string arn;
  std::string user_id;
};

/// Decides who is calling: the one place at the front door where a request can be turned away. Signatures are not
/// looked at; everybody acts as the account's root user. Immutable.
class Authenticator {
 public:
  explicit Authenticator(const model::Identity& identity);
  /// The caller is borrowed from this.
  model::Result<const Caller*> Authenticate(const http::Request& request) const;

 private:
  Caller root_;
};

}  // namespace waypost::cloudmap
