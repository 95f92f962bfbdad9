#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>

#include "temporary_directory.h"
#include "waypost/model/random.h"
#include "waypost/registry/registry.h"
#include "waypost/store/rocks_store.h"

namespace waypost::registry {

struct TestClock final : model::Clock {
  model::Timestamp Now() const override { return now; }
  model::Timestamp now{1'790'000'000'000};
};

/// A registry over a real store in a directory of its own, that can be stopped and started again on the same data.
class World {
 public:
  World() { Start(); }
  ~World() { Stop(); }

  void Start() {
    store_ =
        std::move(store::OpenRocksStore({.directory = directory_ / "data"}, clock, telemetry::MakeSilentLog())).value();
    view_ = std::make_unique<view::View>();
    registry_ = std::make_unique<Registry>(Options{}, *store_, *view_, clock, telemetry::MakeSilentLog());
    const model::Status loaded = registry_->Load();
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  }
  void Stop() {
    registry_.reset();
    view_.reset();
    store_.reset();
  }
  void Restart() {
    Stop();
    Start();
  }

  Registry& registry() { return *registry_; }
  view::View& view() { return *view_; }
  store::Store& store() { return *store_; }

  model::Result<Receipt> Do(Change change) {
    auto promise = std::make_shared<std::promise<model::Result<Receipt>>>();
    auto future = promise->get_future();
    registry_->Submit({std::move(change), clock.now},
                      [promise](model::Result<Receipt> result) { promise->set_value(std::move(result)); });
    return future.get();
  }

  OperationId NewOperation() { return {model::DrawOperationId(random), false}; }

  model::Result<Receipt> CreateNamespaceNamed(const std::string& name, model::NamespaceType type,
                                              const std::string& vpc = "") {
    CreateNamespace command;
    command.value.id = last_namespace = model::NamespaceId::Draw(random);
    command.value.type = type;
    command.value.name = name;
    command.value.vpc = vpc;
    command.value.soa_ttl = 15;
    command.operation = NewOperation();
    return Do(std::move(command));
  }
  model::NamespaceId Namespace(const std::string& name, model::NamespaceType type) {
    const auto made = CreateNamespaceNamed(name, type);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return last_namespace;
  }

  model::Service NewService(const model::NamespaceId& in, const std::string& name) {
    model::Service value;
    value.id = model::ServiceId::Draw(random);
    value.namespace_id = in;
    value.name = name;
    return value;
  }
  model::Service NewDnsService(const model::NamespaceId& in, const std::string& name) {
    model::Service value = NewService(in, name);
    value.dns = model::DnsConfig{};
    value.dns->records = {{model::RecordType::kA, 60}};
    return value;
  }
  model::ServiceId Create(model::Service value) {
    const auto made = Do(CreateService{std::move(value)});
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made->service->id;
  }
  model::Result<Receipt> Register(const model::ServiceId& service, const std::string& id,
                                  model::Attributes attributes) {
    RegisterInstance command;
    command.value.service_id = service;
    command.value.id = id;
    command.value.attributes = std::move(attributes);
    command.operation = NewOperation();
    return Do(std::move(command));
  }
  model::Result<Receipt> Deregister(const model::ServiceId& service, const std::string& id) {
    return Do(DeregisterInstance{service, id, NewOperation()});
  }

  const view::ServiceState& State(const model::ServiceId& id) { return view().FindService(id)->state(); }

  TestClock clock;
  model::Random random{11};
  model::NamespaceId last_namespace;

 private:
  testing::TemporaryDirectory directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<view::View> view_;
  std::unique_ptr<Registry> registry_;
};

inline model::Code CodeOf(const model::Result<Receipt>& result) {
  EXPECT_FALSE(result.ok());
  return result.ok() ? model::Code::kInternal : result.error().code;
}

inline std::string Detail(const model::Result<Receipt>& result, const std::string& name) {
  for (const auto& [key, value] : result.error().details) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace waypost::registry
