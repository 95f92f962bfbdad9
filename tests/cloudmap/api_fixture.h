#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "temporary_directory.h"
#include "waypost/cloudmap/api.h"
#include "waypost/http/server.h"
#include "waypost/model/clock.h"
#include "waypost/registry/registry.h"
#include "waypost/store/store.h"
#include "waypost/view/view.h"

namespace waypost::cloudmap {

using Json = nlohmann::json;

/// What came back.
struct Answer {
  unsigned status = 0;
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string text;

  Json json() const { return Json::parse(text); }
  std::string type() const { return json().value("__type", ""); }
};

class FixedClock final : public model::Clock {
 public:
  model::Timestamp Now() const override { return {now_ms.load()}; }
  std::atomic<std::int64_t> now_ms = 1'700'000'000'250;
};

/// A real registry with its store in a temporary directory, behind the Api on a real HTTP server at a free port of
/// loopback; and one client connection to it.
class ApiFixture : public ::testing::Test {
 protected:
  ApiFixture();
  ~ApiFixture() override;

  /// Sends one request by the kept connection.
  Answer Send(const std::string& head, const std::string& body);
  Answer Post(std::string_view operation, const std::string& body);
  /// The operation's output. Fails the test when it is an error.
  Json Call(std::string_view operation, const Json& input);
  /// The operation's error. Fails the test when it is none, or of another type.
  Json Fail(std::string_view type, std::string_view operation, const Json& input);

  /// The target that an operation's answer leads to.
  std::string Target(const Json& answer, const char* kind);
  std::string NewHttpNamespace(const std::string& name);
  std::string NewPublicNamespace(const std::string& name);
  /// An API-only service; `more` are further members.
  std::string NewService(const std::string& in, const std::string& name, const Json& more = Json::object());
  void Register(const std::string& service, const std::string& id, const Json& attributes);
  std::string NamespaceArn(const std::string& id) { return model::NamespaceArn(identity_, id); }
  std::string ServiceArn(const std::string& id) { return model::ServiceArn(identity_, id); }

  const model::Identity identity_ = {"eu-west-1", "123456789012"};
  FixedClock clock_;

 private:
  void Connect();

  testing::TemporaryDirectory directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<view::View> view_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<http::Server> server_;
  int socket_ = -1;
  std::string received_;
};

}  // namespace waypost::cloudmap
