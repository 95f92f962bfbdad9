#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "operator/prometheus_sd_target.h"
#include "operator/watch_world.h"

namespace waypost::oper {
namespace {

class PrometheusSdTest : public testing::Test {
 protected:
  PrometheusSdTest() { Build({}); }
  void Build(const PrometheusSdOptions& options) {
    world_.reset();
    world_ = std::make_unique<WatchWorld>(EventsOptions(), LongPollOptions(), options);
    space_ = world_->registered.AddNamespace("kouzie.com", model::NamespaceType::kDnsPublic, 1);
    backend_ = world_->registered.AddService(space_, "backend", 2, true);
    world_->Loaded(2);
  }
  Json Get(const std::string& query = "") {
    const http::Answer answer = world_->Get("/v1/prometheus/sd" + query);
    EXPECT_EQ(answer.status, 200U) << query << answer.body;
    EXPECT_TRUE(answer.Says("content-type", "application/json"));
    return Json::parse(answer.body);
  }
  std::vector<std::string> Targets(const std::string& query = "") {
    std::vector<std::string> targets;
    for (const Json& group : Get(query)) {
      EXPECT_EQ(group["targets"].size(), 1U);
      targets.push_back(group["targets"][0]);
    }
    std::sort(targets.begin(), targets.end());
    return targets;
  }
  void SetHealth(const std::string& id, model::HealthState state) {
    view::Edit(world_->registered.view).SetHealth(backend_.id, id, state, ++revision_);
  }
  void Register(const model::Service& service, const std::string& id, model::Attributes attributes) {
    world_->registered.Register(service, id, std::move(attributes), ++revision_);
  }

  model::Revision revision_ = 10;
  std::unique_ptr<WatchWorld> world_;
  model::Namespace space_;
  model::Service backend_;
};

using Strings = std::vector<std::string>;

TEST_F(PrometheusSdTest, EmptyIsAnArray) {
  EXPECT_EQ(world_->Get("/v1/prometheus/sd").body, "[]");
  for (const char* query : {"?namespace=none", "?service=none", "?namespace=ns-aaaaaaaaaaaaaaaa",
                            "?service=srv-aaaaaaaaaaaaaaaa", "?namespace=none&service=srv-aaaaaaaaaaaaaaaa"}) {
    EXPECT_EQ(Get(query), Json::array()) << query;
  }
}

TEST_F(PrometheusSdTest, AnInstanceWithAllItsLabels) {
  Register(backend_, "i-1",
           {{"AWS_INSTANCE_IPV4", "10.0.0.1"},
            {"AWS_INSTANCE_IPV6", "2001:db8::1"},
            {"AWS_INSTANCE_PORT", "8080"},
            {"AVAILABILITY_ZONE", "eu-west-1a"},
            {"the.path", "/a \"b\""},
            {"the_path", "hidden by its likeness"}});
  EXPECT_EQ(Get(), Json::array({{{"targets", {"10.0.0.1:8080"}},
                                 {"labels",
                                  {{"__meta_waypost_namespace", "kouzie.com"},
                                   {"__meta_waypost_namespace_id", space_.id.str()},
                                   {"__meta_waypost_service", "backend"},
                                   {"__meta_waypost_service_id", backend_.id.str()},
                                   {"__meta_waypost_instance_id", "i-1"},
                                   {"__meta_waypost_health", "healthy"},
                                   {"__meta_waypost_availability_zone", "eu-west-1a"},
                                   {"__meta_waypost_attribute_AVAILABILITY_ZONE", "eu-west-1a"},
                                   {"__meta_waypost_attribute_AWS_INSTANCE_IPV4", "10.0.0.1"},
                                   {"__meta_waypost_attribute_AWS_INSTANCE_IPV6", "2001:db8::1"},
                                   {"__meta_waypost_attribute_AWS_INSTANCE_PORT", "8080"},
                                   {"__meta_waypost_attribute_the_path", "/a \"b\""}}}}}));
}

TEST_F(PrometheusSdTest, Addresses) {
  const model::Namespace http = world_->registered.AddNamespace("h", model::NamespaceType::kHttp, 3);
  const model::Service plain = world_->registered.AddService(http, "plain", 4);
  Register(plain, "four", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  Register(plain, "six", {{"AWS_INSTANCE_IPV6", "2001:db8:0:0::1"}});
  Register(plain, "six-port", {{"AWS_INSTANCE_IPV6", "2001:db8::2"}, {"AWS_INSTANCE_PORT", "1"}});
  Register(plain, "none", {{"color", "blue"}});
  EXPECT_EQ(Targets("?namespace=h"), (Strings{"10.0.0.1", "[2001:db8::1]", "[2001:db8::2]:1"}));
}

TEST_F(PrometheusSdTest, FollowsAFailover) {
  Register(backend_, "a", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  Register(backend_, "b", {{"AWS_INSTANCE_IPV4", "10.0.0.2"}});
  EXPECT_EQ(Targets(), (Strings{"10.0.0.1", "10.0.0.2"}));
  SetHealth("a", model::HealthState::kUnhealthy);
  EXPECT_EQ(Targets(), Strings{"10.0.0.2"});
  EXPECT_EQ(Targets("?health=UNHEALTHY"), Strings{"10.0.0.1"});
  EXPECT_EQ(Targets("?health=ALL"), (Strings{"10.0.0.1", "10.0.0.2"}));
  EXPECT_EQ(Get("?health=UNHEALTHY")[0]["labels"]["__meta_waypost_health"], "unhealthy");
  SetHealth("b", model::HealthState::kUnhealthy);
  EXPECT_EQ(Targets(), (Strings{"10.0.0.1", "10.0.0.2"})) << "or else all";
  EXPECT_EQ(Targets("?health=HEALTHY"), Strings{});
}

TEST_F(PrometheusSdTest, Chooses) {
  const model::Namespace other = world_->registered.AddNamespace("other", model::NamespaceType::kHttp, 3);
  const model::Service same_name = world_->registered.AddService(other, "backend", 4);
  const model::Service web = world_->registered.AddService(space_, "web", 5);
  Register(backend_, "a", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"color", "blue"}});
  Register(same_name, "a", {{"AWS_INSTANCE_IPV4", "10.0.0.2"}, {"color", "red"}, {"size", "s"}});
  Register(web, "a", {{"AWS_INSTANCE_IPV4", "10.0.0.3"}, {"color", "red"}});
  struct Case {
    std::string query;
    Strings want;
  };
  for (const Case& c :
       {Case{"", {"10.0.0.1", "10.0.0.2", "10.0.0.3"}}, Case{"?namespace=kouzie.com", {"10.0.0.1", "10.0.0.3"}},
        Case{"?namespace=" + other.id.str(), {"10.0.0.2"}}, Case{"?service=backend", {"10.0.0.1", "10.0.0.2"}},
        Case{"?service=BACKEND", {"10.0.0.1"}}, Case{"?service=backend&namespace=other", {"10.0.0.2"}},
        Case{"?service=" + web.id.str(), {"10.0.0.3"}},
        Case{"?service=" + web.id.str() + "&namespace=kouzie.com", {"10.0.0.3"}},
        Case{"?service=" + web.id.str() + "&namespace=other", {}}, Case{"?color=red", {"10.0.0.2", "10.0.0.3"}},
        Case{"?color=red&size=s", {"10.0.0.2"}}, Case{"?color=green", {}}}) {
    EXPECT_EQ(Targets(c.query), c.want) << c.query;
  }
  EXPECT_EQ(world_->Get("/v1/prometheus/sd?health=GOOD").status, 400U);
  EXPECT_EQ(world_->Get("/v1/prometheus/sd?a=%zz").status, 400U);
}

TEST_F(PrometheusSdTest, TheSameAnswerEveryTime) {
  for (int i = 0; i < 200; ++i) {
    Register(backend_, std::to_string(i), {{"AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(i)}});
  }
  const std::string first = world_->Get("/v1/prometheus/sd").body;
  EXPECT_EQ(world_->Get("/v1/prometheus/sd").body, first);
}

TEST_F(PrometheusSdTest, ManyServicesTakeSeveralSteps) {
  constexpr int kServices = 700;  // more than two steps look at
  for (int i = 0; i < kServices; ++i) {
    const model::Service service = world_->registered.AddService(space_, "s" + std::to_string(i), ++revision_);
    Register(service, "a", {{"AWS_INSTANCE_IPV4", "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)}});
  }
  EXPECT_EQ(Targets().size(), static_cast<std::size_t>(kServices));
  EXPECT_EQ(Targets("?service=s699"), Strings{"10.0.2.199"});
}

TEST_F(PrometheusSdTest, Limits) {
  PrometheusSdOptions options;
  options.targets_max = 100;
  Build(options);
  for (int i = 0; i < 100; ++i) {
    Register(backend_, std::to_string(i), {{"AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(i)}});
  }
  EXPECT_EQ(Targets().size(), 100U);
  Register(backend_, "100", {{"AWS_INSTANCE_IPV4", "10.0.0.100"}});
  const http::Answer refused = world_->Get("/v1/prometheus/sd");
  EXPECT_EQ(refused.status, 400U);
  EXPECT_EQ(Json::parse(refused.body)["error"]["code"], "InvalidInput");

  options.walks_max = 1;
  Build(options);
  std::atomic<bool> release = false;
  world_->watch.Post([&release] {
    while (!release) std::this_thread::yield();
  });
  http::Client client(world_->running.address);
  client.Send("GET /v1/prometheus/sd HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(http::Eventually([this] { return world_->Get("/v1/prometheus/sd").status == 503; }));
  release = true;
  EXPECT_EQ(client.Read()->status, 200U);
}

TEST(AttributeLabel, KeepsLettersDigitsAndUnderscores) {
  EXPECT_EQ(AttributeLabel("aZ09_"), "__meta_waypost_attribute_aZ09_");
  EXPECT_EQ(AttributeLabel("a-b.c/d:e"), "__meta_waypost_attribute_a_b_c_d_e");
}

}  // namespace
}  // namespace waypost::oper
