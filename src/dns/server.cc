#include "waypost/dns/server.h"

#include <algorithm>

#include "dns/socket.h"
#include "dns/worker.h"
#include "waypost/model/random.h"

namespace waypost::dns {
namespace {

using model::Code;
using model::MakeError;

constexpr unsigned kThreadsMax = 256;

std::uint16_t KeepaliveOf(std::chrono::milliseconds idle) {
  return static_cast<std::uint16_t>(std::min<std::int64_t>(idle.count() / 100, 0xffff));
}

std::vector<std::string> Texts(const std::vector<Endpoint>& endpoints) {
  std::vector<std::string> texts;
  for (const Endpoint& endpoint : endpoints) texts.push_back(endpoint.str());
  return texts;
}

}  // namespace

Server::Server(view::View& view, ServerOptions options, telemetry::Log log, ServerSources sources)
    : view_(view), options_(std::move(options)), log_(std::move(log)), sources_(std::move(sources)) {}

Server::~Server() { Stop(std::chrono::milliseconds(0)); }

model::Status Server::Check() const {
  const auto positive = [](std::chrono::milliseconds time) { return time.count() > 0; };
  if (options_.threads < 1 || options_.threads > kThreadsMax) {
    return MakeError(Code::kConfig, "DNS needs 1 to " + std::to_string(kThreadsMax) + " threads, not " +
                                        std::to_string(options_.threads));
  }
  if (!positive(options_.tcp_idle_timeout) || !positive(options_.tcp_query_timeout)) {
    return MakeError(Code::kConfig, "the DNS timeouts of TCP must be longer than nothing");
  }
  const RateLimits& rates = options_.rates;
  if (rates.responses_per_second > RateLimiter::kRateMax || rates.errors_per_second > RateLimiter::kRateMax) {
    return MakeError(Code::kConfig, "the DNS rate limits can be " + std::to_string(RateLimiter::kRateMax) +
                                        " a second at most; 0 switches one off");
  }
  if (rates.slip > RateLimiter::kSlipMax) {
    return MakeError(Code::kConfig, "the slip of the DNS rate limit can be " + std::to_string(RateLimiter::kSlipMax) +
                                        " at most; 0 switches it off");
  }
  return model::Ok();
}

model::Status Server::Prepare() {
  WP_CHECK(Check());
  WP_TRY(policy, AnswerPolicy::Create(options_.answers));
  AnswerSources answers{.view = view_, .policy = std::move(policy)};
  answers.outside = sources_.outside;
  answers.keys = sources_.keys;
  answers.query_log = sources_.query_log;
  answers.transfers = sources_.transfers != nullptr;
  answers.keepalive = KeepaliveOf(options_.tcp_idle_timeout);
  auto shared = std::make_unique<Shared>(answers, options_, model::SystemSeed());
  shared->transfers = sources_.transfers;
  shared->log = log_;
  if (shared->certificate) WP_CHECK(shared->certificate->Load());
  shared_ = std::move(shared);
  return model::Ok();
}

model::Status Server::Bind() {
  WP_CHECK(Prepare());
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < options_.threads; ++i) {
    workers.push_back(std::make_unique<Worker>(*shared_, model::SystemSeed()));
  }
  const Binder binder(options_.threads, "--dns");
  std::vector<Endpoint> endpoints;
  for (const std::string& text : options_.listen) {
    WP_TRY(wanted, Endpoint::Parse(text));
    WP_TRY(claimed, binder.Claim(wanted));
    for (const auto& worker : workers) {
      WP_TRY(sockets, binder.Open(claimed));
      worker->AddDoors(claimed, std::move(sockets));
    }
    endpoints.push_back(claimed);
  }
  const Binder tls_binder(options_.threads, "`dot` in [tls]");
  std::vector<Endpoint> tls_endpoints;
  for (const std::string& text : options_.tls.listen) {
    WP_TRY(wanted, Endpoint::Parse(text));
    WP_TRY(claimed, tls_binder.ClaimTcp(wanted));
    for (const auto& worker : workers) {
      WP_TRY(listener, tls_binder.OpenTcp(claimed));
      worker->AddTlsDoor(claimed, std::move(listener));
    }
    tls_endpoints.push_back(claimed);
  }
  const std::lock_guard lock(mutex_);
  endpoints_ = std::move(endpoints);
  tls_endpoints_ = std::move(tls_endpoints);
  workers_ = std::move(workers);
  HandOutZones();
  return model::Ok();
}

std::vector<std::string> Server::addresses() const { return Texts(endpoints_); }

std::vector<std::string> Server::tls_addresses() const { return Texts(tls_endpoints_); }

void Server::SetZones(std::shared_ptr<const zone::ZoneSet> zones) {
  const std::lock_guard lock(mutex_);
  zones_ = std::move(zones);
  if (!workers_.empty()) HandOutZones();
}

void Server::HandOutZones() {
  for (const auto& worker : workers_) worker->SetZones(zones_);
  shared_->late.SetZones(zones_);
}

model::Status Server::ReloadCertificate() {
  if (shared_ == nullptr || !shared_->certificate) return model::Ok();
  return shared_->certificate->Load();
}

void Server::Ask(std::vector<std::uint8_t> query, const Asker& asker,
                 std::function<void(std::vector<std::uint8_t>)> done) {
  if (workers_.empty()) return done({});
  const std::size_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
  workers_[turn % workers_.size()]->Ask(std::move(query), asker, std::make_shared<OwedAnswer>(std::move(done)));
}

void Server::Start() {
  for (unsigned i = 0; i < workers_.size(); ++i) workers_[i]->Start(i);
}

void Server::Stop(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (const auto& worker : workers_) worker->Finish();
  if (shared_ != nullptr) shared_->late.WaitUntilIdle(until);
  for (const auto& worker : workers_) worker->Join(until);
  if (shared_ != nullptr) shared_->late.Stop();
}

ServerTotals Server::totals() const {
  ServerTotals totals;
  for (const auto& worker : workers_) worker->AddTo(totals);
  if (shared_ == nullptr) return totals;
  shared_->late.AddTo(totals);
  if (shared_->limiter != nullptr) totals.rate_limited = shared_->limiter->limited();
  return totals;
}

}  // namespace waypost::dns
