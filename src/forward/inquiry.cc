#include "forward/inquiry.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace waypost::forward {
namespace {

using dns::Rcode;

/// Codes of servers that do not know EDNS. c-ares itself has asked again after a FORMERR without OPT record.
bool DislikesEdns(const Reading& reading) {
  if (reading.kind != Reading::Kind::kRejected) return false;
  return reading.rcode == Rcode::kNotImp || reading.rcode == Rcode::kBadVers ||
         (reading.rcode == Rcode::kFormErr && reading.has_opt);
}

}  // namespace

Inquiry::Inquiry(asio::io_context& context, Question question, Options options, Done done)
    : question_(std::move(question)), options_(std::move(options)), done_(std::move(done)), deadline_(context) {}

void Inquiry::Begin(const std::vector<std::shared_ptr<Upstream>>& servers) {
  std::vector<std::shared_ptr<Upstream>> sorted = servers;
  const Time now = options_.now();
  std::stable_sort(sorted.begin(), sorted.end(), [now](const auto& a, const auto& b) {
    return std::max(a->rests_until(), now) < std::max(b->rests_until(), now);
  });
  for (auto& server : sorted) waiting_.push_back({std::move(server), Edns::kYes});
  deadline_.expires_after(options_.timeout);
  deadline_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error.failed()) self->End(self->Failure());
  });
  asio::post(deadline_.get_executor(), [self = shared_from_this()] { self->AskMore(); });
}

void Inquiry::AskMore() {
  if (done_ == nullptr) return;
  while (asked_.size() < options_.width && !waiting_.empty()) {
    Try next = std::move(waiting_.front());
    waiting_.pop_front();
    Ask(std::move(next));
  }
  if (!asked_.empty()) return;
  if (round_ == kRounds || silent_.empty()) return End(Failure());
  ++round_;
  for (auto& server : silent_) waiting_.push_back({std::move(server), Edns::kNo});
  silent_.clear();
  AskMore();
}

bool Inquiry::Ask(Try next) {
  next.number = ++last_number_;
  next.asked = next.server->Ask(question_, options_.draw_id(), next.edns,
                                [self = shared_from_this(), number = next.number](Upstream::Reply reply) {
                                  self->OnReply(number, std::move(reply));
                                });
  if (next.asked == nullptr) return false;
  asked_.push_back(std::move(next));
  return true;
}

void Inquiry::OnReply(std::uint64_t number, Upstream::Reply reply) {
  const auto at = std::find_if(asked_.begin(), asked_.end(), [number](const Try& t) { return t.number == number; });
  if (done_ == nullptr || at == asked_.end()) return;
  Try tried = std::move(*at);
  asked_.erase(at);
  if (reply.outcome == Upstream::Outcome::kTimedOut) {
    silent_.push_back(std::move(tried.server));
  } else if (reply.outcome == Upstream::Outcome::kAnswered) {
    if (reply.reading.kind == Reading::Kind::kFinding) return End(std::move(reply.reading.answer));
    heard_ = true;
    if (tried.edns == Edns::kYes && DislikesEdns(reply.reading)) {
      waiting_.push_front({std::move(tried.server), Edns::kNo});
    }
  }
  AskMore();
}

dns::OutsideAnswer Inquiry::Failure() const {
  dns::OutsideAnswer failure;
  failure.rcode = Rcode::kServFail;
  if (!heard_) failure.extended_error = dns::ExtendedError::kNoUpstreamReached;
  return failure;
}

void Inquiry::End(dns::OutsideAnswer answer) {
  const Done done = std::exchange(done_, nullptr);
  Cancel();
  if (done != nullptr) done(std::move(answer));
}

void Inquiry::Cancel() {
  done_ = nullptr;
  deadline_.cancel();
  waiting_.clear();
  silent_.clear();
  for (const Try& tried : std::exchange(asked_, {})) tried.server->Cancel(tried.asked, tried.edns);
}

}  // namespace waypost::forward
