#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "health/network_prober.h"

namespace waypost::health {

inline constexpr std::chrono::milliseconds kShort{150};  // a timeout that a test waits for

inline std::size_t OpenDescriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// A plan that a test changes as it likes.
inline std::shared_ptr<model::CheckPlan> PlanFor(model::CheckKind kind) {
  auto plan = std::make_shared<model::CheckPlan>();
  plan->kind = kind;
  return plan;
}

/// A network prober and the context that it runs on, turned by the test.
class Probing {
 public:
  explicit Probing(NetworkOptions options = {}) : prober_(MakeNetworkProber(context_, std::move(options))) {}

  Prober& prober() { return *prober_; }
  boost::asio::io_context& context() { return context_; }
  void DropProber() { prober_.reset(); }

  ProbeResult Run(std::shared_ptr<const model::CheckPlan> plan, const std::string& host, std::uint16_t port) {
    std::optional<ProbeResult> got;
    prober_->Start({std::move(plan), {host, port}}, [&got](ProbeResult result) { got = std::move(result); });
    const bool ended = RunUntil([&got] { return got.has_value(); });
    return ended ? *got : ProbeResult{false, "the test has waited long enough", {}};
  }

  /// Turns the context until it is so, 10 s at most.
  template <class Condition>
  bool RunUntil(Condition condition) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > patience) return false;
      context_.run_one_until(patience);
    }
    return true;
  }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::unique_ptr<Prober> prober_;
};

}  // namespace waypost::health
