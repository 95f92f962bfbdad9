#include "forward/upstream.h"

#include <algorithm>
#include <utility>

namespace waypost::forward {
namespace {

constexpr unsigned kDoublingsMax = 5;

void AddOne(std::atomic<std::uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

Upstream::Asked Upstream::Take(Edns edns) {
  std::vector<Asked>& waiting = idle(edns);
  if (!waiting.empty()) {
    Asked asked = std::move(waiting.back());
    waiting.pop_back();
    return asked;
  }
  Channel::Options options;
  options.server = options_.endpoint.str();
  options.try_timeout = options_.try_timeout;
  options.edns = edns;
  return Channel::Open(context_, options);
}

void Upstream::GiveBack(const Asked& asked, Edns edns) {
  if (idle(edns).size() < kIdleChannelsMax) {
    idle(edns).push_back(asked);
  } else {
    asked->Close();
  }
}

Upstream::Asked Upstream::Ask(const Question& question, std::uint16_t id, Edns edns, Done done) {
  const Asked asked = Take(edns);
  if (asked == nullptr) return nullptr;
  AddOne(counters_.questions);
  Try tried{question, id, edns, std::chrono::steady_clock::now()};
  // The channel is kept alive by what Asio waits for and by who asks; it must not own itself.
  asked->Ask(MakeQuery(question, id, edns), [self = shared_from_this(), channel = std::weak_ptr<Channel>(asked),
                                             tried = std::move(tried), done = std::move(done)](Channel::Reply raw) {
    Reply reply = self->Judge(tried, raw);
    // After a FORMERR without OPT record c-ares has left EDNS off for good, and takes no more than 512 octets.
    const bool as_before = tried.edns == Edns::kNo || (reply.outcome == Outcome::kAnswered && reply.reading.has_opt) ||
                           reply.outcome == Outcome::kTimedOut;
    if (const Asked used = channel.lock()) as_before ? self->GiveBack(used, tried.edns) : used->Close();
    done(std::move(reply));
  });
  return asked;
}

void Upstream::Cancel(const Asked& asked, Edns edns) {
  asked->Cancel();
  GiveBack(asked, edns);
}

Upstream::Reply Upstream::Judge(const Try& tried, const Channel::Reply& raw) {
  if (raw.by_tcp) AddOne(counters_.tcp);
  Reply reply;
  if (raw.status == ARES_ETIMEOUT) {
    reply.outcome = Outcome::kTimedOut;
    AddOne(counters_.timeouts);
    NoteFailure();
    return reply;
  }
  if (raw.status == ARES_SUCCESS) reply.reading = ReadResponse(raw.message, tried.question, tried.id);
  if (reply.reading.kind == Reading::Kind::kBroken) {
    AddOne(counters_.failures);
    NoteFailure();
    return reply;
  }
  reply.outcome = Outcome::kAnswered;
  if (reply.reading.kind != Reading::Kind::kFinding) AddOne(counters_.failures);
  failures_ = 0;
  rests_until_ = Time::min();
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - tried.begun);
  counters_.latency_us.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
  AddOne(counters_.answers);
  return reply;
}

void Upstream::NoteFailure() {
  rests_until_ = options_.now() + std::min(kRestMin * (1u << std::min(failures_, kDoublingsMax)), kRestMax);
  ++failures_;
}

void Upstream::CloseIdle() {
  for (std::vector<Asked>& waiting : idle_) {
    for (const Asked& asked : waiting) asked->Close();
    waiting.clear();
  }
}

}  // namespace waypost::forward
