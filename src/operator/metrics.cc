#include "waypost/operator/metrics.h"

namespace waypost::oper {

http::Progress Metrics::Serve(const http::Request&, http::Response& response, http::Later&) {
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  std::string last;
  for (const Sample& sample : collect_()) {
    if (sample.name != last) {
      last = sample.name;
      response.body += "# TYPE " + last + (last.ends_with("_total") ? " counter\n" : " gauge\n");
    }
    response.body += sample.name;
    if (!sample.labels.empty()) response.body += "{" + sample.labels + "}";
    response.body += " " + std::to_string(sample.value) + "\n";
  }
  return http::Progress::kDone;
}

}  // namespace waypost::oper
