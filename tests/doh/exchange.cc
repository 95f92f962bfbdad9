#include "doh/exchange.h"

#include <stdexcept>

#include "http/client.h"
#include "waypost/doh/endpoint.h"
#include "waypost/http/router.h"
#include "waypost/http/server.h"

namespace waypost::doh {

HttpAnswer Exchange(Endpoint& endpoint, const HttpRequest& request) {
  http::Router router;
  endpoint.AddTo(router);
  http::Options options;
  options.listen = {"127.0.0.1:0"};
  http::Server server(options, router);
  if (const model::Status bound = server.Bind(); !bound.ok()) throw std::runtime_error(bound.error().message);
  server.Start();
  http::Client client(server.addresses().front());
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\nHost: h\r\n";
  if (!request.type.empty()) text += "Content-Type: " + request.type + "\r\n";
  text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
  client.Send(text);
  const auto answer = client.Read(request.method == "HEAD");
  if (!answer) throw std::runtime_error("no answer");
  return {answer->status, answer->fields, answer->body};
}

}  // namespace waypost::doh
