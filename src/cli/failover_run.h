#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cli/failover_command.h"
#include "cli/failover_report.h"
#include "cli/failover_target.h"
#include "cli/failover_test.h"
#include "cli/failover_watch.h"
#include "cli/http_client.h"
#include "waypost/model/result.h"

namespace waypost::cli {

/// One failover from the first question to the last: watches, breaks the instance, waits until it has left all answers,
/// mends it, waits until it is back. Says on standard error how far it is.
class FailoverRun {
 public:
  /// How long each door may take to name the instance once, before anything is broken.
  static constexpr std::chrono::milliseconds kFirstSight{10'000};
  /// A door counts as clean for the run's sake when so many answers and so much time passed without the instance.
  static constexpr std::size_t kQuietAnswers = 30;
  static constexpr std::chrono::milliseconds kQuietTime{3000};

  FailoverRun(const FailoverOptions& options, const HttpClient& client, const FailoverTarget& target,
              FailoverWatch& watch);

  /// Err: the instance could not be seen or broken at all; else what was seen, however far it came.
  model::Result<FailoverRecord> Carry();
  /// Why it ended early; empty: it did not.
  const std::string& ended() const { return ended_; }
  /// Of the fall, in the server's words; may be empty.
  const std::string& cause() const { return cause_; }

 private:
  enum class Step : std::uint8_t { kReached, kGivenUp };

  model::Status SeeFirst();
  model::Status Break();
  Step AwaitFall();
  Step AwaitRecovery();
  void Unpin();

  /// Until `reached` says so, or the run is to end.
  template <class Predicate>
  Step Await(const char* waiting_for, Predicate reached);
  void Look(std::chrono::milliseconds at_most);
  bool MustEnd();
  void ReadEnter();
  void NoticeFall();
  void NoticeRecovery();
  bool IsQuiet(Door door) const;
  bool IsBack(Door door) const;
  /// The moment of a change: the server's own where it can be (one clock), else when we saw it.
  std::chrono::milliseconds MomentOf(const HealthChange& change, std::string* cause);
  void Say(const std::string& what) const;
  void SayWaiting(const char* waiting_for);

  const FailoverOptions& options_;
  const HttpClient& client_;
  const FailoverTarget& target_;
  FailoverWatch& watch_;
  FailoverRecord record_;
  Standing standing_;
  std::optional<ShellCommand> breaking_;
  std::optional<ShellCommand> mending_;
  bool pinned_ = false;
  bool listens_ = false;  ///< for Enter
  std::chrono::milliseconds said_{0};
  std::string ended_;
  std::string cause_;
};

/// From now on SIGINT and SIGTERM end runs.
void EndRunsOnSignals();

}  // namespace waypost::cli
