#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "temporary_directory.h"
#include "waypost/cloudmap/api.h"
#include "waypost/store/rocks_store.h"

namespace waypost::cloudmap {
namespace {

/// For requests that are answered at once.
class Never final : public http::Later {
 public:
  http::Deferred Defer() override {
    ADD_FAILURE() << "nothing may be put off";
    return {};
  }
  http::Stream BeginStream() override {
    ADD_FAILURE() << "nothing may be streamed";
    return {};
  }
};

TEST(ServiceUnavailable, UntilTheRegistryIsLoaded) {
  testing::TemporaryDirectory directory;
  const model::SystemClock clock;
  const telemetry::Log log = telemetry::MakeSilentLog();
  auto store = store::OpenRocksStore({directory / "data"}, clock, log);
  ASSERT_TRUE(store.ok());
  view::View view;
  registry::Registry registry({}, *store.value(), view, clock, log);
  Api api({}, registry, view, clock, log);
  Never later;
  const auto ask = [&](std::string_view target, std::string_view body) {
    http::Request request;
    request.method = "POST";
    request.path = "/";
    request.target = target;
    request.body = body;
    http::Response response;
    EXPECT_EQ(api.Serve(request, response, later), http::Progress::kDone);
    return response;
  };
  for (const char* target :
       {"Route53AutoNaming_v20170314.ListNamespaces", "Route53AutoNaming_v20170314.DiscoverInstances",
        "Route53AutoNaming_v20170314.CreateHttpNamespace"}) {
    const http::Response response = ask(target, R"({"Name":"n"})");
    EXPECT_EQ(response.status, 503u) << target;
    EXPECT_EQ(nlohmann::json::parse(response.body).at("__type"), "ServiceUnavailable");
  }
  EXPECT_EQ(ask("Route53AutoNaming_v20170314.None", "{}").status, 400u);
  EXPECT_EQ(ask("", "Action=GetCallerIdentity").status, 200u);
  registry.Stop();
}

}  // namespace
}  // namespace waypost::cloudmap
