#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "waypost/model/check.h"

namespace waypost::health {

/// One check to be made.
struct ProbeRequest {
  std::shared_ptr<const model::CheckPlan> plan;  ///< any kind but kHeartbeat
  model::CheckDoor door;
};

/// What came of it.
struct ProbeResult {
  bool good = false;
  /// Bad: why, with what was tried: "connect to 10.0.0.7:8080: connection refused", "GET http://10.0.0.7:8080/health:
  /// status 500", "connect to 10.0.0.7:8080: no answer within 4s". Good: empty.
  std::string cause = {};
  std::chrono::microseconds latency{0};  ///< until good or bad was clear
};

/// Makes checks over a network: the seam at which a simulation puts its own. Used by one thread.
class Prober {
 public:
  virtual ~Prober() = default;
  /// Begins one check. `done` is called exactly once, never from within Start, on the thread that runs the prober's
  /// io_context, `plan->timeout` later at the latest; never after CancelAll.
  virtual void Start(const ProbeRequest& request, std::function<void(ProbeResult)> done) = 0;
  /// Drops all checks under way: their sockets close, their `done` is not called.
  virtual void CancelAll() = 0;
};

}  // namespace waypost::health
