#include "waypost/operator/views.h"

#include "operator/health_world.h"

namespace waypost::oper {
namespace {

using model::HealthState;

class ViewsTest : public HealthWorld {
 protected:
  ViewsTest() {
    views_.AddTo(router());
    model::Service backend = NewService("backend");
    backend.custom_health = true;
    backend_ = world_.Create(backend);
    spare_ = world_.Create(NewService("spare"));
    Register(backend_, "b-1", {{"stage", "beta"}});
    Register(backend_, "p-1", {{"stage", "prod"}});
    Register(backend_, "n-1");
    Register(spare_, "s-1");
  }
  Json Put(const Json& body, unsigned status = 200) { return Ask("PUT", "/v1/views", body.dump(), status); }
  static Json Beta() {
    return {
        {"name", "beta.backend.kouzie.com"}, {"service", "backend.kouzie.com"}, {"attributes", {{"stage", "beta"}}}};
  }
  static Json BetaOrSpare() {
    Json body = Beta();
    body["fallback"] = "spare.kouzie.com";
    return body;
  }
  Json Explained(const std::string& instance) {
    const Json answer = Get("/v1/explain?name=beta.backend.kouzie.com");
    for (const Json& each : answer.at("instances")) {
      if (each.at("InstanceId") == instance) return each;
    }
    ADD_FAILURE() << "no " << instance << " in " << answer;
    return {};
  }
  void Report(const std::string& id, HealthState state) { Do(registry::UpdateCustomHealth{backend_, id, state}); }

  Views views_{{world_.registry(), world_.view(), world_.clock}};
  model::ServiceId backend_;
  model::ServiceId spare_;
};

TEST_F(ViewsTest, ArePutShownAndDeleted) {
  EXPECT_EQ(Get("/v1/views"), Json::array());
  world_.clock.now = {1'795'572'000'000};
  Json want = {{"name", "beta.backend.kouzie.com"},   {"namespace", Public().str()},
               {"service", backend_.str()},           {"service_name", "backend.kouzie.com"},
               {"attributes", {{"stage", "beta"}}},   {"fallback", spare_.str()},
               {"fallback_name", "spare.kouzie.com"}, {"created", "2026-11-25T02:00:00.000Z"}};
  EXPECT_EQ(Put(BetaOrSpare()), want);
  want["instances"] = 1;
  EXPECT_EQ(Get("/v1/views"), Json::array({want}));
  EXPECT_EQ(Get("/v1/views/beta.backend.kouzie.com"), want);
  EXPECT_EQ(Get("/v1/views/Beta.Backend.kouzie.com."), want);
  EXPECT_EQ(Delete("/v1/views/beta.backend.kouzie.com"), Json::object());
  EXPECT_EQ(CodeOf(Delete("/v1/views/beta.backend.kouzie.com", 404)), "ResourceNotFound");
  EXPECT_EQ(Get("/v1/views"), Json::array());
}

TEST_F(ViewsTest, TheNamespaceMayStandBeside) {
  for (const std::string& in : {std::string("kouzie.com"), std::string("KOUZIE.com."), Public().str()}) {
    for (const char* name : {"beta", "beta.kouzie.com"}) {
      Json body = Beta();
      body["name"] = name;
      body["namespace"] = in;
      EXPECT_EQ(Put(body).at("name"), "beta.kouzie.com") << in;
    }
  }
  EXPECT_EQ(Get("/v1/views").size(), 1u);
}

TEST_F(ViewsTest, TheLongestNamespaceIsMeant) {
  const auto inner = world_.Namespace("backend.kouzie.com", model::NamespaceType::kDnsPublic);
  EXPECT_EQ(Put(Beta()).at("namespace"), inner.str());
  EXPECT_EQ(world_.view().GetNamedQuery(inner, "beta")->member_count, 1u);
}

TEST_F(ViewsTest, RefusalsSayWhatIsWanted) {
  const auto refused = [&](const char* member, const Json& value, const char* code, unsigned status) {
    Json body = Beta();
    if (value.is_null()) {
      body.erase(member);
    } else {
      body[member] = value;
    }
    const Json refusal = Put(body, status);
    EXPECT_EQ(CodeOf(refusal), code) << body;
    return Why(refusal);
  };
  EXPECT_NE(refused("name", nullptr, "InvalidInput", 400).find("name is missing"), std::string::npos);
  EXPECT_NE(refused("attributes", nullptr, "InvalidInput", 400).find("attributes is missing"), std::string::npos);
  EXPECT_NE(refused("attributes", Json::object(), "InvalidInput", 400).find("1 to 10"), std::string::npos);
  refused("attributes", "stage=beta", "InvalidInput", 400);
  refused("attributes", {{"stage", 1}}, "InvalidInput", 400);
  refused("other", "x", "InvalidInput", 400);
  refused("name", "beta.example.org", "NamespaceNotFound", 404);
  refused("namespace", "example.org", "NamespaceNotFound", 404);
  refused("service", "none.kouzie.com", "ServiceNotFound", 404);
  refused("fallback", "none.kouzie.com", "ServiceNotFound", 404);
  refused("fallback", "backend.kouzie.com", "InvalidInput", 400);
  EXPECT_NE(refused("name", "backend.kouzie.com", "InvalidInput", 400).find("a service has the name"),
            std::string::npos);
  EXPECT_EQ(CodeOf(Ask("PUT", "/v1/views", "no JSON", 400)), "Serialization");
  EXPECT_EQ(
      CodeOf(Ask("PUT", "/v1/views",
                 R"({"name":"v.kouzie.com","service":"backend.kouzie.com","attributes":{"a":"1","a":"2"}})", 400)),
      "InvalidInput");
  Put(Beta());
  EXPECT_NE(refused("service", "beta.backend.kouzie.com", "InvalidInput", 400).find("is a view"), std::string::npos);
  EXPECT_EQ(CodeOf(Get("/v1/views/none.kouzie.com", 404)), "ResourceNotFound");
  EXPECT_EQ(CodeOf(Get("/v1/views/%zz", 400)), "InvalidInput");
}

TEST_F(ViewsTest, ExplainSaysWhatIsOutside) {
  Put(Beta());
  const Json answer = Get("/v1/explain?name=beta.backend.kouzie.com");
  EXPECT_EQ(answer.at("name"), "beta.backend.kouzie.com");
  EXPECT_EQ(answer.at("service"), backend_.str());
  EXPECT_EQ(answer.at("view"), Json({{"service", "backend.kouzie.com"}, {"attributes", {{"stage", "beta"}}}}));
  EXPECT_EQ(answer.at("summary"),
            "1 of 3 instances are answered; a view of backend.kouzie.com with stage=beta; not: 2 without the view's "
            "attributes");
  EXPECT_EQ(Explained("b-1").at("answered"), true);
  EXPECT_EQ(Explained("p-1").at("answered"), false);
  EXPECT_EQ(Explained("p-1").at("reasons")[0], "not in the view: attribute stage is \"prod\", not \"beta\"");
  EXPECT_EQ(Explained("n-1").at("reasons")[0], "not in the view: has no attribute stage");
  EXPECT_FALSE(Get("/v1/explain?name=backend.kouzie.com").contains("view"));
}

TEST_F(ViewsTest, ExplainSaysWhoAnswersInstead) {
  Put(BetaOrSpare());
  EXPECT_EQ(Get("/v1/explain?name=beta.backend.kouzie.com").at("view").at("falls_back"), false);
  Report("b-1", HealthState::kUnhealthy);
  const Json answer = Get("/v1/explain?name=beta.backend.kouzie.com");
  EXPECT_EQ(answer.at("view").at("falls_back"), true);
  EXPECT_EQ(answer.at("fail_open"), true) << "none of its own is healthy";
  EXPECT_NE(answer.at("summary").get<std::string>().find("its fallback spare.kouzie.com answers with 1"),
            std::string::npos)
      << answer;
  EXPECT_EQ(Explained("b-1").at("answered"), false);
  EXPECT_EQ(Explained("b-1").at("reasons")[0], "the view's fallback spare.kouzie.com answers");
}

TEST_F(ViewsTest, AViewsNameStandsForItsServiceWherePeopleSetHealth) {
  Put(Beta());
  Post("/v1/health/pins",
       {{"service", "beta.backend.kouzie.com"}, {"instance", "b-1"}, {"state", "unhealthy"}, {"for", "1m"}});
  const view::ServiceState& state = world_.State(backend_);
  EXPECT_EQ(state.chunk(0).health(state.Find("b-1")), HealthState::kUnhealthy);
  EXPECT_EQ(
      CodeOf(Post("/v1/health/pins",
                  {{"service", "beta.backend.kouzie.com"}, {"instance", "p-1"}, {"state", "healthy"}, {"for", "1m"}},
                  404)),
      "InstanceNotFound")
      << "it is not in the view";
}

}  // namespace
}  // namespace waypost::oper
