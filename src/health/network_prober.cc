#include "health/network_prober.h"

#include <cassert>
#include <utility>

#include "health/grpc_probe.h"
#include "health/http_probe.h"
#include "health/probe_under_way.h"
#include "health/resolver.h"
#include "health/tcp_probe.h"
#include "health/tls_context.h"

namespace waypost::health {
namespace {

class NetworkProber final : public Prober {
 public:
  NetworkProber(asio::io_context& context, NetworkOptions options)
      : context_(context),
        under_way_(std::make_shared<ProbesUnderWay>(context)),
        tcp_(std::make_shared<TcpProbes>(context, under_way_)),
        resolver_(std::make_shared<Resolver>(context, Resolver::Options{std::move(options.name_servers)})) {}
  ~NetworkProber() override { NetworkProber::CancelAll(); }

  void Start(const ProbeRequest& request, std::function<void(ProbeResult)> done) override;
  void CancelAll() override;

 private:
  class NameProbe;

  void Begin(ProbeTask task, const asio::ip::address& address);

  asio::io_context& context_;
  std::shared_ptr<ProbesUnderWay> under_way_;
  std::shared_ptr<TcpProbes> tcp_;
  std::shared_ptr<Resolver> resolver_;
  TlsContexts tls_;
};

/// A check that waits for the address of its door's name.
class NetworkProber::NameProbe final : public Probe {
 public:
  NameProbe(NetworkProber& prober, ProbeTask task) : Probe(std::move(task)), prober_(prober) {}

  /// The probe is under way already.
  static void Begin(const std::shared_ptr<NameProbe>& probe) {
    probe->name_ = probe->task().door().host;
    const auto ticket =
        probe->prober_.resolver_->Ask(probe->name_, [probe](const Resolved& resolved) { probe->OnAnswer(resolved); });
    if (probe->under_way()) probe->ticket_ = ticket;
  }

  std::string Step() const override { return "resolve " + name_; }

 private:
  void OnAnswer(const Resolved& resolved) {
    if (!under_way()) return;
    ticket_ = 0;
    if (!resolved.why.empty()) return Fail(resolved.why);
    prober_.Begin(Leave(), resolved.address);
  }

  void Close() override {
    if (ticket_ != 0) prober_.resolver_->Forget(name_, std::exchange(ticket_, 0));
  }

  NetworkProber& prober_;
  std::string name_;
  Resolver::Ticket ticket_ = 0;  // 0: does not wait in the resolver
};

void NetworkProber::Start(const ProbeRequest& request, std::function<void(ProbeResult)> done) {
  assert(request.plan->kind != model::CheckKind::kHeartbeat);
  ProbeTask task{request, std::move(done), Clock::now()};
  error_code no_address;
  const asio::ip::address address = asio::ip::make_address(request.door.host, no_address);
  if (!no_address.failed()) return Begin(std::move(task), address);
  const Resolved* known = resolver_->Find(request.door.host);
  if (known == nullptr) {
    const auto probe = std::make_shared<NameProbe>(*this, std::move(task));
    under_way_->Add(probe);
    NameProbe::Begin(probe);
  } else if (known->why.empty()) {
    Begin(std::move(task), known->address);
  } else {
    under_way_->Tell(std::move(task), "resolve " + request.door.host + ": " + known->why);
  }
}

void NetworkProber::Begin(ProbeTask task, const asio::ip::address& address) {
  const SocketAddress at(address, task.door().port);
  switch (task.plan().kind) {
    case model::CheckKind::kTcp:
      tcp_->Start(std::move(task), at);
      break;
    case model::CheckKind::kHttp:
    case model::CheckKind::kHttps:
      StartHttpProbe({context_, *under_way_, tls_}, std::move(task), at);
      break;
    case model::CheckKind::kGrpc:
      StartGrpcProbe(context_, *under_way_, std::move(task), at);
      break;
    case model::CheckKind::kHeartbeat:
      under_way_->Tell(std::move(task), "heartbeats are not asked for");
      break;
  }
}

void NetworkProber::CancelAll() {
  under_way_->CancelAll();
  resolver_->CancelAll();
  tcp_->CloseIdle();
}

}  // namespace

std::unique_ptr<Prober> MakeNetworkProber(boost::asio::io_context& context) { return MakeNetworkProber(context, {}); }

std::unique_ptr<Prober> MakeNetworkProber(boost::asio::io_context& context, NetworkOptions options) {
  return std::make_unique<NetworkProber>(context, std::move(options));
}

}  // namespace waypost::health
