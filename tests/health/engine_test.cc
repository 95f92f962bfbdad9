#include "waypost/health/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "temporary_directory.h"
#include "waypost/model/random.h"
#include "waypost/registry/registry.h"
#include "waypost/store/rocks_store.h"

namespace waypost::health {
namespace {

using namespace std::chrono_literals;
using model::HealthState;

/// The time of day, which the test may set while the engine reads it.
struct SharedClock final : model::Clock {
  model::Timestamp Now() const override { return {ms.load()}; }
  std::atomic<std::int64_t> ms{1'790'000'000'000};
};

/// A listening socket on loopback that can be closed and opened again at the same port.
class Backend {
 public:
  Backend() { Open(0); }
  std::uint16_t port() const { return port_; }
  void Close() { acceptor_.close(); }
  void Open() { Open(port_); }

 private:
  void Open(std::uint16_t port) {
    using boost::asio::ip::tcp;
    acceptor_.open(tcp::v4());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind({boost::asio::ip::address_v4::loopback(), port});
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
  }
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_{context_};
  std::uint16_t port_ = 0;
};

/// The whole of it: store, registry, engine, network.
class EngineTest : public ::testing::Test {
 protected:
  EngineTest() { Start(); }
  ~EngineTest() override { Stop(); }

  void Start() {
    store_ =
        std::move(store::OpenRocksStore({.directory = directory_ / "data"}, clock, telemetry::MakeSilentLog())).value();
    view_ = std::make_unique<view::View>();
    registry_ =
        std::make_unique<registry::Registry>(registry::Options{}, *store_, *view_, clock, telemetry::MakeSilentLog());
    Options options;
    options.seed = 1;
    engine = std::make_unique<Engine>(options, *registry_, *view_, clock, telemetry::MakeSilentLog());
    registry_->Listen(*engine);
    const model::Status loaded = registry_->Load();
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    engine->Start();
  }
  void Stop() {
    engine->Stop();
    registry_->Stop();
    engine.reset();
    registry_.reset();
    view_.reset();
    store_.reset();
  }

  model::Result<registry::Receipt> Do(registry::Change change) {
    auto promise = std::make_shared<std::promise<model::Result<registry::Receipt>>>();
    auto future = promise->get_future();
    registry_->Submit({std::move(change), clock.Now()},
                      [promise](model::Result<registry::Receipt> result) { promise->set_value(std::move(result)); });
    return future.get();
  }
  void Must(registry::Change change) {
    const auto done = Do(std::move(change));
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  registry::OperationId NewOperation() { return {model::DrawOperationId(random), false}; }

  model::ServiceId CreateService(model::Service value) {
    registry::CreateNamespace create;
    create.value.id = model::NamespaceId::Draw(random);
    create.value.type = model::NamespaceType::kHttp;
    create.value.name = "ns-" + std::to_string(random.Below(1'000'000U));
    create.operation = NewOperation();
    value.id = model::ServiceId::Draw(random);
    value.namespace_id = create.value.id;
    value.name = "backend";
    Must(create);
    Must(registry::CreateService{value});
    return value.id;
  }
  model::ServiceId CheckedService(std::uint8_t fall) {
    model::Service value;
    value.health_check = model::HealthCheck{};
    value.health_check->failure_threshold = fall;
    value.tags = {{"waypost:check-interval", "100ms"}};
    return CreateService(std::move(value));
  }
  model::ServiceId HeartbeatService() {
    model::Service value;
    value.custom_health = true;
    value.tags = {{"waypost:check-kind", "heartbeat"}, {"waypost:check-interval", "200ms"}};
    return CreateService(std::move(value));
  }
  void Register(const model::ServiceId& service, const std::string& id, std::uint16_t port) {
    registry::RegisterInstance command;
    command.value.service_id = service;
    command.value.id = id;
    command.value.attributes = {{"AWS_INSTANCE_IPV4", "127.0.0.1"}, {"AWS_INSTANCE_PORT", std::to_string(port)}};
    command.operation = NewOperation();
    Must(command);
  }

  HealthState Measured(const model::ServiceId& service, const std::string& id) {
    view::Reader reader(view_->domain());
    const view::ReadSection section(reader);
    const view::ServiceState& state = view_->FindService(service)->state();
    const std::uint32_t index = state.Find(id);
    return state.chunk(index / view::Chunk::kMembersMax).measured(index % view::Chunk::kMembersMax);
  }
  std::vector<model::Transition> History(const model::ServiceId& service, const std::string& id) {
    return std::move(registry_->GetHistory(service, id, 100)).value();
  }
  ServiceChecks Describe(const model::ServiceId& service) {
    auto promise = std::make_shared<std::promise<ServiceChecks>>();
    engine->Describe(service, "", [promise](ServiceChecks checks) { promise->set_value(std::move(checks)); });
    return promise->get_future().get();
  }
  bool Recheck(const model::ServiceId& service, const std::string& id) {
    auto promise = std::make_shared<std::promise<bool>>();
    engine->Recheck(service, id, [promise](bool checked) { promise->set_value(checked); });
    return promise->get_future().get();
  }
  template <class Condition>
  static bool Eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }
  bool Becomes(const model::ServiceId& service, const std::string& id, HealthState state) {
    return Eventually([&] { return Measured(service, id) == state; });
  }

  SharedClock clock;
  model::Random random{17};
  std::unique_ptr<Engine> engine;

 private:
  testing::TemporaryDirectory directory_;

 protected:
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<view::View> view_;
  std::unique_ptr<registry::Registry> registry_;
};

TEST_F(EngineTest, FollowsABackendThatDiesAndComesBack) {
  Backend backend;
  const auto service = CheckedService(2);
  Register(service, "a", backend.port());
  ASSERT_TRUE(Becomes(service, "a", HealthState::kHealthy));
  backend.Close();
  ASSERT_TRUE(Becomes(service, "a", HealthState::kUnhealthy));
  backend.Open();
  ASSERT_TRUE(Becomes(service, "a", HealthState::kHealthy));
  ASSERT_TRUE(Eventually([&] { return History(service, "a").size() == 3; }));
  const auto history = History(service, "a");
  EXPECT_EQ(history[0].from, HealthState::kUnknown);
  EXPECT_EQ(history[0].cause, "first good check");
  EXPECT_EQ(history[1].cause,
            "connect to 127.0.0.1:" + std::to_string(backend.port()) + ": connection refused, 2nd failure");
  EXPECT_TRUE(history[1].latency_us.has_value());
  EXPECT_EQ(history[2].cause, "2nd good check");
  const Counters counters = engine->counters();
  EXPECT_EQ(counters.transitions_up, 2U);
  EXPECT_EQ(counters.transitions_down, 1U);
  EXPECT_EQ(counters.targets, 1U);
}

TEST_F(EngineTest, KnowsTheStateAfterARestart) {
  Backend backend;
  const auto service = CheckedService(1);
  Register(service, "up", backend.port());
  Backend dead;
  dead.Close();
  Register(service, "down", dead.port());
  ASSERT_TRUE(Becomes(service, "up", HealthState::kHealthy));
  ASSERT_TRUE(Becomes(service, "down", HealthState::kUnhealthy));
  Stop();
  Start();
  EXPECT_EQ(Measured(service, "up"), HealthState::kHealthy);
  EXPECT_EQ(Measured(service, "down"), HealthState::kUnhealthy);
  ASSERT_TRUE(Eventually([&] { return engine->counters().checks_good > 3 && engine->counters().checks_bad > 3; }));
  EXPECT_EQ(engine->counters().transitions_up + engine->counters().transitions_down, 0U);
  EXPECT_EQ(History(service, "up").size(), 1U);
  EXPECT_EQ(History(service, "down").size(), 1U);
}

TEST_F(EngineTest, FollowsServicesAndInstances) {
  Backend backend;
  const auto service = CheckedService(1);
  Register(service, "a", backend.port());
  Register(service, "b", backend.port());
  ASSERT_TRUE(Becomes(service, "b", HealthState::kHealthy));
  EXPECT_EQ(Describe(service).instances.size(), 2U);
  Must(registry::DeregisterInstance{service, "a", NewOperation()});
  ASSERT_TRUE(Eventually([&] { return Describe(service).instances.size() == 1; }));
  EXPECT_TRUE(Recheck(service, "b"));
  EXPECT_FALSE(Recheck(service, "a"));
  // Slower from now on: existing instances follow.
  Must(registry::TagResource{service, {{"waypost:check-interval", "1h"}}});
  ASSERT_TRUE(Eventually([&] { return Describe(service).plan->interval == 1h; }));
  const ServiceChecks slow = Describe(service);
  ASSERT_EQ(slow.instances.size(), 1U);
  EXPECT_EQ(slow.instances[0].state, HealthState::kHealthy);
  EXPECT_GT(*slow.instances[0].until_next, 1s);
  Must(registry::DeregisterInstance{service, "b", NewOperation()});
  Must(registry::DeleteService{service});
  ASSERT_TRUE(Eventually([&] { return !Describe(service).plan; }));
  EXPECT_EQ(engine->counters().targets, 0U);
}

TEST_F(EngineTest, HeartbeatsKeepAnInstanceHealthy) {
  const auto service = HeartbeatService();
  Register(service, "a", 80);
  ASSERT_TRUE(Becomes(service, "a", HealthState::kUnhealthy));
  // The view shows it first; the report is to come behind it on the disk too.
  ASSERT_TRUE(Eventually([&] { return History(service, "a").size() == 1; }));
  Must(registry::UpdateCustomHealth{service, "a", HealthState::kHealthy});
  EXPECT_EQ(Measured(service, "a"), HealthState::kHealthy);
  ASSERT_TRUE(Becomes(service, "a", HealthState::kUnhealthy));
  ASSERT_TRUE(Eventually([&] { return History(service, "a").size() == 3; }));
  const auto history = History(service, "a");
  EXPECT_EQ(history[0].cause, "no heartbeat for 200ms");
  EXPECT_EQ(history[1].to, HealthState::kHealthy);
  EXPECT_EQ(history[2].cause, "no heartbeat for 200ms");
}

TEST_F(EngineTest, PinsAndShiftsEndByTheTimeOfDay) {
  const auto service = HeartbeatService();
  Register(service, "a", 80);
  model::Pin pin;
  pin.service_id = service;
  pin.instance_id = "a";
  pin.set = clock.Now();
  pin.until = {clock.ms + 60'000};
  Must(registry::PinHealth{pin});
  Must(registry::ShiftZone{{"eu-west-1b", clock.Now(), {clock.ms + 60'000}}});
  ASSERT_EQ(registry_->GetPins()->size(), 1U);
  // They last over a restart.
  Stop();
  Start();
  ASSERT_EQ(registry_->GetPins()->size(), 1U);
  ASSERT_EQ(registry_->GetShifts()->size(), 1U);
  clock.ms += 60'000;
  EXPECT_TRUE(Eventually([&] { return registry_->GetPins()->empty() && registry_->GetShifts()->empty(); }));
}

TEST_F(EngineTest, StopsInAnyState) {
  Stop();
  Start();
  engine->Stop();
  engine->Stop();
  const auto service = CheckedService(1);  // told to an engine that has stopped
  Register(service, "a", 9);
  EXPECT_EQ(engine->counters().targets, 0U);
}

}  // namespace
}  // namespace waypost::health
