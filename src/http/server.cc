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
      workers.push_back(std::make_unique<Worker>(i, options, handler, connections));
    }
  }

  const Options options;
  Handler& handler;
  std::atomic<std::size_t> connections = 0;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::string> addresses;
  std::mutex mutex;  // of the life cycle
  std::vector<std::thread> threads;
  bool stopped = false;
};

Server::Server(Options options, Handler& handler) : impl_(std::make_unique<Impl>(std::move(options), handler)) {}

Server::~Server() { Stop(std::chrono::steady_clock::now()); }

model::Status Server::Bind() {
  std::vector<asio::ip::tcp::endpoint> endpoints;
  for (const std::string& text : impl_->options.listen) {
    WP_TRY(endpoint, ParseEndpoint(text));
    endpoints.push_back(endpoint);
  }
  std::vector<asio::io_context*> contexts;
  for (const auto& worker : impl_->workers) contexts.push_back(&worker->context());
  for (const asio::ip::tcp::endpoint& endpoint : endpoints) {
    // [::] takes IPv4 too, unless that port is listened on by an IPv4 address of its own.
    const bool v6_only = std::any_of(endpoints.begin(), endpoints.end(), [&endpoint](const auto& other) {
      return other.address().is_v4() && other.port() == endpoint.port();
    });
    WP_TRY(acceptors, Listen(contexts, endpoint, v6_only));
    boost::system::error_code ignored;
    impl_->addresses.push_back(FormatEndpoint(acceptors.front().local_endpoint(ignored)));
    for (std::size_t i = 0; i < acceptors.size(); ++i) impl_->workers[i]->AddListener(std::move(acceptors[i]));
  }
  return model::Ok();
}

std::vector<std::string> Server::addresses() const { return impl_->addresses; }

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
