#pragma once

#include <functional>
#include <memory>
#include <string>

#include "waypost/http/router.h"
#include "waypost/model/clock.h"
#include "waypost/model/id.h"
#include "waypost/registry/registry.h"
#include "waypost/view/view.h"

namespace waypost::oper {

struct HealthOptions {
  registry::Registry& registry;
  view::View& view;
  const model::Clock& clock;
  /// Checks an instance now and says whether it is checked from here at all (health::Engine::Recheck). Absent: nothing
  /// is checked.
  std::function<void(const model::ServiceId& service, const std::string& instance, std::function<void(bool)> done)>
      recheck = {};
};

/// What people do with instances' health, under `/v1`:
///   GET    /v1/health/history?service=S&instance=I&limit=N   changes of health, oldest first
///   GET    /v1/health/pins                                   what is pinned or drained
///   POST   /v1/health/pins {"service","instance","state","for"}
///   DELETE /v1/health/pins/{service}/{instance}
///   POST   /v1/health/recheck {"service","instance"}
///   POST   /v1/health/heartbeats {"service","instance","state"}
///   GET    /v1/shifts · POST /v1/shifts {"zone","for"} · DELETE /v1/shifts/{zone}
/// Any thread. What is given is borrowed.
class Health {
 public:
  explicit Health(HealthOptions options);
  ~Health();
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  /// Before the HTTP server starts.
  void AddTo(http::Router& router);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waypost::oper
