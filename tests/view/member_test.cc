#include "waypost/view/member.h"

#include <gtest/gtest.h>

#include <memory>

namespace waypost::view {
namespace {

struct Destroyer {
  void operator()(const Member* member) const { Member::Destroy(const_cast<Member*>(member)); }
};
using Owned = std::unique_ptr<const Member, Destroyer>;

Owned Make(const std::string& id, model::Attributes attributes) {
  model::Instance instance;
  instance.id = id;
  instance.attributes = attributes;
  return Owned(Member::Make(instance, model::ParseEndpoint(attributes).value(), 42));
}

TEST(MemberTest, SerialisesWhatDiscoverySends) {
  const Owned member = Make("web-1", {{"AWS_INSTANCE_IPV4", "10.0.0.7"}, {"stage", "a \"b\" \\ c\td"}});
  EXPECT_EQ(member->id(), "web-1");
  EXPECT_EQ(member->discovery_json(),
            R"({"InstanceId":"web-1","Attributes":{"AWS_INSTANCE_IPV4":"10.0.0.7","stage":"a \"b\" \\ c\td"})");
  EXPECT_EQ(member->attributes_json(), R"({"AWS_INSTANCE_IPV4":"10.0.0.7","stage":"a \"b\" \\ c\td"})");
  EXPECT_EQ(member->revision(), 42u);
}

TEST(MemberTest, FindsAttributesThroughEscapes) {
  const Owned member = Make("x", {{"quote\"d", "v\\\""}, {"a", ""}, {"tab", "1\t2"}});
  EXPECT_TRUE(member->HasAttribute("quote\"d", "v\\\""));
  EXPECT_TRUE(member->HasAttribute("a", ""));
  EXPECT_TRUE(member->HasAttribute("tab", "1\t2"));
  EXPECT_FALSE(member->HasAttribute("tab", "1 2"));
  EXPECT_FALSE(member->HasAttribute("a", "b"));
  EXPECT_FALSE(member->HasAttribute("b", ""));
}

TEST(MemberTest, GivesAttributesBack) {
  const model::Attributes attributes{{"k", "v\"\\"}, {"empty", ""}, {"~!", "\t"}};
  model::Attributes valid = attributes;
  EXPECT_EQ(Make("x", valid)->attributes(), attributes);
  EXPECT_EQ(Make("x", {})->attributes(), model::Attributes{});
}

TEST(MemberTest, KeepsAddressesPortAndTarget) {
  const Owned member = Make("a.b", {{"AWS_INSTANCE_IPV4", "1.2.3.4"},
                                    {"AWS_INSTANCE_IPV6", "::1"},
                                    {"AWS_INSTANCE_PORT", "80"},
                                    {"AWS_INSTANCE_CNAME", "Target.Example"},
                                    {"WAYPOST_WEIGHT", "9"}});
  EXPECT_EQ(member->ipv4()[3], 4);
  EXPECT_EQ(member->ipv6()[15], 1);
  EXPECT_EQ(member->port(), 80);
  EXPECT_EQ(member->weight(), 9);
  EXPECT_EQ(member->target_wire(), std::string_view("\6target\7example\0", 16));
  EXPECT_TRUE(member->Has(Member::kHostId));
  EXPECT_TRUE(member->Has(Member::kDottedId));
}

TEST(HostIdTest, Cases) {
  const struct {
    std::string id;
    bool host;
  } cases[] = {{"i-1", true},
               {"a_b", true},
               {"a.b", true},
               {"A", true},
               {"a/b", false},
               {"a:b", false},
               {"@", false},
               {".a", false},
               {"a.", false},
               {"a..b", false},
               {std::string(63, 'a'), true},
               {std::string(64, 'a'), false}};
  for (const auto& c : cases) EXPECT_EQ(IsHostId(c.id), c.host) << c.id;
}

TEST(TargetLabelTest, LeadsBackToTheIdHash) {
  for (const std::string id : {"a/b", "task:1", "arn:aws:x/y", "A/B"}) {
    const auto label = TargetLabel(id);
    const auto hash = IdHashOfTargetLabel({label.data(), label.size()});
    ASSERT_TRUE(hash.has_value());
    EXPECT_EQ(*hash, IdHash(id));
  }
  EXPECT_NE(TargetLabel("a/b"), TargetLabel("A/B"));
  EXPECT_EQ(IdHash("a/b"), IdHash("A/B"));
  EXPECT_FALSE(IdHashOfTargetLabel("i-abc").has_value());
  EXPECT_FALSE(IdHashOfTargetLabel("i-aaaaaaaaaaaaaaa1").has_value());
}

}  // namespace
}  // namespace waypost::view
