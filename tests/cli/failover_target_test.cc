#include "cli/failover_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace waypost::cli {
namespace {

using testing::HasSubstr;

FoundInstance Healthy(const std::string& id, const std::string& ipv4) {
  return {id, "HEALTHY", {{"AWS_INSTANCE_IPV4", ipv4}, {"AWS_INSTANCE_PORT", "8080"}}};
}

FoundService Web(std::vector<DnsType> types = {DnsType::kA}) {
  FoundService service;
  service.id = "srv-1";
  service.name = "web";
  service.namespace_name = "shop.example";
  if (!types.empty()) service.owner = "web.shop.example";
  service.types = std::move(types);
  service.instances = {Healthy("a", "10.0.0.1"), Healthy("b", "10.0.0.2")};
  return service;
}

std::string Refused(const FoundService& service, const FailoverOptions& options = {}) {
  const auto target = ChooseTarget(service, options);
  return target.ok() ? "" : target.error().message;
}

TEST(FailoverTarget, IsTheFirstHealthyOne) {
  FoundService service = Web();
  service.instances[0].health = "UNHEALTHY";
  service.instances.push_back(Healthy("c", "10.0.0.3"));
  const auto target = ChooseTarget(service, {});
  ASSERT_TRUE(target.ok());
  EXPECT_EQ("b", target->instance);
  EXPECT_EQ("10.0.0.2", target->address);
  EXPECT_EQ(1U, target->others);
  FailoverOptions options;
  options.instance = "c";
  EXPECT_EQ("10.0.0.3", ChooseTarget(service, options)->data);
}

TEST(FailoverTarget, RefusesWhatCannotBeTested) {
  FailoverOptions options;
  FoundService service = Web();
  service.instances[0].health = "UNHEALTHY";
  EXPECT_THAT(Refused(service), HasSubstr("only healthy one"));
  options.allow_fail_open = true;
  EXPECT_EQ("", Refused(service, options));
  service.instances[1].health = "UNKNOWN";
  EXPECT_THAT(Refused(service, options), HasSubstr("none of the 2 instances"));
  options.instance = "a";
  EXPECT_THAT(Refused(service, options), HasSubstr("instance a is UNHEALTHY"));
  options.instance = "z";
  EXPECT_THAT(Refused(service, options), HasSubstr("no instance z"));
}

TEST(FailoverTarget, RefusesAnAddressThatTwoShare) {
  FoundService service = Web();
  service.instances[1] = Healthy("b", "10.0.0.1");
  EXPECT_THAT(Refused(service), HasSubstr("a and b both are 10.0.0.1"));
  service.types = {DnsType::kSrv};
  EXPECT_EQ("", Refused(service)) << "SRV targets tell them apart";
  service.types.clear();
  service.owner.clear();
  EXPECT_EQ("", Refused(service)) << "nobody asks DNS";
}

TEST(FailoverTarget, RefusesBoundsOfADoorThatIsNotThere) {
  FailoverOptions options;
  options.bounds.caches = std::chrono::seconds(1);
  EXPECT_EQ("", Refused(Web(), options));
  EXPECT_THAT(Refused(Web({}), options), HasSubstr("no record in DNS"));
  EXPECT_EQ("", Refused(Web({})));
}

TEST(FailoverTarget, ManyInstancesNeedManyAnswers) {
  FoundService service = Web();
  const auto decisive = [&] { return ChooseTarget(service, {})->decisive[Index(Door::kDns)]; };
  for (int i = 2; i < 8; ++i)
    service.instances.push_back(Healthy("c" + std::to_string(i), "10.0.1." + std::to_string(i)));
  EXPECT_EQ(1U, decisive()) << "eight fit into an answer";
  service.instances.push_back(Healthy("d", "10.0.2.1"));
  EXPECT_EQ(8U, decisive()) << "7 · 9/8";
  service.answer_limit = 1;
  EXPECT_EQ(63U, decisive()) << "7 · 9";
  service.answer_limit = FoundService::kAllAnswers;
  EXPECT_EQ(1U, decisive());
  service.weighted = true;
  EXPECT_EQ(63U, decisive()) << "one of nine is drawn";
  service.instances[0].attributes["WAYPOST_WEIGHT"] = "8";
  EXPECT_EQ(14U, decisive()) << "drawn every other time";
}

TEST(FailoverTarget, IsFoundInAddressAnswers) {
  const FailoverTarget target = *ChooseTarget(Web(), {});
  DnsAnswer answer;
  EXPECT_EQ(Said::kEmpty, ReadDns(answer, target).said);
  answer.answers = {{"web.shop.example", DnsType::kA, 60, "10.0.0.2"}};
  EXPECT_EQ(Said::kOthers, ReadDns(answer, target).said);
  answer.answers.push_back({"web.shop.example", DnsType::kA, 30, "10.0.0.1"});
  EXPECT_EQ(Said::kNamed, ReadDns(answer, target).said);
  EXPECT_EQ(30U, ReadDns(answer, target).ttl_s);
  answer.rcode = kDnsNxDomain;
  EXPECT_EQ(Said::kNegative, ReadDns(answer, target).said);
  answer.rcode = 2;
  EXPECT_EQ(Said::kFailed, ReadDns(answer, target).said);
}

TEST(FailoverTarget, IsFoundByItsTargetOrItsAddressInSrvAnswers) {
  FailoverTarget target = *ChooseTarget(Web({DnsType::kSrv}), {});
  EXPECT_EQ("10.0.0.1:8080", target.address);
  DnsAnswer answer;
  answer.answers = {{"web.shop.example", DnsType::kSrv, 60, "a.web.shop.example", 8080}};
  EXPECT_EQ(Said::kNamed, ReadDns(answer, target).said);
  answer.answers[0].port = 8081;
  EXPECT_EQ(Said::kOthers, ReadDns(answer, target).said);
  answer.answers[0] = {"web.shop.example", DnsType::kSrv, 60, "i-hash.web.shop.example", 8080};
  EXPECT_EQ(Said::kOthers, ReadDns(answer, target).said);
  answer.additionals = {{"i-hash.web.shop.example", DnsType::kA, 60, "10.0.0.1"}};
  EXPECT_EQ(Said::kNamed, ReadDns(answer, target).said);
  answer.additionals[0].data = "10.0.0.2";
  EXPECT_EQ(Said::kOthers, ReadDns(answer, target).said);
}

TEST(FailoverTarget, OtherRecordTypes) {
  FoundService service = Web({DnsType::kAaaa});
  service.instances[0].attributes = {{"AWS_INSTANCE_IPV6", "2001:DB8:0::1"}};
  EXPECT_EQ("2001:db8::1", ChooseTarget(service, {})->data);
  service = Web({DnsType::kCname});
  service.instances[0].attributes = {{"AWS_INSTANCE_CNAME", "Else.Where."}};
  EXPECT_EQ("else.where", ChooseTarget(service, {})->data);
  service.instances[0].attributes = {{"AWS_ALIAS_DNS_NAME", "x.example"}};
  EXPECT_FALSE(ChooseTarget(service, {})->in_dns);
}

TEST(FailoverTarget, IsFoundByIdInDiscoveredInstances) {
  const FailoverTarget target = *ChooseTarget(Web(), {});
  EXPECT_EQ(Said::kNamed, ReadDiscovered(R"({"Instances":[{"InstanceId":"b"},{"InstanceId":"a"}]})", target).said);
  EXPECT_EQ(Said::kOthers, ReadDiscovered(R"({"Instances":[{"InstanceId":"b"}]})", target).said);
  EXPECT_EQ(Said::kEmpty, ReadDiscovered(R"({"Instances":[]})", target).said);
  for (const char* body : {"", "[]", "{}", R"({"Instances":{}})", R"({"Instances":3})", "{\"Instances\":["}) {
    EXPECT_EQ(Said::kFailed, ReadDiscovered(body, target).said) << body;
  }
  EXPECT_EQ(Said::kOthers, ReadDiscovered(R"({"Instances":[1,null,{"InstanceId":2}]})", target).said);
}

TEST(FailoverTarget, HealthIsReadOrEmpty) {
  const FailoverTarget target = *ChooseTarget(Web(), {});
  EXPECT_EQ("UNHEALTHY", ReadHealth(R"({"Status":{"a":"UNHEALTHY","b":"HEALTHY"}})", target));
  for (const char* body : {"", "{}", R"({"Status":[]})", R"({"Status":{"a":1}})"}) {
    EXPECT_EQ("", ReadHealth(body, target)) << body;
  }
}

}  // namespace
}  // namespace waypost::cli
