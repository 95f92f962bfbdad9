#include <gtest/gtest.h>

#include "registry/world.h"

namespace waypost::registry {
namespace {

using model::Code;
using model::NamespaceType;

TEST(NamespaceRulesTest, NamesAreUniqueByTypeAndVpc) {
  World world;
  const auto id = world.Namespace("Example.com", NamespaceType::kDnsPublic);
  const auto again = world.CreateNamespaceNamed("example.COM", NamespaceType::kDnsPublic);
  EXPECT_EQ(CodeOf(again), Code::kNamespaceAlreadyExists);
  EXPECT_EQ(Detail(again, "NamespaceId"), id.str());
  EXPECT_TRUE(world.CreateNamespaceNamed("example.com", NamespaceType::kDnsPrivate, "vpc-1").ok());
  EXPECT_EQ(CodeOf(world.CreateNamespaceNamed("example.com", NamespaceType::kDnsPrivate, "vpc-1")),
            Code::kNamespaceAlreadyExists);
  ASSERT_TRUE(world.CreateNamespaceNamed("example.com", NamespaceType::kDnsPrivate, "vpc-2").ok());
  const auto second = world.view().GetNamespace(world.last_namespace);
  EXPECT_TRUE(second->value.http_name.starts_with("example.com-")) << second->value.http_name;
  EXPECT_TRUE(world.CreateNamespaceNamed("shared", NamespaceType::kHttp).ok());
  EXPECT_TRUE(world.CreateNamespaceNamed("SHARED", NamespaceType::kHttp).ok()) << "HTTP names keep case apart";
  EXPECT_EQ(CodeOf(world.CreateNamespaceNamed("shared", NamespaceType::kHttp)), Code::kNamespaceAlreadyExists);
}

TEST(NamespaceRulesTest, ARetriedRequestFindsItsOperation) {
  World world;
  CreateNamespace command;
  command.value.id = model::NamespaceId::Draw(world.random);
  command.value.name = "shared";
  command.operation = {model::DeriveOperationId({"0", "CreateHttpNamespace", "token", "content"}), true};
  const auto first = world.Do(command);
  command.value.id = model::NamespaceId::Draw(world.random);
  const auto second = world.Do(command);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->operation_id, second->operation_id);
  EXPECT_EQ(world.view().namespace_count(), 1u);
  world.Restart();
  EXPECT_EQ(world.Do(command)->operation_id, first->operation_id);
  world.clock.now.ms += model::kOperationKeptMs + 1;
  EXPECT_EQ(CodeOf(world.Do(command)), Code::kNamespaceAlreadyExists) << "operations are kept for a day";
}

TEST(NamespaceRulesTest, UpdateAndDelete) {
  World world;
  const auto id = world.Namespace("example.com", NamespaceType::kDnsPublic);
  EXPECT_EQ(CodeOf(world.Do(UpdateNamespace{id, NamespaceType::kHttp, "x", {}, world.NewOperation()})),
            Code::kInvalidInput);
  ASSERT_TRUE(world.Do(UpdateNamespace{id, NamespaceType::kDnsPublic, "x", 99, world.NewOperation()}).ok());
  ASSERT_TRUE(world.Do(UpdateNamespace{id, NamespaceType::kDnsPublic, {}, {}, world.NewOperation()}).ok());
  EXPECT_EQ(world.view().GetNamespace(id)->value.description, "x");
  EXPECT_EQ(world.view().FindNamespace(id)->soa_ttl(), 99u);
  ASSERT_TRUE(world.Do(UpdateNamespace{id, NamespaceType::kDnsPublic, "", {}, world.NewOperation()}).ok());
  EXPECT_EQ(world.view().GetNamespace(id)->value.description, std::nullopt);
  const auto service = world.Create(world.NewDnsService(id, "a"));
  EXPECT_EQ(CodeOf(world.Do(DeleteNamespace{id, world.NewOperation()})), Code::kResourceInUse);
  ASSERT_TRUE(world.Do(DeleteService{service}).ok());
  ASSERT_TRUE(world.Do(DeleteNamespace{id, world.NewOperation()}).ok());
  EXPECT_EQ(CodeOf(world.Do(DeleteNamespace{id, world.NewOperation()})), Code::kNamespaceNotFound);
  EXPECT_TRUE(world.CreateNamespaceNamed("example.com", NamespaceType::kDnsPublic).ok());
  world.Restart();
  EXPECT_EQ(world.view().namespace_count(), 1u);
}

TEST(ServiceRulesTest, Creation) {
  World world;
  const auto dns = world.Namespace("example.com", NamespaceType::kDnsPublic);
  const auto http = world.Namespace("shared", NamespaceType::kHttp);
  const auto records = [&](std::vector<model::DnsRecord> list, model::RoutingPolicy policy) {
    model::Service value = world.NewService(dns, "s" + std::to_string(world.random.Below(1000000u)));
    value.dns = model::DnsConfig{};
    value.dns->routing = policy;
    value.dns->records = std::move(list);
    return value;
  };
  using model::RecordType;
  using model::RoutingPolicy;
  const struct {
    std::vector<model::DnsRecord> list;
    RoutingPolicy policy;
    bool good;
  } cases[] = {
      {{{RecordType::kA, 1}}, RoutingPolicy::kMultivalue, true},
      {{{RecordType::kA, 1}, {RecordType::kAaaa, 1}}, RoutingPolicy::kMultivalue, true},
      {{{RecordType::kSrv, 1}}, RoutingPolicy::kWeighted, true},
      {{{RecordType::kCname, 1}}, RoutingPolicy::kWeighted, true},
      {{{RecordType::kCname, 1}}, RoutingPolicy::kMultivalue, false},
      {{{RecordType::kA, 1}, {RecordType::kSrv, 1}}, RoutingPolicy::kMultivalue, false},
      {{{RecordType::kA, 1}, {RecordType::kA, 2}}, RoutingPolicy::kMultivalue, false},
      {{{RecordType::kA, 1}, {RecordType::kCname, 1}}, RoutingPolicy::kWeighted, false},
      {{}, RoutingPolicy::kMultivalue, false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(world.Do(CreateService{records(c.list, c.policy)}).ok(), c.good) << &c - cases;
  }
  model::Service in_http = world.NewDnsService(http, "a");
  EXPECT_EQ(CodeOf(world.Do(CreateService{in_http})), Code::kInvalidInput);
  model::Service tagged = world.NewDnsService(dns, "t");
  tagged.tags = {{"waypost:nonsense", "1"}};
  EXPECT_EQ(CodeOf(world.Do(CreateService{tagged})), Code::kInvalidInput);
  EXPECT_EQ(CodeOf(world.Do(CreateService{world.NewService(model::NamespaceId::Draw(world.random), "a")})),
            Code::kNamespaceNotFound);
}

TEST(ServiceRulesTest, NamesAndIdempotency) {
  World world;
  const auto dns = world.Namespace("example.com", NamespaceType::kDnsPublic);
  model::Service value = world.NewDnsService(dns, "Backend");
  value.creator_request_id = "r1";
  const auto id = world.Create(value);
  model::Service same = value;
  same.id = model::ServiceId::Draw(world.random);
  EXPECT_EQ(world.Create(same), id) << "the same request again";
  model::Service other = world.NewDnsService(dns, "bACKEND");
  const auto refused = world.Do(CreateService{other});
  EXPECT_EQ(CodeOf(refused), Code::kServiceAlreadyExists);
  EXPECT_EQ(Detail(refused, "ServiceId"), id.str());
  EXPECT_EQ(Detail(refused, "CreatorRequestId"), "r1");
  ASSERT_TRUE(world.Do(DeleteService{id}).ok());
  EXPECT_NE(world.Create(other), id);
}

TEST(ServiceRulesTest, Update) {
  World world;
  const auto dns = world.Namespace("example.com", NamespaceType::kDnsPublic);
  model::Service value = world.NewDnsService(dns, "a");
  value.health_check = model::HealthCheck{};
  const auto id = world.Create(value);
  ASSERT_TRUE(world.Register(id, "i", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "1"}}).ok());
  UpdateService update{
      id, {}, std::vector<model::DnsRecord>{{model::RecordType::kA, 5}}, model::HealthCheck{}, world.NewOperation()};
  ASSERT_TRUE(world.Do(update).ok());
  EXPECT_EQ(world.State(id).ttl(model::RecordType::kA), 5u);
  update.operation = world.NewOperation();
  update.records->push_back({model::RecordType::kAaaa, 5});
  EXPECT_EQ(CodeOf(world.Do(update)), Code::kInvalidInput);
  update.records->pop_back();
  update.health_check->type = model::HealthCheckType::kHttp;
  EXPECT_EQ(CodeOf(world.Do(update)), Code::kInvalidInput);
  ASSERT_TRUE(world.Do(UpdateService{id, "now without", {}, {}, world.NewOperation()}).ok());
  const model::Service after = world.State(id).config().service;
  EXPECT_FALSE(after.has_dns());
  EXPECT_FALSE(after.health_check.has_value());
  EXPECT_EQ(after.type, model::ServiceType::kHttp);
  EXPECT_EQ(world.State(id).count(), 1u);
  EXPECT_TRUE(world.view().FindService(id)->owner_wire().empty());
  world.Restart();
  EXPECT_EQ(world.State(id).config().service, after);
  world.Create(world.NewDnsService(dns, "A"));  // the name is free in DNS again
}

TEST(InstanceRulesTest, AttributesMustFitTheService) {
  World world;
  const auto dns = world.Namespace("example.com", NamespaceType::kDnsPublic);
  const auto http = world.Namespace("shared", NamespaceType::kHttp);
  const auto a = world.Create(world.NewDnsService(dns, "a"));
  model::Service checked = world.NewDnsService(dns, "checked");
  checked.health_check = model::HealthCheck{};
  const auto c = world.Create(checked);
  model::Service custom = world.NewService(http, "custom");
  custom.custom_health = true;
  const auto h = world.Create(custom);
  const struct {
    model::ServiceId service;
    model::Attributes attributes;
    bool good;
  } cases[] = {
      {a, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}, true},
      {a, {}, false},
      {a, {{"AWS_INSTANCE_IPV4", "10.0.0.256"}}, false},
      {a, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_OTHER", "x"}}, false},
      {a, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "65536"}}, false},
      {a, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INIT_HEALTH_STATUS", "HEALTHY"}}, false},
      {a, {{"AWS_ALIAS_DNS_NAME", "x.example"}}, false},
      {c, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}, false},
      {c, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}}, true},
      {h, {}, true},
      {h, {{"AWS_INIT_HEALTH_STATUS", "UNHEALTHY"}}, true},
      {h, {{"AWS_INIT_HEALTH_STATUS", "MAYBE"}}, false},
      {h, {{"AWS_EC2_INSTANCE_ID", "i-1"}}, true},
      {h, {{"AWS_EC2_INSTANCE_ID", "i-1"}, {"AWS_INSTANCE_PORT", "1"}}, false},
      {h, {{"k", std::string(1024, 'v')}}, true},
      {h, {{"k", std::string(1025, 'v')}}, false},
      {h, {{std::string(255, 'k'), ""}}, true},
      {h, {{std::string(256, 'k'), ""}}, false},
      {h, {{"k", " v"}}, false},
  };
  for (const auto& test : cases) {
    const auto result = world.Register(test.service, "i", test.attributes);
    EXPECT_EQ(result.ok(), test.good) << &test - cases;
    if (!result.ok()) {
      EXPECT_EQ(result.error().code, Code::kInvalidInput);
    }
  }
  model::Attributes many;
  for (int i = 0; i < 30; ++i) many.Set("k" + std::to_string(i), "v");
  EXPECT_TRUE(world.Register(h, "i", many).ok());
  many.Set("one-more", "v");
  EXPECT_FALSE(world.Register(h, "i", many).ok());
  model::Attributes large;
  for (int i = 0; i < 5; ++i) large.Set("k" + std::to_string(i), std::string(998, 'v'));
  EXPECT_TRUE(world.Register(h, "i", large).ok()) << "5000 characters";
  large.Set("k0", std::string(999, 'v'));
  EXPECT_FALSE(world.Register(h, "i", large).ok()) << "5001";
}

TEST(InstanceRulesTest, CustomHealth) {
  World world;
  const auto http = world.Namespace("shared", NamespaceType::kHttp);
  model::Service custom = world.NewService(http, "custom");
  custom.custom_health = true;
  const auto id = world.Create(custom);
  const auto plain = world.Create(world.NewService(http, "plain"));
  ASSERT_TRUE(world.Register(id, "i", {{"AWS_INIT_HEALTH_STATUS", "UNHEALTHY"}}).ok());
  ASSERT_TRUE(world.Register(plain, "i", {}).ok());
  const auto health = [&] { return world.State(id).chunk(0).health(0); };
  EXPECT_EQ(health(), model::HealthState::kUnhealthy);
  EXPECT_TRUE(world.State(id).member(0).attributes().empty()) << "the initial state is no attribute";
  world.Restart();
  EXPECT_EQ(health(), model::HealthState::kUnhealthy);
  const auto revision = world.State(id).instances_revision();
  ASSERT_TRUE(world.Do(UpdateCustomHealth{id, "i", model::HealthState::kHealthy}).ok());
  EXPECT_EQ(health(), model::HealthState::kHealthy);
  EXPECT_EQ(world.State(id).instances_revision(), revision);
  ASSERT_TRUE(world.Do(UpdateCustomHealth{id, "i", model::HealthState::kUnhealthy}).ok());
  ASSERT_TRUE(world.Register(id, "i", {}).ok());
  EXPECT_EQ(health(), model::HealthState::kHealthy) << "a new registration starts anew";
  world.Restart();
  EXPECT_EQ(health(), model::HealthState::kHealthy);
  EXPECT_EQ(CodeOf(world.Do(UpdateCustomHealth{id, "x", model::HealthState::kHealthy})), Code::kInstanceNotFound);
  EXPECT_EQ(CodeOf(world.Do(UpdateCustomHealth{plain, "i", model::HealthState::kHealthy})),
            Code::kCustomHealthNotFound);
}

TEST(ResourceRulesTest, TagsAndServiceAttributes) {
  World world;
  const auto dns = world.Namespace("example.com", NamespaceType::kDnsPublic);
  const auto id = world.Create(world.NewDnsService(dns, "a"));
  ASSERT_TRUE(world.Do(TagResource{id, {{"waypost:answer-limit", "all"}, {"team", "x"}}}).ok());
  EXPECT_EQ(world.State(id).answer_limit(), model::ServiceTuning::kAllAnswers);
  for (const std::string bad : {"0", "1001", "x", "", "-1", "8 "}) {
    EXPECT_EQ(CodeOf(world.Do(TagResource{id, {{"waypost:answer-limit", bad}}})), Code::kInvalidInput) << bad;
  }
  EXPECT_TRUE(world.Do(TagResource{id, {{"waypost:answer-limit", "1000"}}}).ok());
  ASSERT_TRUE(world.Do(UntagResource{id, {"waypost:answer-limit", "unknown"}}).ok());
  EXPECT_EQ(world.State(id).answer_limit(), 8u);
  model::Tags many;
  for (int i = 0; i < 49; ++i) many.Set("t" + std::to_string(i), "");
  EXPECT_TRUE(world.Do(TagResource{id, many}).ok()) << "50";
  EXPECT_EQ(CodeOf(world.Do(TagResource{id, {{"one-more", ""}}})), Code::kTooManyTags);
  EXPECT_EQ(CodeOf(world.Do(TagResource{model::ServiceId::Draw(world.random), {}})), Code::kResourceNotFound);
  EXPECT_TRUE(world.Do(TagResource{dns, {{"a", "b"}}}).ok());

  model::Attributes attributes;
  for (int i = 0; i < 30; ++i) attributes.Set("a" + std::to_string(i), "v");
  ASSERT_TRUE(world.Do(UpdateServiceAttributes{id, attributes}).ok());
  EXPECT_EQ(CodeOf(world.Do(UpdateServiceAttributes{id, {{"b", "v"}}})), Code::kServiceAttributesLimitExceeded);
  ASSERT_TRUE(world.Do(DeleteServiceAttributes{id, {"a0", "gone"}}).ok());
  ASSERT_TRUE(world.Do(UpdateServiceAttributes{id, {{"b", "v"}}}).ok());
  world.Restart();
  EXPECT_EQ(world.State(id).config().service.attributes.size(), 30u);
}

TEST(OperationsTest, AreKeptListedAndExpire) {
  World world;
  const auto http = world.Namespace("shared", NamespaceType::kHttp);
  const auto id = world.Create(world.NewService(http, "a"));
  const auto first = world.Register(id, "i", {});
  const auto second = world.Deregister(id, "i");
  world.Restart();
  const auto operation = world.registry().GetOperation(first->operation_id);
  ASSERT_TRUE(operation.ok());
  EXPECT_EQ(operation->type, model::OperationType::kRegisterInstance);
  EXPECT_EQ(operation->instance_id, "i");
  EXPECT_EQ(operation->service_id, id.str());
  std::size_t seen = 0;
  OperationQuery query;
  query.limit = 1;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = world.registry().ListOperations(query);
    ASSERT_TRUE(page.ok());
    seen += page->operations.size();
    if (!page->next) break;
    query.after = *page->next;
  }
  EXPECT_EQ(seen, 3u);
  world.clock.now.ms += model::kOperationKeptMs + 1;
  EXPECT_EQ(world.registry().GetOperation(second->operation_id).error().code, Code::kOperationNotFound);
}

}  // namespace
}  // namespace waypost::registry
