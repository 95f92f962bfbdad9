#include "waypost/dns/answerer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>

#include "dns/composer.h"

namespace waypost::dns {
namespace {

/// The counters have one writer, so no locked instruction is needed.
void Count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

std::size_t LimitOf(const Query& query, Transport transport, std::size_t room) {
  if (transport == Transport::kStream) return std::min(room, kMessageOctetsMax);
  const std::size_t theirs = query.has_edns ? query.payload : kPlainUdpOctets;
  return std::min({room, theirs, kUdpPayloadOctets});
}

/// What is refused whatever the name; kNoError: go on.
Rcode CheckQuestion(const Query& query) {
  switch (query.type) {
    case Type::kReserved:
    case Type::kOpt:
    case Type::kTsig:
      return Rcode::kFormErr;
    case Type::kTkey:
      return Rcode::kNotImp;
    case Type::kAxfr:
    case Type::kIxfr:
      return Rcode::kRefused;
    default:
      return query.klass == kClassIn ? Rcode::kNoError : Rcode::kRefused;
  }
}

void Fetch(const void* at) {
  const char* line = static_cast<const char*>(at);
  __builtin_prefetch(line);
  __builtin_prefetch(line + 64);
}

}  // namespace

/// Each query's way through the stages.
struct Answerer::Batch {
  std::array<Query, kBatchMax> queries;
  std::array<Verdict, kBatchMax> verdicts;
  std::array<const view::ServiceNode*, kBatchMax> nodes;
  std::array<const view::ServiceState*, kBatchMax> states;
};

struct Answerer::Scratch {
  model::Random random;
  Picks picks;
  Sources sources;
  Scratch(const view::View& view, const AnswerPolicy& policy, std::uint64_t seed)
      : random(seed), sources{view, policy, random, picks} {}
};

Answerer::Answerer(view::View& view, std::shared_ptr<const AnswerPolicy> policy, std::uint64_t seed)
    : view_(view),
      policy_(std::move(policy)),
      reader_(view.domain()),
      batch_(std::make_unique<Batch>()),
      scratch_(std::make_unique<Scratch>(view, *policy_, seed)) {}

Answerer::~Answerer() = default;

void Answerer::Answer(std::span<Job> jobs) {
  assert(jobs.size() <= kBatchMax);
  const view::ReadSection section(reader_);
  const bool ready = view_.ready();
  FindNodes(jobs, *batch_);
  for (std::size_t i = 0; i < jobs.size(); ++i) AnswerOne(jobs[i], i, *batch_, ready);
  Count(counters_.queries, jobs.size());
}

/// One memory access a stage and query: slot, node, state, chunk. What each stage touches was asked for by the one
/// before.
void Answerer::FindNodes(std::span<Job> jobs, Batch& batch) {
  const std::uint64_t seed = view_.name_seed();
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    batch.verdicts[i] = ReadQuery(jobs[i].query, jobs[i].query_size, seed, batch.queries[i]);
    if (batch.verdicts[i] == Verdict::kQuestion) view_.PrefetchName(batch.queries[i].hash);
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const bool wanted = batch.verdicts[i] == Verdict::kQuestion;
    batch.nodes[i] = wanted ? view_.NameCandidate(batch.queries[i].hash) : nullptr;
    if (batch.nodes[i] != nullptr) Fetch(batch.nodes[i]);
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const view::ServiceNode* node = batch.nodes[i];
    batch.states[i] = nullptr;
    // The candidate may have another name, or another zone may be the one to ask: then the long way is taken.
    if (node == nullptr || node->owner_wire() != batch.queries[i].name() || !node->in().plain()) continue;
    batch.states[i] = node->state_pointer();
    Fetch(batch.states[i]);
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const view::ServiceState* state = batch.states[i];
    if (state != nullptr && state->count() != 0) Fetch(&state->chunk(0));  // the IPv4 addresses follow the header
  }
}

void Answerer::AnswerOne(Job& job, std::size_t at, Batch& batch, bool ready) {
  assert(job.room >= kRoomMin);
  const Query& query = batch.queries[at];
  const Verdict verdict = batch.verdicts[at];
  job.response_size = 0;
  if (verdict == Verdict::kSilence) return Count(counters_.dropped);

  Response response(query, job.response, LimitOf(query, job.asker.transport, job.room));
  if (verdict != Verdict::kQuestion) {
    response.set_rcode(verdict == Verdict::kNotImp    ? Rcode::kNotImp
                       : verdict == Verdict::kBadVers ? Rcode::kBadVers
                                                      : Rcode::kFormErr);
    if (verdict == Verdict::kNotImp) response.set_extended_error(ExtendedError::kNotSupported);
  } else if (const Rcode refused = CheckQuestion(query); refused != Rcode::kNoError) {
    response.set_rcode(refused);
  } else if (!ready) {
    response.set_rcode(Rcode::kServFail);
    response.set_extended_error(ExtendedError::kNotReady);
  } else {
    Composer composer(scratch_->sources, query, job.asker, response);
    const view::ServiceState* state = batch.states[at];
    if (state != nullptr && (!batch.nodes[at]->in().is_private() || composer.client_is_private())) {
      composer.AnswerService(*batch.nodes[at], *state);
    } else {
      composer.AnswerName();
    }
  }
  job.response_size = response.Finish();
  Count(counters_.rcodes[static_cast<std::size_t>(response.rcode())]);
  if (response.truncated()) Count(counters_.truncated);
}

}  // namespace waypost::dns
