#include "waypost/http/server.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include "http/listen.h"
#include "http/worker.h"

namespace waypost::http {

struct Server::Impl {
  Impl(Options wanted, Handler& serving) : options(std::move(wanted)), handler(serving) {
    for (unsigned i = 0; i < std::max(options.threads, 1U); ++i) {
      workers.push_back(std::make_unique<Worker>(i, options, handler, shared));
    }
  }

  model::Status Listen(const std::vector<std::string>& texts, Worker::Door door, std::vector<std::string>& bound);

  const Options options;
  Handler& handler;
  Worker::Shared shared;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<asio::ip::tcp::endpoint> endpoints;  // all that are wanted
  std::vector<std::string> addresses;
  std::vector<std::string> https_addresses;
  std::mutex mutex;  // of the life cycle
  std::vector<std::thread> threads;
  bool stopped = false;
};

Server::Server(Options options, Handler& handler) : impl_(std::make_unique<Impl>(std::move(options), handler)) {}

Server::~Server() { Stop(std::chrono::steady_clock::now()); }

model::Status Server::Impl::Listen(const std::vector<std::string>& texts, Worker::Door door,
                                   std::vector<std::string>& bound) {
  std::vector<asio::io_context*> contexts;
  for (const auto& worker : workers) contexts.push_back(&worker->context());
  for (const std::string& text : texts) {
    WP_TRY(endpoint, ParseEndpoint(text));
    // [::] takes IPv4 too, unless that port is listened on by an IPv4 address of its own.
    const bool v6_only = std::any_of(endpoints.begin(), endpoints.end(), [&endpoint](const auto& other) {
      return other.address().is_v4() && other.port() == endpoint.port();
    });
    WP_TRY(acceptors, http::Listen(contexts, endpoint, v6_only));
    boost::system::error_code ignored;
    bound.push_back(FormatEndpoint(acceptors.front().local_endpoint(ignored)));
    for (std::size_t i = 0; i < acceptors.size(); ++i) workers[i]->AddListener(std::move(acceptors[i]), door);
  }
  return model::Ok();
}

model::Status Server::Bind() {
  const TlsOptions& https = impl_->options.https;
  for (const std::vector<std::string>* texts : {&impl_->options.listen, &https.listen}) {
    for (const std::string& text : *texts) {
      WP_TRY(endpoint, ParseEndpoint(text));
      impl_->endpoints.push_back(endpoint);
    }
  }
  if (!https.listen.empty()) WP_CHECK(ReloadCertificate());
  WP_CHECK(impl_->Listen(impl_->options.listen, Worker::Door::kPlain, impl_->addresses));
  return impl_->Listen(https.listen, Worker::Door::kTls, impl_->https_addresses);
}

std::vector<std::string> Server::addresses() const { return impl_->addresses; }

std::vector<std::string> Server::https_addresses() const { return impl_->https_addresses; }

model::Status Server::ReloadCertificate() {
  const TlsOptions& https = impl_->options.https;
  if (https.listen.empty()) return model::Ok();
  WP_TRY(context, TlsContext::Load(https.certificate, https.key));
  impl_->shared.tls.set(std::move(context));
  return model::Ok();
}

void Server::Start() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->stopped || !impl_->threads.empty()) return;
  for (const auto& worker : impl_->workers) impl_->threads.emplace_back(&Worker::Run, worker.get());
}

void Server::Stop(std::chrono::steady_clock::time_point deadline) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->stopped) return;
  impl_->stopped = true;
  if (!impl_->threads.empty()) {
    for (const auto& worker : impl_->workers) worker->BeginStop(deadline);
  }
  for (std::thread& thread : impl_->threads) thread.join();
  for (const auto& worker : impl_->workers) worker->CloseMailbox();
}

}  // namespace waypost::http
