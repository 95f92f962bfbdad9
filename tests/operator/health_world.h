#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "http/client.h"
#include "registry/world.h"
#include "waypost/operator/explain.h"
#include "waypost/operator/health.h"
#include "waypost/view/edit.h"

namespace waypost::oper {

using Json = nlohmann::json;

/// A real registry behind the `/v1` endpoints of health on a real HTTP server, and a checker that says what a test
/// tells it to.
class HealthWorld : public ::testing::Test {
 protected:
  HealthWorld() {
    health_.AddTo(router_);
    explain_.AddTo(router_);
  }

  /// One request; the body of its answer, which must have this status.
  Json Ask(const std::string& method, const std::string& path, const std::string& body, unsigned status) {
    http::Client client(running_.address);
    const auto answer =
        client.Ask(method + " " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                   "\r\n\r\n" + body);
    EXPECT_TRUE(answer.has_value()) << method << " " << path;
    if (!answer) return {};
    EXPECT_EQ(answer->status, status) << method << " " << path << " " << body << "\n" << answer->body;
    EXPECT_TRUE(answer->Says("content-type", "application/json"));
    return Json::parse(answer->body);
  }
  Json Get(const std::string& path, unsigned status = 200) { return Ask("GET", path, "", status); }
  Json Post(const std::string& path, const Json& body, unsigned status = 200) {
    return Ask("POST", path, body.dump(), status);
  }
  Json Delete(const std::string& path, unsigned status = 200) { return Ask("DELETE", path, "", status); }
  static std::string Why(const Json& refusal) { return refusal.at("error").at("message"); }
  static std::string CodeOf(const Json& refusal) { return refusal.at("error").at("code"); }

  /// A DNS service in the public namespace `kouzie.com`, made where it is missing.
  model::Service NewService(const std::string& name, model::RecordType type = model::RecordType::kA) {
    model::Service value = world_.NewDnsService(Public(), name);
    value.dns->records = {{type, 60}};
    return value;
  }
  model::NamespaceId Public() {
    if (!public_) public_ = world_.Namespace("kouzie.com", model::NamespaceType::kDnsPublic);
    return *public_;
  }
  void Register(const model::ServiceId& service, const std::string& id, model::Attributes more = {}) {
    more.Set("AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(++last_octet_));
    if (!more.Has("AWS_INSTANCE_PORT")) more.Set("AWS_INSTANCE_PORT", "8080");
    const auto done = world_.Register(service, id, std::move(more));
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  void Do(registry::Change change) {
    const auto done = world_.Do(std::move(change));
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  /// What the engine does when a check has decided: into the view, then written.
  void Checked(const model::ServiceId& service, const std::string& id, model::HealthState to, const std::string& cause,
               std::optional<std::uint32_t> latency_us = {}) {
    const view::ServiceState& state = world_.State(service);
    const std::uint32_t index = state.Find(id);
    ASSERT_LT(index, state.count());
    const model::Revision registration = state.member(index).revision();
    const model::HealthState from = state.chunk(0).health(index);
    ASSERT_TRUE(view::Edit(world_.view()).SetChecked(service, id, registration, to));
    registry::RecordChecks record;
    record.checks.push_back({{service, id, world_.clock.now, from, to, cause, latency_us}, registration, 100});
    Do(std::move(record));
  }

  /// For more endpoints, before anything is asked.
  http::Router& router() { return router_; }

  registry::World world_;
  health::ServiceChecks checks_;    // what the checker says of a service
  std::string described_ = "none";  // instance that it was asked for
  bool checked_here_ = true;
  std::string rechecked_;

 private:
  std::optional<model::NamespaceId> public_;
  int last_octet_ = 0;
  Health health_{{world_.registry(), world_.view(), world_.clock,
                  [this](const model::ServiceId&, const std::string& instance, const std::function<void(bool)>& done) {
                    rechecked_ = instance;
                    done(checked_here_);
                  }}};
  Explain explain_{{world_.registry(), world_.view(), world_.clock,
                    [this](const model::ServiceId&, const std::string& instance,
                           const std::function<void(health::ServiceChecks)>& done) {
                      described_ = instance;
                      done(checks_);
                    },
                    [](std::string_view client) {
                      return std::string(client.starts_with("10.1.")   ? "eu-west-1a"
                                         : client.starts_with("10.2.") ? "eu-west-1b"
                                                                       : "");
                    },
                    [](std::string_view client) { return client.starts_with("10."); }}};
  http::Router router_;
  http::Running running_{[this](const http::Request& request, http::Response& response, http::Later& later) {
    return router_.Serve(request, response, later);
  }};
};

}  // namespace waypost::oper
