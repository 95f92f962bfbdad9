#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "waypost/dns/asker.h"
#include "waypost/http/message.h"
#include "waypost/http/router.h"

namespace waypost::doh {

/// Where it is served, and to whom.
struct Options {
  std::string path = "/dns-query";
  bool plain = false;  ///< answer on connections without TLS too, for a front that ends TLS; else they get 403
};

/// DNS over HTTPS (RFC 8484): GET with `?dns=` and POST, by HTTP/1.1 and HTTP/2. It knows of DNS what it needs to say
/// how long an answer may be cached, and asks a DNS server for the answer. Safe from any thread; outlives the server
/// that serves it.
class Endpoint final : public http::Handler {
 public:
  using Done = std::function<void(std::vector<std::uint8_t> response)>;
  /// Answers a message: calls `Done` once, on any thread, with an empty response when there is none to be given.
  /// dns::Server::Ask is one.
  using Ask = std::function<void(std::vector<std::uint8_t> query, const dns::Asker& asker, Done done)>;

  explicit Endpoint(Ask ask, Options options = {}) : ask_(std::move(ask)), options_(std::move(options)) {}

  void AddTo(http::Router& router);
  http::Progress Serve(const http::Request& request, http::Response& response, http::Later& later) override;

 private:
  const Ask ask_;
  const Options options_;
};

}  // namespace waypost::doh
