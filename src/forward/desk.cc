#include "forward/desk.h"

#include <pthread.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

#include "forward/local_names.h"
#include "waypost/model/hash.h"
#include "waypost/model/random.h"

namespace waypost::forward {
namespace {

using model::Code;
using model::MakeError;

/// Ids from the kernel, some at a time.
class SystemIds {
 public:
  std::uint16_t operator()() {
    if (at_ == ids_.size()) {
      at_ = 0;
      const auto octets = static_cast<ssize_t>(sizeof ids_);
      if (getrandom(ids_.data(), sizeof ids_, 0) != octets)
        throw std::runtime_error("the kernel gives no random octets");
    }
    return ids_[at_++];
  }

 private:
  std::array<std::uint16_t, 128> ids_ = {};  // 256 octets are never cut short
  std::size_t at_ = 128;
};

model::Status Check(const Options& options) {
  if (options.try_timeout.count() <= 0 || options.timeout < options.try_timeout) {
    return MakeError(Code::kConfig, "forwarding: the timeout of a try must be above 0 and at most that of a question");
  }
  if (options.cache_octets_max < Forwarder::kCacheOctetsMin) {
    return MakeError(Code::kConfig, "forwarding: the cache needs 1 MiB at least");
  }
  if (options.in_flight_max < 1 || options.in_flight_max > Forwarder::kInFlightMax) {
    return MakeError(Code::kConfig, "forwarding: 1 to 65536 questions can be under way");
  }
  if (options.negative_ttl_max > Forwarder::kNegativeTtlMax) {
    return MakeError(Code::kConfig, "forwarding: negative answers can be remembered for 3 hours at most");
  }
  if (options.ttl_max.count() < 0 || options.negative_ttl_max.count() < 0 || options.stale_max.count() < 0) {
    return MakeError(Code::kConfig, "forwarding: times cannot be negative");
  }
  return model::Ok();
}

Cache::Options CacheOptions(const Options& options, std::uint64_t seed) {
  return {options.cache_octets_max, options.stale_max, options.prefetch == Prefetch::kOn, seed};
}

std::shared_ptr<const dns::OutsideAnswer> Failed(dns::Rcode rcode, dns::ExtendedError why) {
  dns::OutsideAnswer answer;
  answer.rcode = rcode;
  answer.extended_error = why;
  return std::make_shared<const dns::OutsideAnswer>(std::move(answer));
}

}  // namespace

std::size_t Forwarder::Desk::HashQuestion::operator()(const Question& question) const {
  return model::Hash64(question.name, seed + static_cast<std::uint64_t>(question.type));
}

Forwarder::Desk::Desk(Options options, telemetry::Log log, Surroundings surroundings, std::uint64_t seed)
    : options_(std::move(options)),
      log_(std::move(log)),
      surroundings_(std::move(surroundings)),
      work_(io_.get_executor()),
      cache_(CacheOptions(options_, seed)),
      refused_(Failed(dns::Rcode::kRefused, dns::ExtendedError::kNotAuthoritative)),
      flights_(0, HashQuestion{seed}) {}

Forwarder::Desk::~Desk() { Stop(); }

model::Result<std::unique_ptr<Forwarder::Desk>> Forwarder::Desk::Create(Options options, telemetry::Log log,
                                                                        Surroundings surroundings) {
  WP_CHECK(Check(options));
  WP_TRY(clients, dns::Networks::Parse(options.clients));
  if (surroundings.draw_id == nullptr) {
    // Shared by the copies of this function, so that none repeats what another drew.
    surroundings.draw_id = [ids = std::make_shared<SystemIds>()] { return (*ids)(); };
  }
  std::unique_ptr<Desk> desk(
      new Desk(std::move(options), std::move(log), std::move(surroundings), model::SystemSeed()));
  WP_TRY(routes, Routes::Create(desk->io_, desk->options_, desk->surroundings_, desk->log_));
  desk->routes_ = std::move(routes);
  desk->clients_ = std::move(clients);
  return desk;
}

void Forwarder::Desk::Start() {
  thread_ = std::thread([this] { io_.run(); });
  pthread_setname_np(thread_.native_handle(), "forward");
}

void Forwarder::Desk::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  asio::post(io_, [this] { EndAll(); });
  if (thread_.joinable()) {
    thread_.join();
  } else {
    io_.run();  // it was never started, but callbacks are due
  }
}

std::optional<dns::OutsideFound> Forwarder::Desk::Find(std::string_view name, dns::Type type, Accept accept) {
  if (auto local = FindLocal(name, type)) return dns::OutsideFound{std::move(local)};
  if (!routes_->HasServers(name)) return dns::OutsideFound{refused_};
  Cache::Seen seen = cache_.Find(name, type, accept, surroundings_.now());
  if (seen.refresh) Push({{std::string(name), type}});
  return std::move(seen.found);
}

void Forwarder::Desk::Fetch(std::string name, dns::Type type, std::function<void()> done) {
  if (!Push({{std::move(name), type}, done})) done();
}

bool Forwarder::Desk::Push(Request request) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    inbox_.push_back(std::move(request));
    wake = !std::exchange(draining_, true);
  }
  if (wake) asio::post(io_, [this] { Drain(); });
  return true;
}

void Forwarder::Desk::Drain() {
  std::vector<Request> requests;
  {
    const std::lock_guard lock(mutex_);
    requests.swap(inbox_);
    draining_ = false;
  }
  for (Request& request : requests) Begin(std::move(request));
}

void Forwarder::Desk::Begin(Request request) {
  const Question& question = request.question;
  const Cache::State state = cache_.Look(question.name, question.type, surroundings_.now());
  const auto at = flights_.find(question);
  if (request.done == nullptr) {
    // Refreshes leave room for what people wait for.
    if (at != flights_.end() || flights_.size() >= options_.in_flight_max / 2) return;
    if (TakeOff(question) != nullptr) prefetches_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const bool known = state == Cache::State::kFresh || state == Cache::State::kFailed ||
                     FindLocal(question.name, question.type) != nullptr;
  if (known) return request.done();
  Flight* flight = at == flights_.end() ? TakeOff(question) : at->second.get();
  if (flight == nullptr) return request.done();
  Join(question, *flight, state, std::move(request.done));
}

void Forwarder::Desk::Join(const Question& question, Flight& flight, Cache::State state, std::function<void()> done) {
  const bool stale = state == Cache::State::kStale;
  if (stale && flight.patience_is_over) return done();
  if (flight.waiters.size() >= kWaitersMax) {
    Overloaded(question, state);
    return done();
  }
  flight.waiters.push_back(std::move(done));
  if (!stale || std::exchange(flight.patience_runs, true)) return;
  flight.patience.expires_after(surroundings_.stale_wait);
  flight.patience.async_wait([this, question](const boost::system::error_code& error) {
    if (!error.failed()) OnPatienceOver(question);
  });
}

void Forwarder::Desk::OnPatienceOver(const Question& question) {
  const auto at = flights_.find(question);
  if (at == flights_.end()) return;
  at->second->patience_is_over = true;
  for (const auto& waiter : std::exchange(at->second->waiters, {})) waiter();
}

/// Null: too many are under way, or there is nobody to ask.
Forwarder::Desk::Flight* Forwarder::Desk::TakeOff(const Question& question) {
  if (flights_.size() >= options_.in_flight_max) {
    Overloaded(question, cache_.Look(question.name, question.type, surroundings_.now()));
    return nullptr;
  }
  const std::vector<std::shared_ptr<Upstream>> servers = routes_->ServersOf(question.name);
  if (servers.empty()) return nullptr;
  Inquiry::Options options;
  options.width = options_.mode == Mode::kParallel ? servers.size() : 1;
  options.timeout = options_.timeout;
  options.draw_id = surroundings_.draw_id;
  options.now = surroundings_.now;
  auto flight = std::make_unique<Flight>(io_);
  flight->inquiry =
      std::make_shared<Inquiry>(io_, question, std::move(options),
                                [this, question](dns::OutsideAnswer answer) { Land(question, std::move(answer)); });
  flight->inquiry->Begin(servers);
  in_flight_.store(flights_.size() + 1, std::memory_order_relaxed);
  return flights_.emplace(question, std::move(flight)).first->second.get();
}

void Forwarder::Desk::Land(const Question& question, dns::OutsideAnswer answer) {
  const auto at = flights_.find(question);
  if (at == flights_.end()) return;
  const std::unique_ptr<Flight> flight = std::move(at->second);
  flights_.erase(at);
  in_flight_.store(flights_.size(), std::memory_order_relaxed);
  flight->patience.cancel();
  Learn(question, std::move(answer));
  for (const auto& waiter : flight->waiters) waiter();
}

void Forwarder::Desk::Learn(const Question& question, dns::OutsideAnswer answer) {
  const Time now = surroundings_.now();
  if (answer.rcode != dns::Rcode::kNoError && answer.rcode != dns::Rcode::kNxDomain) {
    cache_.LearnFailure(question.name, question.type, std::make_shared<const dns::OutsideAnswer>(std::move(answer)),
                        Cache::kFailureKept, now);
    return;
  }
  std::chrono::seconds ttl = options_.ttl_max;
  const auto cap = [&ttl](dns::OutsideRecord& record, std::chrono::seconds ttl_max) {
    record.ttl = static_cast<std::uint32_t>(std::min<std::chrono::seconds::rep>(record.ttl, ttl_max.count()));
    ttl = std::min(ttl, std::chrono::seconds(record.ttl));
  };
  for (dns::OutsideRecord& record : answer.answers) cap(record, options_.ttl_max);
  const bool positive = !answer.answers.empty() && answer.answers.back().type == question.type;
  if (answer.soa) cap(*answer.soa, std::min(options_.ttl_max, options_.negative_ttl_max));
  if (!positive && !answer.soa) ttl = std::min(ttl, kNoSoaTtl);
  cache_.Learn(question.name, question.type, std::make_shared<const dns::OutsideAnswer>(std::move(answer)), ttl, now);
}

/// Not remembered, but it is what there is to say.
void Forwarder::Desk::Overloaded(const Question& question, Cache::State state) {
  overloads_.fetch_add(1, std::memory_order_relaxed);
  if (state != Cache::State::kUnknown) return;
  cache_.LearnFailure(question.name, question.type, Failed(dns::Rcode::kServFail, dns::ExtendedError::kNone),
                      std::chrono::seconds(0), surroundings_.now());
}

void Forwarder::Desk::EndAll() {
  Drain();
  while (!flights_.empty()) {
    const Question question = flights_.begin()->first;
    flights_.begin()->second->inquiry->Cancel();
    Land(question, *Failed(dns::Rcode::kServFail, dns::ExtendedError::kNoUpstreamReached));
  }
  if (routes_ != nullptr) routes_->CloseIdle();  // none: it could not be created
  work_.reset();
}

Totals Forwarder::Desk::totals() const {
  const Cache::Totals cache = cache_.totals();
  Totals totals;
  totals.hits = cache.hits;
  totals.misses = cache.misses;
  totals.stale = cache.stale;
  totals.evictions = cache.evictions;
  totals.cache_entries = cache.entries;
  totals.cache_octets = cache.octets;
  totals.prefetches = prefetches_.load(std::memory_order_relaxed);
  totals.overloads = overloads_.load(std::memory_order_relaxed);
  totals.in_flight = in_flight_.load(std::memory_order_relaxed);
  routes_->AddTo(totals.upstreams);
  return totals;
}

}  // namespace waypost::forward
