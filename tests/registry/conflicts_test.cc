#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "registry/world.h"
#include "registry/writer.h"

namespace waypost::registry {
namespace {

using model::Code;

/// Many threads race for the same names and keys: each race has exactly one winner, and all survive a restart.
TEST(ConflictsTest, RacesHaveOneWinner) {
  World world;
  const auto in = world.Namespace("shared", model::NamespaceType::kHttp);
  constexpr int kThreads = 8;
  constexpr int kRounds = 60;
  std::atomic<int> created{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      model::Random random(static_cast<std::uint64_t>(t) + 100);
      for (int round = 0; round < kRounds; ++round) {
        model::Service value;
        value.id = model::ServiceId::Draw(random);
        value.namespace_id = in;
        value.name = "s" + std::to_string(round);
        const auto result = world.Do(CreateService{value});
        if (result.ok()) {
          ++created;
        } else {
          EXPECT_EQ(result.error().code, Code::kServiceAlreadyExists);
          ++refused;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created, kRounds);
  EXPECT_EQ(refused, kRounds * (kThreads - 1));
  world.Restart();
  EXPECT_EQ(world.view().service_count(), static_cast<std::size_t>(kRounds));
}

/// Registrations race with deletions of their service: a service is never deleted under an acknowledged instance.
TEST(ConflictsTest, NoInstanceOutlivesItsService) {
  World world;
  const auto in = world.Namespace("shared", model::NamespaceType::kHttp);
  for (int round = 0; round < 40; ++round) {
    const auto service = world.Create(world.NewService(in, "s" + std::to_string(round)));
    std::vector<std::thread> threads;
    std::atomic<int> registered{0};
    std::atomic<bool> deleted{false};
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        RegisterInstance command;
        command.value.service_id = service;
        command.value.id = "i" + std::to_string(t);
        command.operation.text = "operation-" + std::to_string(round) + "-" + std::to_string(t);
        if (world.Do(command).ok()) ++registered;
      });
    }
    threads.emplace_back([&] { deleted = world.Do(DeleteService{service}).ok(); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_NE(deleted.load(), registered.load() > 0) << "round " << round;
    const view::ServiceNode* node = world.view().FindService(service);
    EXPECT_EQ(node == nullptr, deleted.load());
    if (node != nullptr) {
      EXPECT_EQ(node->state().count(), static_cast<std::uint32_t>(registered.load()));
    }
  }
  world.Restart();
}

TEST(ConflictsTest, TheSameRequestAtTheSameTimeIsCarriedOutOnce) {
  World world;
  const auto in = world.Namespace("shared", model::NamespaceType::kHttp);
  const auto service = world.Create(world.NewService(in, "s"));
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      RegisterInstance command;
      command.value.service_id = service;
      command.value.id = "i";
      command.operation = {model::DeriveOperationId({"a", "b"}), true};
      const auto result = world.Do(command);
      if (result.ok() && result->operation_id == command.operation.text) ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8);
  EXPECT_EQ(world.State(service).member(0).revision(), world.State(service).instances_revision());
  OperationQuery query;
  EXPECT_EQ(world.registry().ListOperations(query)->operations.size(), 2u) << "the namespace's and one registration";
}

TEST(TouchedKeysTest, Cases) {
  const auto unit = [](std::initializer_list<store::Expect> expects, std::initializer_list<store::Write> writes) {
    store::Unit result;
    result.expects = expects;
    result.writes = writes;
    return result;
  };
  using store::Expect;
  using store::Table;
  using store::Write;
  const store::Key service{Table::kService, "srv-a"};
  const store::Key instance{Table::kInstance, "srv-a/i"};
  const store::Key other{Table::kInstance, "srv-a/j"};
  const store::Key prefix{Table::kInstance, "srv-a/"};
  const store::Key bump{Table::kBump, "srv-a"};
  const store::Unit put_instance = unit({{Expect::Kind::kPresent, service}}, {{Write::Kind::kPut, instance, ""}});
  const struct {
    std::string name;
    store::Unit first;
    store::Unit second;
    bool conflict;
  } cases[] = {
      {"same key", put_instance, put_instance, true},
      {"other key", put_instance, unit({}, {{Write::Kind::kPut, other, ""}}), false},
      {"emptiness", put_instance, unit({{Expect::Kind::kEmptyPrefix, prefix}}, {}), true},
      {"presence of what was erased", unit({}, {{Write::Kind::kErase, service, ""}}), put_instance, true},
      {"two touches", unit({}, {{Write::Kind::kTouch, bump, ""}}), unit({}, {{Write::Kind::kTouch, bump, ""}}), false},
      {"shared expectation", put_instance, unit({{Expect::Kind::kPresent, service}}, {{Write::Kind::kPut, other, ""}}),
       false},
  };
  for (const auto& c : cases) {
    TouchedKeys touched;
    EXPECT_FALSE(touched.Conflicts(c.first)) << c.name;
    touched.Add(c.first);
    EXPECT_EQ(touched.Conflicts(c.second), c.conflict) << c.name;
    touched.Clear();
    EXPECT_FALSE(touched.Conflicts(c.second)) << c.name;
  }
}

}  // namespace
}  // namespace waypost::registry
