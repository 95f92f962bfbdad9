#pragma once

#include <string>
#include <utility>
#include <vector>

#include "waypost/http/message.h"

namespace waypost::http {

/// Gives each request to the handler of its path: an exact path, or the longest prefix that ends in `/`. `/` alone is
/// an exact path: as a prefix it would own all unknown ones. Unknown paths get 404, a known path with a wrong method
/// 405, both with the `/v1` error body; HEAD goes where GET does. Filled before Start, read-only afterwards.
class Router final : public Handler {
 public:
  /// `method` empty: any. Handlers are borrowed.
  void Add(std::string method, std::string path, Handler& handler);
  Progress Serve(const Request& request, Response& response, Later& later) override;

 private:
  struct Route {
    std::string method;
    std::string path;
    Handler* handler;
  };
  std::vector<Route> routes_;
};

/// Fills `response` with waypost's own error body: {"error":{"code":…,"message":…}}.
void WriteError(Response& response, unsigned status, std::string_view code, std::string_view message);

}  // namespace waypost::http
