#pragma once

#include <functional>
#include <string>
#include <vector>

#include "waypost/http/message.h"
#include "waypost/http/router.h"
#include "waypost/model/arn.h"
#include "waypost/view/view.h"

namespace waypost::oper {

/// What a running server says of itself at GET /v1/server.
struct ServerInfo {
  std::string version;
  model::Identity identity;
  std::vector<std::string> http;
  std::vector<std::string> dns;
  std::string api_name;  ///< name under which the own DNS answers for the API; may be empty
};

/// GET /healthz (200 as soon as the process serves), /readyz (503 until the registry is loaded), /v1/server. Any
/// thread.
class Probes {
 public:
  explicit Probes(const view::View& view);
  /// Before the HTTP server starts.
  void AddTo(http::Router& router);
  /// Once, when the doors are bound and before requests come.
  void Describe(const ServerInfo& info);

 private:
  class Answer final : public http::Handler {
   public:
    explicit Answer(std::function<void(http::Response&)> fill) : fill_(std::move(fill)) {}
    http::Progress Serve(const http::Request&, http::Response& response, http::Later&) override {
      fill_(response);
      return http::Progress::kDone;
    }

   private:
    std::function<void(http::Response&)> fill_;
  };

  std::string info_json_ = "{}";
  Answer alive_;
  Answer ready_;
  Answer info_;
};

}  // namespace waypost::oper
