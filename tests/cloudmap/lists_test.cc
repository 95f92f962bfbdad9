#include <functional>
#include <set>
#include <vector>

#include "cloudmap/api_fixture.h"

namespace waypost::cloudmap {
namespace {

class Lists : public ApiFixture {
 protected:
  /// Ids on all pages of at most `size`.
  std::vector<std::vector<std::string>> Pages(
      const char* operation, const char* member, int size, Json request, const std::function<void()>& between = [] {}) {
    request["MaxResults"] = size;
    std::vector<std::vector<std::string>> pages;
    while (true) {
      const Json page = Call(operation, request);
      std::vector<std::string>& ids = pages.emplace_back();
      for (const Json& row : page.at(member)) ids.push_back(row.at("Id"));
      EXPECT_LE(ids.size(), static_cast<std::size_t>(size));
      if (!page.contains("NextToken")) return pages;
      request["NextToken"] = page.at("NextToken");
      between();
    }
  }
  static std::set<std::string> All(const std::vector<std::vector<std::string>>& pages) {
    std::set<std::string> all;
    std::size_t count = 0;
    for (const auto& page : pages) {
      all.insert(page.begin(), page.end());
      count += page.size();
    }
    EXPECT_EQ(all.size(), count) << "none twice";
    return all;
  }
};

Json Filter(const char* name, const Json& values, const char* condition = nullptr) {
  Json filter = {{"Name", name}, {"Values", values}};
  if (condition != nullptr) filter["Condition"] = condition;
  return {{"Filters", Json::array({filter})}};
}

TEST_F(Lists, PagesOfEachList) {
  std::string in;
  for (int i = 0; i < 6; ++i) in = NewHttpNamespace("n" + std::to_string(i));
  std::string service;
  for (int i = 0; i < 6; ++i) service = NewService(in, "s" + std::to_string(i));
  for (int i = 0; i < 6; ++i) Register(service, "i" + std::to_string(i), Json::object());
  struct Case {
    const char* operation;
    const char* member;
    Json request;
  };
  for (const Case& c :
       {Case{"ListNamespaces", "Namespaces", Json::object()}, Case{"ListServices", "Services", Json::object()},
        Case{"ListServices", "Services", Filter("NAMESPACE_ID", {in})},
        Case{"ListInstances", "Instances", {{"ServiceId", service}}}}) {
    EXPECT_EQ(All(Pages(c.operation, c.member, 1, c.request)).size(), 6u) << c.operation;
    EXPECT_EQ(All(Pages(c.operation, c.member, 4, c.request)).size(), 6u) << c.operation;
    EXPECT_EQ(Pages(c.operation, c.member, 3, c.request).size(), 2u) << "no empty page at the end";
    EXPECT_EQ(Pages(c.operation, c.member, 6, c.request).size(), 1u);
  }
  EXPECT_EQ(All(Pages("ListOperations", "Operations", 5, Json::object())).size(), 12u);
}

TEST_F(Lists, StayStableWhenOthersComeAndGo) {
  const std::string service = NewService(NewHttpNamespace("n"), "s");
  for (int i = 10; i < 30; ++i) Register(service, "stay" + std::to_string(i), Json::object());
  int round = 0;
  const auto seen = All(Pages("ListInstances", "Instances", 3, {{"ServiceId", service}}, [&] {
    Register(service, "a" + std::to_string(++round), Json::object());
    if (round > 1)
      Call("DeregisterInstance", {{"ServiceId", service}, {"InstanceId", "a" + std::to_string(round - 1)}});
  }));
  for (int i = 10; i < 30; ++i) EXPECT_TRUE(seen.contains("stay" + std::to_string(i)));
}

TEST_F(Lists, DefaultIsAHundred) {
  const std::string service = NewService(NewHttpNamespace("n"), "s");
  for (int i = 0; i < 101; ++i) Register(service, std::to_string(i), Json::object());
  const Json first = Call("ListInstances", {{"ServiceId", service}});
  EXPECT_EQ(first.at("Instances").size(), 100u);
  EXPECT_EQ(first.at("ResourceOwner"), "123456789012");
  const Json second = Call("ListInstances", {{"ServiceId", ServiceArn(service)}});
  EXPECT_EQ(second.at("Instances"), first.at("Instances"));
}

TEST_F(Lists, TokensAreOfOneRequest) {
  const std::string in = NewHttpNamespace("n");
  for (int i = 0; i < 3; ++i) NewService(in, "s" + std::to_string(i));
  Json mine = Filter("NAMESPACE_ID", {in});
  mine["MaxResults"] = 1;
  mine["NextToken"] = Call("ListServices", mine).at("NextToken");
  Json other = mine;
  other["MaxResults"] = 2;
  Call("ListServices", other);
  other.erase("Filters");
  Fail("InvalidInput", "ListServices", other);
  Fail("InvalidInput", "ListNamespaces", other);
  Fail("InvalidInput", "ListOperations", {{"NextToken", "garbage"}});
  Fail("InvalidInput", "ListInstances", {{"ServiceId", NewService(in, "x")}, {"NextToken", "AAAA"}});
}

TEST_F(Lists, NamespaceFilters) {
  const std::string http = NewHttpNamespace("f-http");
  const std::string open = NewPublicNamespace("f-open.example");
  const std::string closed =
      Target(Call("CreatePrivateDnsNamespace", {{"Name", "f-closed"}, {"Vpc", "v"}}), "NAMESPACE");
  using Set = std::set<std::string>;
  const auto found = [&](const Json& request) { return All(Pages("ListNamespaces", "Namespaces", 100, request)); };
  EXPECT_EQ(found({{"Filters", Json::array()}}), (Set{http, open, closed}));
  EXPECT_EQ(found(Filter("TYPE", {"HTTP"})), (Set{http}));
  EXPECT_EQ(found(Filter("TYPE", {"DNS_PRIVATE"}, "EQ")), (Set{closed}));
  EXPECT_EQ(found(Filter("TYPE", {"DNS"}, "BEGINS_WITH")), (Set{open, closed}));
  EXPECT_EQ(found(Filter("NAME", {"f-http"})), (Set{http}));
  EXPECT_EQ(found(Filter("NAME", {"f-"})), Set());
  EXPECT_EQ(found(Filter("NAME", {"f-"}, "BEGINS_WITH")), (Set{http, open, closed}));
  EXPECT_EQ(found(Filter("HTTP_NAME", {"f-o"}, "BEGINS_WITH")), (Set{open}));
  EXPECT_EQ(found(Filter("RESOURCE_OWNER", {"SELF"})), (Set{http, open, closed}));
  EXPECT_EQ(found(Filter("RESOURCE_OWNER", {"OTHER_ACCOUNTS"})), Set());
  EXPECT_EQ(found(Filter("RESOURCE_OWNER", {"123456789012"})), (Set{http, open, closed}));
  Json both = Filter("NAME", {"f-"}, "BEGINS_WITH");
  both["Filters"].push_back(Filter("TYPE", {"HTTP"})["Filters"][0]);
  EXPECT_EQ(found(both), (Set{http}));
  for (const Json& bad : {Filter("NAME", {"a", "b"}), Filter("NAME", Json::array()), Filter("NAME", {"a"}, "IN"),
                          Filter("TYPE", {"HTTPS"}), Filter("TYPE", {"HTTP"}, "BETWEEN"),
                          Filter("RESOURCE_OWNER", {"me"}), Filter("RESOURCE_OWNER", {"SELF"}, "BEGINS_WITH")}) {
    const Json said = Fail("InvalidInput", "ListNamespaces", bad);
    EXPECT_NE(said.at("Message").dump().find("Filters"), std::string::npos);
  }
}

TEST_F(Lists, ServiceFilters) {
  const std::string first = NewHttpNamespace("one");
  const std::string second = NewHttpNamespace("two");
  const std::string mine = NewService(first, "s");
  NewService(second, "s");
  using Set = std::set<std::string>;
  const auto found = [&](const Json& request) { return All(Pages("ListServices", "Services", 100, request)); };
  EXPECT_EQ(found(Filter("NAMESPACE_ID", {first})), (Set{mine}));
  EXPECT_EQ(found(Filter("NAMESPACE_ID", {NamespaceArn(first)})), (Set{mine}));
  EXPECT_EQ(found(Filter("NAMESPACE_ID", {"ns-aaaaaaaaaaaaaaaa"})), Set());
  EXPECT_EQ(found(Filter("NAMESPACE_ID", {"nonsense"})), Set());
  EXPECT_EQ(found(Filter("RESOURCE_OWNER", {"SELF"})).size(), 2u);
  EXPECT_EQ(found(Filter("RESOURCE_OWNER", {"OTHER_ACCOUNTS"})), Set());
  Json both = Filter("NAMESPACE_ID", {first});
  both["Filters"].push_back(Filter("NAMESPACE_ID", {second})["Filters"][0]);
  EXPECT_EQ(found(both), Set());
  Fail("InvalidInput", "ListServices", Filter("NAMESPACE_ID", {first}, "IN"));
}

TEST_F(Lists, Operations) {
  const std::string service = NewService(NewHttpNamespace("n"), "s");
  clock_.now_ms += 60'000;
  const Json done =
      Call("RegisterInstance", {{"ServiceId", service}, {"InstanceId", "i"}, {"Attributes", Json::object()}});
  const std::string id = done.at("OperationId");
  EXPECT_EQ(Call("ListOperations", Filter("SERVICE_ID", {service})),
            (Json{{"Operations", Json::array({{{"Id", id}, {"Status", "SUCCESS"}}})}}));
  EXPECT_EQ(All(Pages("ListOperations", "Operations", 100, Filter("TYPE", {"CREATE_NAMESPACE"}))).size(), 1u);
  EXPECT_EQ(All(Pages("ListOperations", "Operations", 100, Filter("STATUS", {"FAIL"}))).size(), 0u);
  for (const Json& dates : {Json{"1700000060", "1700000061"}, Json{"1700000060000", "1700000061000"}}) {
    EXPECT_EQ(All(Pages("ListOperations", "Operations", 100, Filter("UPDATE_DATE", dates, "BETWEEN"))),
              (std::set<std::string>{id}));
  }
  Fail("OperationNotFound", "GetOperation", {{"OperationId", "none"}});
  Fail("OperationNotFound", "GetOperation", {{"OperationId", id}, {"OwnerAccount", "999999999999"}});
  Call("GetOperation", {{"OperationId", id}, {"OwnerAccount", "123456789012"}});
}

}  // namespace
}  // namespace waypost::cloudmap
