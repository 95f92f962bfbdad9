#include "operator/health_world.h"

namespace waypost::oper {
namespace {

using model::HealthState;

class PinsTest : public HealthWorld {
 protected:
  PinsTest() : service_(world_.Create(NewService("backend"))) {
    Register(service_, "web-1");
    Register(service_, "rack/2");
  }
  HealthState HealthOf(const std::string& id) {
    const view::ServiceState& state = world_.State(service_);
    return state.chunk(0).health(state.Find(id));
  }
  static Json Pin(const std::string& service, const std::string& instance, const std::string& state,
                  const std::string& lasting) {
    return {{"service", service}, {"instance", instance}, {"state", state}, {"for", lasting}};
  }
  const model::ServiceId service_;
};

TEST_F(PinsTest, ArePutListedAndTakenAway) {
  EXPECT_EQ(Get("/v1/health/pins"), Json::array());
  world_.clock.now = {1'795'572'000'000};
  const Json set = Post("/v1/health/pins", Pin("backend.kouzie.com", "web-1", "unhealthy", "30s"));
  EXPECT_EQ(set, Json({{"service", service_.str()},
                       {"instance", "web-1"},
                       {"state", "unhealthy"},
                       {"until", "2026-11-25T02:00:30.000Z"}}));
  EXPECT_EQ(HealthOf("web-1"), HealthState::kUnhealthy);
  EXPECT_EQ(Get("/v1/health/pins"), Json::array({{{"service", service_.str()},
                                                  {"name", "backend.kouzie.com"},
                                                  {"instance", "web-1"},
                                                  {"state", "unhealthy"},
                                                  {"set", "2026-11-25T02:00:00.000Z"},
                                                  {"until", "2026-11-25T02:00:30.000Z"}}}));
  EXPECT_EQ(Delete("/v1/health/pins/backend.kouzie.com/web-1"), Json::object());
  EXPECT_NE(HealthOf("web-1"), HealthState::kUnhealthy);
  EXPECT_EQ(Get("/v1/health/pins"), Json::array());
  EXPECT_EQ(CodeOf(Delete("/v1/health/pins/backend.kouzie.com/web-1", 404)), "ResourceNotFound");
}

TEST_F(PinsTest, InstancesMayHaveSlashes) {
  for (const char* path : {"rack%2F2", "rack/2"}) {
    Post("/v1/health/pins", Pin(service_.str(), "rack/2", "drained", "1h"));
    EXPECT_EQ(HealthOf("rack/2"), HealthState::kUnhealthy);
    Delete("/v1/health/pins/" + service_.str() + "/" + path);
    EXPECT_NE(HealthOf("rack/2"), HealthState::kUnhealthy);
  }
}

TEST_F(PinsTest, LastExactlyAsLongAsMayBe) {
  Post("/v1/health/pins", Pin(service_.str(), "web-1", "healthy", "168h"));
  EXPECT_EQ(CodeOf(Post("/v1/health/pins", Pin(service_.str(), "web-1", "healthy", "168h1ms"), 400)), "InvalidInput");
}

TEST_F(PinsTest, RefusalsSayWhatIsWanted) {
  EXPECT_NE(Why(Post("/v1/health/pins", Pin(service_.str(), "web-1", "sick", "1s"), 400))
                .find("healthy, unhealthy or drained"),
            std::string::npos);
  EXPECT_NE(Why(Post("/v1/health/pins", {{"service", "x"}, {"instance", "y"}, {"state", "healthy"}}, 400))
                .find("for is missing"),
            std::string::npos);
  EXPECT_EQ(CodeOf(Post("/v1/health/pins", Pin("none.kouzie.com", "web-1", "healthy", "1s"), 404)), "ServiceNotFound");
  EXPECT_EQ(CodeOf(Post("/v1/health/pins", Pin(service_.str(), "WEB-1", "healthy", "1s"), 404)), "InstanceNotFound");
  EXPECT_EQ(CodeOf(Ask("POST", "/v1/health/pins", "no JSON", 400)), "Serialization");
  EXPECT_EQ(CodeOf(Delete("/v1/health/pins/none.kouzie.com/web-1", 404)), "ServiceNotFound");
  for (const char* path : {"/v1/health/pins/", "/v1/health/pins/x", "/v1/health/pins/x/", "/v1/health/pins//x"}) {
    EXPECT_EQ(CodeOf(Delete(path, 400)), "InvalidInput") << path;
  }
  EXPECT_EQ(CodeOf(Delete("/v1/health/pins/" + service_.str() + "/%zz", 400)), "InvalidInput");
}

}  // namespace
}  // namespace waypost::oper
