#include "waypost/store/record.h"

#include <gtest/gtest.h>

#include "store/stored_value.h"
#include "waypost/model/random.h"

namespace waypost::store {
namespace {

model::Namespace SomeNamespace() {
  model::Random random(1);
  model::Namespace value;
  value.id = model::NamespaceId::Draw(random);
  value.type = model::NamespaceType::kDnsPrivate;
  value.name = "corp.example";
  value.http_name = "corp.example-x1";
  value.description = "";
  value.vpc = "vpc-1";
  value.hosted_zone_id = "Z123";
  value.soa_ttl = 2147483647;
  value.created = {1790000000123};
  value.tags = {{"a", "b"}, {"c", ""}};
  return value;
}

model::Service SomeService() {
  model::Random random(2);
  model::Service value;
  value.id = model::ServiceId::Draw(random);
  value.namespace_id = model::NamespaceId::Draw(random);
  value.name = "_http._tcp";
  value.creator_request_id = "r";
  value.type = model::ServiceType::kDnsHttp;
  value.dns =
      model::DnsConfig{model::RoutingPolicy::kWeighted, {{model::RecordType::kA, 0}, {model::RecordType::kAaaa, 9}}};
  value.health_check = model::HealthCheck{model::HealthCheckType::kHttp, "/ok", 10};
  value.created = {5};
  value.tags = {{"waypost:answer-limit", "all"}};
  value.attributes = {{"k", "v"}};
  return value;
}

model::Instance SomeInstance() {
  model::Random random(3);
  model::Instance value;
  value.service_id = model::ServiceId::Draw(random);
  value.id = "arn:aws/x@1";
  value.creator_request_id = "id";
  value.attributes = {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"stage", "be\"ta"}};
  value.registered = {77};
  return value;
}

model::NamedQuery SomeView() {
  model::Random random(4);
  model::NamedQuery value;
  value.namespace_id = model::NamespaceId::Draw(random);
  value.name = "Beta.backend";
  value.service_id = model::ServiceId::Draw(random);
  value.filters = {{"stage", "beta"}, {"empty", ""}};
  value.fallback = model::ServiceId::Draw(random);
  value.created = {1'790'000'000'321};
  return value;
}

TEST(RecordTest, DecodesWhatItEncoded) {
  const auto ns = SomeNamespace();
  EXPECT_EQ(DecodeNamespace(ns.id.str(), EncodeNamespace(ns)).value(), ns);
  const auto service = SomeService();
  EXPECT_EQ(DecodeService(service.id.str(), EncodeService(service)).value(), service);
  const auto instance = SomeInstance();
  EXPECT_EQ(DecodeInstance(InstanceKey(instance.service_id, instance.id), EncodeInstance(instance)).value(), instance);
  const model::Operation operation{"op", model::OperationType::kUpdateService, {9}, "ns", "srv", "i"};
  EXPECT_EQ(DecodeOperation("op", EncodeOperation(operation)).value(), operation);
  const model::HealthRecord health{
      model::HealthState::kUnhealthy, true, true, {1'790'000'000'000}, "connect to 10.0.0.7:8080: connection refused"};
  EXPECT_EQ(DecodeHealth(EncodeHealth(health)).value(), health);
  const std::string first_version("\x01\x02", 2);
  EXPECT_EQ(DecodeHealth(first_version).value(), model::HealthRecord{model::HealthState::kUnhealthy});
  const model::Transition row{instance.service_id,
                              "a/b",
                              {1'790'000'000'123},
                              model::HealthState::kHealthy,
                              model::HealthState::kUnhealthy,
                              "cause",
                              250};
  EXPECT_EQ(DecodeTransition(HistoryKey(row.service_id, row.instance_id, row.at, 9), EncodeTransition(row)).value(),
            row);
  const model::Pin pin{instance.service_id, "a", model::PinState::kDrained, {1}, {2}};
  EXPECT_EQ(DecodePin(InstanceKey(pin.service_id, pin.instance_id), EncodePin(pin)).value(), pin);
  const model::Shift shift{"eu-west-1a", {1}, {2}};
  EXPECT_EQ(DecodeShift("eu-west-1a", EncodeShift(shift)).value(), shift);
  const model::Hold hold{instance, model::HealthState::kUnknown, {3}};
  EXPECT_EQ(DecodeHold(instance.service_id.str(), EncodeHold(hold)).value(), hold);
  model::NamedQuery query = SomeView();
  const std::string key = NamedQueryKey(query.namespace_id, query.name);
  EXPECT_TRUE(key.ends_with("/beta.backend")) << key;
  EXPECT_EQ(DecodeNamedQuery(key, EncodeNamedQuery(query)).value(), query);
  query.fallback.reset();
  EXPECT_EQ(DecodeNamedQuery(key, EncodeNamedQuery(query)).value(), query);
}

TEST(RecordTest, AViewStandsUnderItsOwnName) {
  const model::NamedQuery query = SomeView();
  const std::string bytes = EncodeNamedQuery(query);
  EXPECT_FALSE(DecodeNamedQuery(NamedQueryKey(query.namespace_id, "other"), bytes).ok());
  EXPECT_FALSE(DecodeNamedQuery(query.namespace_id.str() + "/Beta.backend", bytes).ok()) << "the key is folded";
  EXPECT_FALSE(DecodeNamedQuery("beta.backend", bytes).ok());
  model::NamedQuery bad = query;
  bad.filters = {};
  EXPECT_FALSE(DecodeNamedQuery(NamedQueryKey(bad.namespace_id, bad.name), EncodeNamedQuery(bad)).ok());
  const std::string key = NamedQueryKey(query.namespace_id, query.name);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(DecodeNamedQuery(key, bytes.substr(0, length)).ok()) << length;
  }
  const auto newer = DecodeNamedQuery(key, "\x02" + bytes.substr(1));
  ASSERT_FALSE(newer.ok());
  EXPECT_EQ(newer.error().code, model::Code::kTooNew);
}

TEST(RecordTest, HistoryKeysStandInTheOrderOfTime) {
  const auto service = SomeService().id;
  EXPECT_LT(HistoryKey(service, "a", {255}, 1), HistoryKey(service, "a", {256}, 0));
  EXPECT_LT(HistoryKey(service, "a", {256}, 1), HistoryKey(service, "a", {256}, 2));
  EXPECT_FALSE(HistoryKey(service, "a/b", {1}, 0).starts_with(HistoryPrefix(service, "a")));
}

/// Every shortened or lengthened record is refused, and no changed byte crashes.
TEST(RecordTest, DamageIsNoticedOrHarmless) {
  const auto service = SomeService();
  const std::string id = service.id.str();
  const std::string good = EncodeService(service);
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(DecodeService(id, good.substr(0, length)).ok()) << length;
  }
  EXPECT_FALSE(DecodeService(id, good + "x").ok());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      (void)DecodeService(id, bad).ok();
    }
  }
}

TEST(RecordTest, ALaterVersionIsNamedAsSuch) {
  const auto ns = SomeNamespace();
  std::string bytes = EncodeNamespace(ns);
  bytes[0] = 2;
  const auto decoded = DecodeNamespace(ns.id.str(), bytes);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code, model::Code::kTooNew);
  EXPECT_NE(decoded.error().message.find(ns.id.str()), std::string::npos);
}

TEST(StoredValueTest, ChecksumBindsKeyRevisionAndValue) {
  std::string bytes;
  AppendStoredValue(bytes, "\5key", 7, "value");
  const auto parsed = ParseStoredValue("\5key", bytes);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->revision, 7u);
  EXPECT_EQ(parsed->value, "value");
  EXPECT_FALSE(ParseStoredValue("\5kez", bytes).ok()) << "under another key";
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string bad = bytes;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    const auto result = ParseStoredValue("\5key", bad);
    ASSERT_FALSE(result.ok()) << at;
    EXPECT_EQ(result.error().code, model::Code::kCorrupt);
    EXPECT_NE(result.error().message.find("instance \"key\""), std::string::npos) << result.error().message;
  }
}

}  // namespace
}  // namespace waypost::store
