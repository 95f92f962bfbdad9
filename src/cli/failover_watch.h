#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/failover_doors.h"
#include "cli/failover_report.h"
#include "cli/failover_target.h"

namespace waypost::cli {

/// The instance's health as the server says it, from the poll at `by` on; at `after` it still said something else.
struct HealthChange {
  std::string state = {};
  std::chrono::milliseconds after{0};
  std::chrono::milliseconds by{0};
};

/// How a door stands with the instance, so far.
struct DoorStanding {
  std::optional<std::chrono::milliseconds> named = {};  ///< its last answer with the instance
  std::size_t without = 0;                              ///< answers since then
};

struct Standing {
  std::array<DoorStanding, kDoors> doors = {};
  std::vector<HealthChange> health = {};  ///< the first state, then each change
};

/// Asks both doors, and for the instance's health, at a steady rate: a thread each, so that a slow one does not hold
/// up the others. Keeps all that comes.
class FailoverWatch {
 public:
  static constexpr std::chrono::milliseconds kPatience{1000};  ///< with one answer
  static constexpr unsigned kHealthRateMin = 20;

  /// `dns` is absent for what is not there.
  FailoverWatch(FailoverTarget target, std::optional<DnsDoor> dns, ApiDoor api, ApiDoor health, unsigned rate);
  ~FailoverWatch();
  FailoverWatch(const FailoverWatch&) = delete;
  FailoverWatch& operator=(const FailoverWatch&) = delete;

  void Start();
  /// Waits for the threads: kPatience or two.
  void Stop();

  /// Since construction.
  std::chrono::milliseconds Now() const;
  /// A moment of the wall clock in the same measure.
  std::chrono::milliseconds At(std::chrono::system_clock::time_point wall) const;

  /// Waits until something new came, or that long.
  Standing Wait(std::chrono::milliseconds at_most);
  /// After Stop.
  std::vector<FailoverAnswer> TakeAnswers() { return std::move(answers_); }

 private:
  void Repeat(unsigned rate, const std::function<void()>& ask);
  void AskDns();
  void AskApi();
  void AskHealth();
  void Keep(Door door, std::chrono::milliseconds asked, const Reading& reading);

  const FailoverTarget target_;
  std::optional<DnsDoor> dns_;
  ApiDoor api_;
  ApiDoor health_;
  const unsigned rate_;
  const std::string discover_;    ///< the body of DiscoverInstances
  const std::string get_health_;  ///< and of GetInstancesHealthStatus
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const std::chrono::system_clock::time_point wall_start_ = std::chrono::system_clock::now();

  std::mutex mutex_;
  std::condition_variable news_;
  std::condition_variable stopping_;
  // Guarded by mutex_.
  bool stop_ = false;
  bool fresh_ = false;
  std::chrono::milliseconds health_asked_{0};  ///< when health was last seen as it is
  Standing standing_;
  std::vector<FailoverAnswer> answers_;

  std::vector<std::thread> threads_;
};

}  // namespace waypost::cli
