#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "dns/zones.h"
#include "waypost/dns/outside.h"
#include "waypost/model/owner_name.h"

namespace waypost::dns {

inline std::string WireName(const std::string& name) {
  return std::string(model::OwnerName::Parse(name).value().wire());
}

/// An Outside that finds something out when the test says so.
class HeldOutside final : public Outside {
 public:
  bool Serves(const Address&) const override { return true; }
  std::optional<OutsideFound> Find(std::string_view name, Type type, Accept) override {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find({std::string(name), type});
    return found == known_.end() ? std::nullopt : std::optional(OutsideFound{found->second});
  }
  void Fetch(std::string name, Type, std::function<void()> done) override {
    const std::lock_guard lock(mutex_);
    held_.emplace_back(std::move(name), std::move(done));
    ++fetches_;
    changed_.notify_all();
  }

  void Learn(const std::string& name, const std::string& address) { LearnWire(WireName(name), address); }
  /// Calls back, on this thread, all who asked for the name so far; returns how many.
  std::size_t Release(const std::string& name) {
    return Call([wire = WireName(name)](const std::string& held) { return held == wire; });
  }
  std::size_t ReleaseAll() {
    return Call([](const std::string&) { return true; });
  }
  /// The same for all names, each of which has this address from now on.
  std::size_t AnswerAll(const std::string& address) {
    std::vector<std::string> names;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& one : held_) names.push_back(one.first);
    }
    std::size_t called = 0;
    for (const std::string& name : names) {
      LearnWire(name, address);
      called += Call([&name](const std::string& held) { return held == name; });
    }
    return called;
  }
  /// Waits until so many were asked for, ever.
  bool WaitForFetches(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return fetches_ >= count; });
  }
  std::size_t fetches() {
    const std::lock_guard lock(mutex_);
    return fetches_;
  }

 private:
  void LearnWire(const std::string& name, const std::string& address) {
    const Address parsed = Address::Parse(address).value();
    auto answer = std::make_shared<OutsideAnswer>();
    answer->answers.push_back({name, Type::kA, 100, std::string(parsed.octets.begin(), parsed.octets.begin() + 4)});
    const std::lock_guard lock(mutex_);
    known_[{name, Type::kA}] = std::move(answer);
  }
  template <class Wanted>
  std::size_t Call(Wanted wanted) {
    std::vector<std::pair<std::string, std::function<void()>>> held, called;
    {
      const std::lock_guard lock(mutex_);
      for (auto& one : held_) (wanted(one.first) ? called : held).push_back(std::move(one));
      held_ = std::move(held);
    }
    for (auto& one : called) one.second();
    return called.size();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<std::string, Type>, std::shared_ptr<const OutsideAnswer>> known_;
  std::vector<std::pair<std::string, std::function<void()>>> held_;
  std::size_t fetches_ = 0;
};

}  // namespace waypost::dns
