#include "waypost/view/address_index.h"

#include <gtest/gtest.h>

#include <set>

#include "view/builders.h"

namespace waypost::view {
namespace {

constexpr std::uint8_t kFirst[] = {10, 0, 0, 1};
constexpr std::uint8_t kSecond[] = {10, 0, 0, 2};
constexpr std::uint8_t kSix[] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};

std::set<std::string> At(const View& view, std::span<const std::uint8_t> address) {
  std::set<std::string> found;
  view.FindByAddress(address, [&](const ServiceNode& service, const Member& member) {
    found.insert(service.state().config().service.name + "/" + std::string(member.id()));
    return false;
  });
  return found;
}

using Names = std::set<std::string>;

class AddressIndexTest : public ::testing::Test {
 protected:
  AddressIndexTest() {
    Edit edit(view);
    model::Namespace in;
    in.id = model::NamespaceId::Draw(random);
    in.name = in.http_name = "shared";
    view.EnableReverse();
    edit.PutNamespace(in, 1);
    for (auto* service : {&a, &b}) {
      service->id = model::ServiceId::Draw(random);
      service->namespace_id = in.id;
      service->name = service == &a ? "a" : "b";
      edit.PutService(*service, 2);
    }
  }
  void Put(const model::Service& service, const std::string& id, model::Attributes attributes) {
    Edit(view).PutInstance(World::MakeInstance(service.id, id, std::move(attributes)), std::nullopt, ++revision);
  }

  View view;
  model::Random random{1};
  model::Service a;
  model::Service b;
  model::Revision revision = 2;
};

TEST_F(AddressIndexTest, FollowsRegistrations) {
  Edit(view).SetReady();
  EXPECT_EQ(At(view, kFirst), Names{});
  Put(a, "1", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_IPV6", "2001:db8::7"}});
  Put(b, "2", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  Put(b, "3", {{"none", "x"}});
  EXPECT_EQ(At(view, kFirst), (Names{"a/1", "b/2"}));
  EXPECT_EQ(At(view, kSix), (Names{"a/1"}));
  Put(a, "1", {{"AWS_INSTANCE_IPV4", "10.0.0.2"}});
  EXPECT_EQ(At(view, kFirst), (Names{"b/2"}));
  EXPECT_EQ(At(view, kSecond), (Names{"a/1"}));
  EXPECT_EQ(At(view, kSix), Names{});
  Put(a, "1", {{"AWS_INSTANCE_IPV4", "10.0.0.2"}});
  EXPECT_EQ(At(view, kSecond), (Names{"a/1"})) << "registered again as it was";
  Edit(view).EraseInstance(b.id, "2", ++revision);
  Edit(view).EraseInstance(a.id, "1", ++revision);
  EXPECT_EQ(At(view, kFirst), Names{});
  EXPECT_EQ(At(view, kSecond), Names{});
}

TEST_F(AddressIndexTest, KnowsWhatWasLoaded) {
  std::vector<LoadedInstance> instances;
  for (int i = 0; i < 200; ++i) {
    instances.push_back({World::MakeInstance(a.id, "i" + std::to_string(i),
                                             {{"AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(i % 2 + 1)}}),
                         3});
  }
  {
    Edit edit(view);
    edit.LoadInstances(a.id, instances);
    edit.SetReady();
  }
  EXPECT_EQ(At(view, kFirst).size(), 100u);
  EXPECT_EQ(At(view, kSecond).size(), 100u);
  for (int i = 0; i < 200; i += 2) Edit(view).EraseInstance(a.id, "i" + std::to_string(i), ++revision);
  EXPECT_EQ(At(view, kFirst), Names{});
  EXPECT_EQ(At(view, kSecond).size(), 100u);
}

TEST_F(AddressIndexTest, ASearchCanEndEarly) {
  Put(a, "1", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  Put(a, "2", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  std::string seen;
  EXPECT_TRUE(view.FindByAddress(std::span<const std::uint8_t>(kFirst), [&](const ServiceNode&, const Member& member) {
    seen += member.id();
    return true;
  }));
  EXPECT_EQ(seen, "2") << "the latest comes first";
}

TEST(ReverseTest, NobodyIsFoundWhenItIsOff) {
  World world;
  const auto in = world.AddNamespace("shared", model::NamespaceType::kHttp, 1);
  const auto service = world.AddService(in, "a", 2);
  world.Register(service, "1", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}, 3);
  EXPECT_EQ(At(world.view, kFirst), Names{});
}

}  // namespace
}  // namespace waypost::view
