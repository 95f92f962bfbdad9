#include "waypost/dns/server.h"

#include "dns/socket.h"
#include "dns/worker.h"
#include "waypost/model/random.h"

namespace waypost::dns {
namespace {

using model::Code;
using model::MakeError;

constexpr unsigned kThreadsMax = 256;

}  // namespace

Server::Server(view::View& view, ServerOptions options, telemetry::Log log)
    : view_(view), options_(std::move(options)), log_(std::move(log)) {}

Server::~Server() { Stop(std::chrono::milliseconds(0)); }

model::Status Server::Prepare() {
  const auto positive = [](std::chrono::milliseconds time) { return time.count() > 0; };
  if (options_.threads < 1 || options_.threads > kThreadsMax) {
    return MakeError(Code::kConfig, "DNS needs 1 to " + std::to_string(kThreadsMax) + " threads, not " +
                                        std::to_string(options_.threads));
  }
  if (!positive(options_.tcp_idle_timeout) || !positive(options_.tcp_query_timeout)) {
    return MakeError(Code::kConfig, "the DNS timeouts of TCP must be longer than nothing");
  }
  WP_TRY(policy, AnswerPolicy::Create(options_.answers));
  shared_ = std::make_unique<Shared>();
  shared_->policy = std::move(policy);
  shared_->connections_max = options_.tcp_connections_max;
  shared_->timeouts = {options_.tcp_idle_timeout, options_.tcp_query_timeout};
  shared_->log = log_;
  return model::Ok();
}

model::Status Server::Bind() {
  WP_CHECK(Prepare());
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < options_.threads; ++i) {
    workers.push_back(std::make_unique<Worker>(view_, *shared_, model::SystemSeed()));
  }
  const Binder binder(options_.threads);
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
  endpoints_ = std::move(endpoints);
  workers_ = std::move(workers);
  return model::Ok();
}

std::vector<std::string> Server::addresses() const {
  std::vector<std::string> addresses;
  for (const Endpoint& endpoint : endpoints_) addresses.push_back(endpoint.str());
  return addresses;
}

void Server::Start() {
  for (unsigned i = 0; i < workers_.size(); ++i) workers_[i]->Start(i);
}

void Server::Stop(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (const auto& worker : workers_) worker->Finish();
  for (const auto& worker : workers_) worker->Join(until);
}

ServerTotals Server::totals() const {
  ServerTotals totals;
  for (const auto& worker : workers_) worker->AddTo(totals);
  return totals;
}

}  // namespace waypost::dns
