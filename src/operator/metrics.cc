#include "waypost/operator/metrics.h"

#include <string_view>

namespace waypost::oper {
namespace {

/// The name that a histogram's series share; any other series is its own family.
std::string FamilyOf(const std::string& name) {
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  }
  return name;
}

}  // namespace

http::Progress Metrics::Serve(const http::Request&, http::Response& response, http::Later&) {
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  std::string last;
  for (const Sample& sample : collect_()) {
    const std::string family = FamilyOf(sample.name);
    if (family != last) {
      last = family;
      const char* type = family != sample.name ? "histogram" : family.ends_with("_total") ? "counter" : "gauge";
      response.body += "# TYPE " + family + " " + type + "\n";
    }
    response.body += sample.name;
    if (!sample.labels.empty()) response.body += "{" + sample.labels + "}";
    response.body += " " + std::to_string(sample.value) + "\n";
  }
  return http::Progress::kDone;
}

}  // namespace waypost::oper
