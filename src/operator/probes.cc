#include "waypost/operator/probes.h"

#include <nlohmann/json.hpp>

namespace waypost::oper {

Probes::Probes(const view::View& view)
    : alive_([](http::Response& response) { response.body = "{\"status\":\"alive\"}\n"; }),
      ready_([&view](http::Response& response) {
        if (view.ready()) {
          response.body = "{\"mode\":\"ready\",\"revision\":" + std::to_string(view.applied()) + "}\n";
        } else {
          response.status = 503;
          response.body = "{\"mode\":\"loading\"}\n";
        }
      }),
      info_([this](http::Response& response) { response.body = info_json_; }) {}

void Probes::AddTo(http::Router& router) {
  router.Add("GET", "/healthz", alive_);
  router.Add("GET", "/readyz", ready_);
  router.Add("GET", "/v1/server", info_);
}

void Probes::Describe(const ServerInfo& info) {
  const nlohmann::ordered_json json{{"version", info.version},
                                    {"region", info.identity.region},
                                    {"account", info.identity.account},
                                    {"http", info.http},
                                    {"dns", info.dns},
                                    {"api-name", info.api_name}};
  info_json_ = json.dump() + "\n";
}

}  // namespace waypost::oper
