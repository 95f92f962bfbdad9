#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "fake_upstream.h"
#include "messages.h"
#include "waypost/forward/forwarder.h"

namespace waypost::forward {

using namespace std::chrono_literals;
using dns::Rcode;
using dns::Type;
using Accept = dns::Outside::Accept;

/// A forwarder whose clock the test moves.
class House {
 public:
  static constexpr std::chrono::seconds kPatience{20};

  explicit House(Options options, Surroundings surroundings = {}) {
    surroundings.now = [this] { return std::chrono::steady_clock::time_point(std::chrono::milliseconds(now_ms_)); };
    auto made = Forwarder::Create(std::move(options), telemetry::MakeSilentLog(), std::move(surroundings));
    if (!made.ok()) throw std::runtime_error(made.error().message);
    forwarder_ = std::move(made).value();
  }

  Forwarder& operator*() { return *forwarder_; }
  Forwarder* operator->() { return forwarder_.get(); }
  void Advance(std::chrono::milliseconds by) { now_ms_ += by.count(); }

  std::optional<dns::OutsideFound> Find(std::string_view name, Type type = Type::kA, Accept accept = Accept::kFresh) {
    return forwarder_->Find(Wire(name), type, accept);
  }
  std::optional<dns::OutsideFound> FindAny(std::string_view name, Type type = Type::kA) {
    return Find(name, type, Accept::kAny);
  }

  /// Fetches, and waits until that is done.
  void Fetch(std::string_view name, Type type = Type::kA) {
    auto done = std::make_shared<std::promise<void>>();
    forwarder_->Fetch(Wire(name), type, [done] { done->set_value(); });
    if (done->get_future().wait_for(kPatience) != std::future_status::ready) {
      throw std::runtime_error("Fetch does not call back");
    }
  }

  /// As a door does it. Empty: nothing is known even then.
  dns::OutsideFound Resolve(std::string_view name, Type type = Type::kA) {
    if (const auto known = Find(name, type)) return *known;
    Fetch(name, type);
    const auto found = FindAny(name, type);
    if (!found) throw std::runtime_error("nothing is known after Fetch");
    return *found;
  }

  UpstreamTotals TotalsOf(const FakeUpstream& upstream) {
    for (const UpstreamTotals& totals : forwarder_->totals().upstreams) {
      if (totals.address == upstream.text()) return totals;
    }
    throw std::runtime_error("no such upstream");
  }

  /// Waits until a condition holds.
  template <class Condition>
  static bool Eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

 private:
  std::atomic<std::int64_t> now_ms_{1'000'000'000};
  std::unique_ptr<Forwarder> forwarder_;
};

/// Times so long that no test waits for them by accident.
inline Options AskOf(const std::vector<std::string>& upstreams) {
  Options options;
  options.clients = {"127.0.0.0/8"};
  options.upstreams = upstreams;
  options.try_timeout = 60s;
  options.timeout = 120s;
  return options;
}

/// The address of the last record.
inline std::string LastAddress(const dns::OutsideFound& found) {
  if (found.answer->answers.empty()) return "none";
  dns::Address address;
  const std::string& data = found.answer->answers.back().rdata;
  std::copy(data.begin(), data.end(), address.octets.begin());
  address.size = static_cast<std::uint8_t>(data.size());
  return address.str();
}

}  // namespace waypost::forward
