#include "dns/late_answers.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dns/latency.h"

namespace waypost::dns {
namespace {

using Clock = std::chrono::steady_clock;

struct Waiting {
  std::vector<std::uint8_t> query;
  Asker asker;
  LateAnswers::Reply reply;
  Clock::time_point since;
  unsigned rounds = 0;
};

}  // namespace

/// Shared with the callbacks that the Outside holds, which may come after the LateAnswers have gone.
struct LateAnswers::State : std::enable_shared_from_this<State> {
  State(AnswerSources sources, std::uint64_t seed, std::size_t most)
      : outside(sources.outside), waiting_max(most), response(kMessageOctetsMax) {
    answerer.emplace(std::move(sources), seed);
  }

  void Fetch(std::uint64_t id, std::string name, Type type);
  void OnFetched(std::uint64_t id);
  /// The response that `response` holds after; nullopt: another name must be fetched first, which is `wanted`.
  std::optional<std::size_t> AnswerAgain(Waiting& waiting, Wanted& wanted);

  Outside* const outside;
  const std::size_t waiting_max;
  mutable std::mutex mutex;
  std::condition_variable idle;
  std::optional<Answerer> answerer;  // nullopt: stopped
  std::unordered_map<std::uint64_t, Waiting> waiting;
  std::uint64_t next_id = 0;
  std::vector<std::uint8_t> response;
  LatencyRecorder latency;
  std::uint64_t refused = 0;
  // What the Answerer counted, once it is gone.
  std::uint64_t truncated = 0;
  std::array<std::uint64_t, AnswerCounters::kRcodes> rcodes = {};
};

LateAnswers::LateAnswers(AnswerSources sources, std::uint64_t seed, std::size_t waiting_max)
    : state_(std::make_shared<State>(std::move(sources), seed, waiting_max)) {}

bool LateAnswers::Take(const Answerer::Job& job, const Wanted& wanted, Reply reply) {
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->answerer || state_->outside == nullptr || state_->waiting.size() >= state_->waiting_max) {
      ++state_->refused;
      return false;
    }
    id = state_->next_id++;
    Waiting& waiting = state_->waiting[id];
    waiting.query.assign(job.query, job.query + job.query_size);
    waiting.asker = job.asker;
    waiting.asker.again = true;
    waiting.reply = std::move(reply);
    waiting.since = Clock::now();
  }
  state_->Fetch(id, wanted.name, wanted.type);
  return true;
}

void LateAnswers::State::Fetch(std::uint64_t id, std::string name, Type type) {
  // Without the lock: the callback may come at once.
  outside->Fetch(std::move(name), type, [self = shared_from_this(), id] { self->OnFetched(id); });
}

void LateAnswers::State::OnFetched(std::uint64_t id) {
  Wanted wanted;
  Reply done;  // destroyed without the lock
  {
    const std::lock_guard lock(mutex);
    const auto found = waiting.find(id);
    if (!answerer || found == waiting.end()) return;
    const auto size = AnswerAgain(found->second, wanted);
    if (size) {
      done = std::move(found->second.reply);
      done({response.data(), *size});
      latency.Add(Clock::now() - found->second.since, 1);
      waiting.erase(found);
      if (waiting.empty()) idle.notify_all();
      return;
    }
  }
  Fetch(id, std::move(wanted.name), wanted.type);
}

std::optional<std::size_t> LateAnswers::State::AnswerAgain(Waiting& asked, Wanted& wanted) {
  Answerer::Job job;
  job.query = asked.query.data();
  job.query_size = asked.query.size();
  job.response = response.data();
  job.room = asked.asker.transport == Transport::kUdp ? kUdpPayloadOctets : response.size();
  job.asker = asked.asker;
  answerer->Answer({&job, 1});
  if (job.fate == Fate::kDeferred && asked.rounds < kRoundsMax) {
    ++asked.rounds;
    wanted = answerer->wanted(0);
    return std::nullopt;
  }
  if (job.fate == Fate::kDeferred || job.fate == Fate::kTransfer) {
    answerer->AnswerWith(job, Rcode::kServFail, ExtendedError::kNone);
  }
  return job.response_size;
}

void LateAnswers::SetZones(std::shared_ptr<const zone::ZoneSet> zones) {
  const std::lock_guard lock(state_->mutex);
  if (state_->answerer) state_->answerer->SetZones(std::move(zones));
}

void LateAnswers::WaitUntilIdle(Clock::time_point until) {
  std::unique_lock lock(state_->mutex);
  state_->idle.wait_until(lock, until, [&] { return state_->waiting.empty(); });
}

void LateAnswers::Stop() {
  std::unordered_map<std::uint64_t, Waiting> forgotten;  // destroyed without the lock
  const std::lock_guard lock(state_->mutex);
  forgotten.swap(state_->waiting);
  if (!state_->answerer) return;
  const AnswerCounters& counters = state_->answerer->counters();
  state_->truncated = counters.truncated.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < state_->rcodes.size(); ++i) {
    state_->rcodes[i] = counters.rcodes[i].load(std::memory_order_relaxed);
  }
  state_->answerer.reset();
}

void LateAnswers::AddTo(ServerTotals& totals) const {
  const std::lock_guard lock(state_->mutex);
  const auto read = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  // The queries themselves were counted when they came.
  totals.truncated += state_->answerer ? read(state_->answerer->counters().truncated) : state_->truncated;
  for (std::size_t i = 0; i < totals.rcodes.size(); ++i) {
    totals.rcodes[i] += state_->answerer ? read(state_->answerer->counters().rcodes[i]) : state_->rcodes[i];
  }
  totals.deferred_refused += state_->refused;
  state_->latency.AddTo(totals.deferred_latency);
}

}  // namespace waypost::dns
