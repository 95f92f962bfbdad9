#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "forward/cache.h"
#include "forward/inquiry.h"
#include "forward/routes.h"
#include "waypost/forward/forwarder.h"

namespace waypost::forward {

/// Takes questions from any thread, puts those that are not under way to the upstreams on its own, and writes what they
/// say into the cache.
class Forwarder::Desk {
 public:
  /// Of a negative answer that does not say for how long it is true.
  static constexpr std::chrono::seconds kNoSoaTtl{5};

  /// Err: kConfig.
  static model::Result<std::unique_ptr<Desk>> Create(Options options, telemetry::Log log, Surroundings surroundings);
  ~Desk();

  void Start();
  void Stop();
  bool Serves(const dns::Address& client) const { return clients_.Contains(client); }
  std::optional<dns::OutsideFound> Find(std::string_view name, dns::Type type, Accept accept);
  void Fetch(std::string name, dns::Type type, std::function<void()> done);
  Totals totals() const;

 private:
  struct Request {
    Question question;
    std::function<void()> done = nullptr;  // null: a refresh that nobody waits for
  };
  /// A question that is under way, and who waits for it.
  struct Flight {
    explicit Flight(asio::io_context& context) : patience(context) {}
    std::shared_ptr<Inquiry> inquiry;
    std::vector<std::function<void()>> waiters;
    Timer patience;
    bool patience_runs = false;
    bool patience_is_over = false;  // who has a stale answer waits no longer
  };
  struct HashQuestion {
    std::uint64_t seed;
    std::size_t operator()(const Question& question) const;
  };

  Desk(Options options, telemetry::Log log, Surroundings surroundings, std::uint64_t seed);

  /// False: stopped.
  bool Push(Request request);
  void Drain();
  void Begin(Request request);
  void Join(const Question& question, Flight& flight, Cache::State state, std::function<void()> done);
  Flight* TakeOff(const Question& question);
  void OnPatienceOver(const Question& question);
  void Land(const Question& question, dns::OutsideAnswer answer);
  void Learn(const Question& question, dns::OutsideAnswer answer);
  void Overloaded(const Question& question, Cache::State state);
  void EndAll();

  const Options options_;
  const telemetry::Log log_;
  const Surroundings surroundings_;
  asio::io_context io_{1};
  asio::executor_work_guard<Executor> work_;
  dns::Networks clients_;
  std::unique_ptr<Routes> routes_;
  Cache cache_;
  const std::shared_ptr<const dns::OutsideAnswer> refused_;
  std::unordered_map<Question, std::unique_ptr<Flight>, HashQuestion> flights_;
  std::mutex mutex_;
  std::vector<Request> inbox_;
  bool draining_ = false;
  bool stopped_ = false;
  std::thread thread_;
  std::atomic<std::uint64_t> prefetches_{0};
  std::atomic<std::uint64_t> overloads_{0};
  std::atomic<std::size_t> in_flight_{0};
};

}  // namespace waypost::forward
