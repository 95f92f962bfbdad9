#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "waypost/http/message.h"
#include "waypost/http/router.h"

namespace waypost::oper {

/// One value to scrape.
struct Sample {
  std::string name;  ///< Prometheus' rules: `waypost_dns_queries_total`; a counter when it ends in _total, else a gauge
  std::string labels = {};  ///< inside the braces, escaped: `rcode="NOERROR"`
  std::uint64_t value = 0;
};

/// GET /metrics in Prometheus' text format (version 0.0.4). Any thread.
class Metrics final : public http::Handler {
 public:
  /// `collect` gives the samples of now, those of one name side by side. Thread-safe.
  explicit Metrics(std::function<std::vector<Sample>()> collect) : collect_(std::move(collect)) {}
  void AddTo(http::Router& router) { router.Add("GET", "/metrics", *this); }
  http::Progress Serve(const http::Request& request, http::Response& response, http::Later& later) override;

 private:
  std::function<std::vector<Sample>()> collect_;
};

}  // namespace waypost::oper
