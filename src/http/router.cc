#include "waypost/http/router.h"

namespace waypost::http {
namespace {

void AppendJson(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      out.append("\\u00");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
}

/// `/` alone names one path: as a prefix it would own every unknown path.
bool IsPrefix(std::string_view route) { return route.size() > 1 && route.back() == '/'; }

}  // namespace

void Router::Add(std::string method, std::string path, Handler& handler) {
  routes_.push_back({std::move(method), std::move(path), &handler});
}

Progress Router::Serve(const Request& request, Response& response, Later& later) {
  // The path decides first, then the method: a known path with a wrong method is not an unknown one.
  std::string_view best;
  for (const Route& route : routes_) {
    if (route.path == request.path) {
      best = route.path;
      break;
    }
    if (IsPrefix(route.path) && request.path.starts_with(route.path) && route.path.size() > best.size()) {
      best = route.path;
    }
  }
  if (best.empty()) {
    WriteError(response, 404, "NotFound", "nothing is served at this path");
    return Progress::kDone;
  }
  std::string allowed;
  for (const Route& route : routes_) {
    if (route.path != best) continue;
    const bool head_of_get = route.method == "GET" && request.method == "HEAD";
    if (route.method.empty() || route.method == request.method || head_of_get) {
      return route.handler->Serve(request, response, later);
    }
    if (!allowed.empty()) allowed.append(", ");
    allowed.append(route.method);
    if (route.method == "GET") allowed.append(", HEAD");
  }
  WriteError(response, 405, "MethodNotAllowed", "this path is not served with this method, but with " + allowed);
  response.fields.emplace_back("Allow", std::move(allowed));
  return Progress::kDone;
}

void WriteError(Response& response, unsigned status, std::string_view code, std::string_view message) {
  response.status = status;
  response.content_type = "application/json";
  response.body.assign("{\"error\":{\"code\":\"");
  AppendJson(response.body, code);
  response.body.append("\",\"message\":\"");
  AppendJson(response.body, message);
  response.body.append("\"}}");
}

}  // namespace waypost::http
