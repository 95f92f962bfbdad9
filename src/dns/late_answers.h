#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "waypost/dns/answerer.h"
#include "waypost/dns/server.h"

namespace waypost::dns {

/// Messages that wait for names outside our zones. When what one needs has been fetched it is answered here, on the
/// thread of the Outside. Safe from any thread.
class LateAnswers {
 public:
  /// Further names that one message may wait for, after the first.
  static constexpr unsigned kRoundsMax = 4;
  /// Called once with the response (empty: silence), on a thread of the Outside, with locks held: it must be short and
  /// not call back. Destroyed uncalled by Stop.
  using Reply = std::function<void(std::span<std::uint8_t> response)>;

  /// `waiting_max`: messages that wait at one time. `sources.outside` may be null: then none does.
  LateAnswers(AnswerSources sources, std::uint64_t seed, std::size_t waiting_max);
  ~LateAnswers() { Stop(); }
  LateAnswers(const LateAnswers&) = delete;
  LateAnswers& operator=(const LateAnswers&) = delete;

  /// Takes a copy of the message that an Answerer deferred. False: too many wait, or it is stopped; nothing was done.
  bool Take(const Answerer::Job& job, const Wanted& wanted, Reply reply);
  void SetZones(std::shared_ptr<const zone::ZoneSet> zones);
  /// Waits until no message waits, or `until` has come.
  void WaitUntilIdle(std::chrono::steady_clock::time_point until);
  /// Forgets what waits. Afterwards no reply runs, and the sources are not touched again.
  void Stop();

  void AddTo(ServerTotals& totals) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace waypost::dns
