#pragma once

#include <map>
#include <string>

#include "waypost/http/message.h"

namespace waypost::doh {

struct HttpRequest {
  std::string method;
  std::string target;
  std::string body;
  std::string type;
};

/// Field names in lower case.
struct HttpAnswer {
  unsigned status = 0;
  std::map<std::string, std::string> fields = {};
  std::string body = {};
};

class Endpoint;

/// Has a request answered over a real connection without TLS.
HttpAnswer Exchange(Endpoint& endpoint, const HttpRequest& request);

}  // namespace waypost::doh
