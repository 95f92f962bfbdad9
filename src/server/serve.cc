#include "server/serve.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <thread>

#include "server/collect.h"
#include "server/dns_side.h"
#include "server/ready_file.h"
#include "waypost/cloudmap/api.h"
#include "waypost/doh/endpoint.h"
#include "waypost/health/engine.h"
#include "waypost/http/router.h"
#include "waypost/http/server.h"
#include "waypost/operator/events.h"
#include "waypost/operator/explain.h"
#include "waypost/operator/health.h"
#include "waypost/operator/long_poll.h"
#include "waypost/operator/metrics.h"
#include "waypost/operator/probes.h"
#include "waypost/operator/prometheus_sd.h"
#include "waypost/operator/views.h"
#include "waypost/operator/watch.h"
#include "waypost/registry/registry.h"
#include "waypost/store/rocks_store.h"
#include "waypost/telemetry/log.h"

namespace waypost::server {
namespace {

using model::Code;
using model::Status;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kStopTime{5};

int Fail(const model::Error& error) {
  std::fprintf(stderr, "waypost: %s\n", error.message.c_str());
  return error.code == Code::kConfig ? 2 : 1;
}

/// Signals as events, so that they are handled between other work on the main thread. Made before any other thread.
class Signals {
 public:
  Signals() {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&wanted, signal);
    pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    signals_ = signalfd(-1, &wanted, SFD_CLOEXEC);
    woken_ = eventfd(0, EFD_CLOEXEC);
  }
  ~Signals() {
    close(signals_);
    close(woken_);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// From here on a signal to stop means now: everything acknowledged is durable anyway.
  static void ExitOnNext() {
    sigset_t stopping;
    sigemptyset(&stopping);
    for (const int signal : {SIGTERM, SIGINT}) {
      std::signal(signal, [](int) { _exit(0); });
      sigaddset(&stopping, signal);
    }
    pthread_sigmask(SIG_UNBLOCK, &stopping, nullptr);
  }

  /// Ends a Wait; from any thread.
  void Wake() {
    const std::uint64_t one = 1;
    (void)!write(woken_, &one, sizeof one);
  }
  /// The next signal, or 0 after Wake.
  int Wait() {
    pollfd both[] = {{signals_, POLLIN, 0}, {woken_, POLLIN, 0}};
    while (poll(both, 2, -1) < 0) {
    }
    if ((both[0].revents & POLLIN) != 0) {
      signalfd_siginfo info{};
      if (read(signals_, &info, sizeof info) == sizeof info) return static_cast<int>(info.ssi_signo);
    }
    std::uint64_t count = 0;
    (void)!read(woken_, &count, sizeof count);
    return 0;
  }

 private:
  int signals_;
  int woken_;
};

/// Every connection is a file; the soft limit is often low for no reason.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

health::Options HealthOptions(const Settings& settings) {
  health::Options options;
  options.defaults = {settings.check_interval, settings.check_timeout};
  options.suspect_hold = settings.suspect_hold;
  options.history_per_instance = settings.history_per_instance;
  options.in_flight_max = settings.checks_in_flight;
  return options;
}

/// All rooms, wired. Members are destroyed from the last to the first: doors, then registry, then store.
class Process {
 public:
  Process(const Settings& settings, std::function<model::Result<Settings>()> reload, telemetry::Log log)
      : settings_(settings), reload_(std::move(reload)), log_(std::move(log)), ready_file_(settings.ready_file) {}

  int Run() {
    Status started = Start();
    if (!started.ok()) return Fail(started.error());
    std::optional<model::Error> problem;
    std::thread loading([&] {
      Status loaded = registry_->Load();
      if (!loaded.ok()) problem = std::move(loaded).error();
      loaded_.store(true, std::memory_order_release);
      signals_.Wake();
    });
    const int signal = WaitForLoad();
    if (signal != 0) {
      // Nothing was accepted yet, so there is nothing to finish; what was loaded so far is only memory.
      log_->info("stopped while loading");
      std::_Exit(0);
    }
    loading.join();
    if (problem) return Fail(*problem);
    engine_->Start();
    dns_.Loaded();
    Status written = ready_file_.Write({{"http", http_->addresses()},
                                        {"dns", dns_.door().addresses()},
                                        {"https", http_->https_addresses()},
                                        {"dot", dns_.door().tls_addresses()}});
    if (!written.ok()) return Fail(written.error());
    log_->info("ready");
    WaitForStop();
    Stop();
    return 0;
  }

 private:
  Status Start() {
    RaiseFileLimit();
    WP_TRY(store, store::OpenRocksStore({.directory = settings_.data_dir}, clock_, log_));
    store_ = std::move(store);
    registry_.emplace(registry::Options{.load_threads = settings_.threads,
                                        .history_per_instance = settings_.history_per_instance,
                                        .strict_aws = settings_.strict_aws},
                      *store_, view_, clock_, log_);
    engine_.emplace(HealthOptions(settings_), *registry_, view_, clock_, log_);
    events_.emplace(oper::EventsOptions{}, watch_, view_);
    prometheus_sd_.emplace(oper::PrometheusSdOptions{}, watch_, view_);
    long_poll_.emplace(oper::LongPollOptions{.workers = settings_.threads}, watch_, view_);
    registry_->Listen(*engine_);
    registry_->Listen(*events_);
    registry_->Listen(*long_poll_);
    WP_CHECK(dns_.Prepare(*registry_));
    api_.emplace(cloudmap::Options{settings_.identity, settings_.ec2_addresses, settings_.threads}, *registry_, view_,
                 clock_, log_);
    probes_.AddTo(router_);
    metrics_.AddTo(router_);
    AddHealthRoutes();
    router_.Add("", "/", *api_);
    if (settings_.tls.doh) {
      doh_.emplace([this](std::vector<std::uint8_t> query, const dns::Asker& asker, doh::Endpoint::Done done) {
        dns_.door().Ask(std::move(query), asker, std::move(done));
      });
      doh_->AddTo(router_);
    }
    http::Options options;
    options.listen = settings_.http;
    options.https = {settings_.tls.https, settings_.tls.certificate, settings_.tls.key};
    options.threads = settings_.threads;
    options.revision = [this] { return view_.applied(); };
    http_.emplace(std::move(options), router_);
    WP_CHECK(http_->Bind());
    WP_CHECK(dns_.Bind());
    probes_.Describe(
        {WAYPOST_VERSION, settings_.identity, http_->addresses(), dns_.door().addresses(), settings_.api_name});
    watch_.Start();
    http_->Start();
    for (const std::string& address : http_->addresses()) log_->info("http on {}", address);
    for (const std::string& address : http_->https_addresses()) log_->info("https on {}", address);
    return dns_.Start();
  }

  /// What people ask and do about health.
  void AddHealthRoutes() {
    explain_.emplace(oper::ExplainOptions{
        .registry = *registry_,
        .view = view_,
        .clock = clock_,
        .describe = [this](const model::ServiceId& service, const std::string& instance,
                           auto done) { engine_->Describe(service, instance, std::move(done)); },
        .zone_of =
            [this](std::string_view client) {
              const auto address = dns::Address::Parse(client);
              return address.ok() ? std::string(dns_.policy().ZoneNameOf(*address)) : std::string();
            },
        .sees_private =
            [this](std::string_view client) {
              const auto address = dns::Address::Parse(client);
              return address.ok() && dns_.policy().private_networks().Contains(*address);
            }});
    explain_->AddTo(router_);
    health_.emplace(
        oper::HealthOptions{.registry = *registry_,
                            .view = view_,
                            .clock = clock_,
                            .recheck = [this](const model::ServiceId& service, const std::string& instance, auto done) {
                              engine_->Recheck(service, instance, std::move(done));
                            }});
    health_->AddTo(router_);
    views_.emplace(oper::ViewsOptions{.registry = *registry_, .view = view_, .clock = clock_});
    views_->AddTo(router_);
    events_->AddTo(router_);
    long_poll_->AddTo(router_);
    prometheus_sd_->AddTo(router_);
  }

  /// A signal that asks to stop, or 0 when the registry is loaded or could not be.
  int WaitForLoad() {
    while (!loaded_.load(std::memory_order_acquire)) {
      const int signal = signals_.Wait();
      if (signal == SIGTERM || signal == SIGINT) return signal;
    }
    return 0;
  }

  void WaitForStop() {
    while (true) {
      const int signal = signals_.Wait();
      if (signal == SIGHUP) Reload();
      if (signal == SIGTERM || signal == SIGINT) return;
    }
  }

  /// Takes over what can change while the server runs, and names what cannot.
  void Reload() {
    const model::Result<Settings> fresh = reload_();
    if (!fresh.ok()) {
      log_->error("the configuration was not reloaded: {}", fresh.error().message);
      return;
    }
    log_->set_level(spdlog::level::from_str(fresh->log_level));
    dns_.Reload();
    if (!settings_.tls.https.empty()) {
      const Status certificate = http_->ReloadCertificate();
      if (!certificate.ok()) log_->error("the https certificate stays as it is: {}", certificate.error().message);
    }
    if (fresh->http != settings_.http || fresh->dns != settings_.dns || fresh->threads != settings_.threads ||
        fresh->data_dir != settings_.data_dir || fresh->identity.account != settings_.identity.account ||
        fresh->identity.region != settings_.identity.region || fresh->api_name != settings_.api_name ||
        fresh->zones != settings_.zones || fresh->dns_table != settings_.dns_table ||
        fresh->forward != settings_.forward || fresh->tsig_keys != settings_.tsig_keys ||
        fresh->secondaries != settings_.secondaries || fresh->transfers != settings_.transfers ||
        fresh->tls != settings_.tls) {
      log_->warn(
          "some changed settings (addresses, threads, data-dir, region, account, dns, forward, transfer, tls) need a "
          "restart");
    }
    log_->info("configuration reloaded");
  }

  void Stop() {
    log_->info("stopping");
    const auto deadline = steady_clock::now() + kStopTime;
    Signals::ExitOnNext();
    watch_.Stop();
    http_->Stop(deadline - std::chrono::milliseconds(500));
    dns_.Stop();
    engine_->Stop();
    registry_->Stop();
    log_->info("stopped");
  }

  Settings settings_;
  std::function<model::Result<Settings>()> reload_;
  telemetry::Log log_;
  Signals signals_;
  std::atomic<bool> loaded_{false};
  model::SystemClock clock_;
  view::View view_;
  std::unique_ptr<store::Store> store_;
  // Listeners outlive the registry, whose last calls may come while it stops.
  DnsSide dns_{settings_, view_, clock_, log_};
  oper::Watch watch_;
  std::optional<oper::PrometheusSd> prometheus_sd_;
  std::optional<health::Engine> engine_;
  std::optional<oper::Events> events_;
  std::optional<oper::LongPoll> long_poll_;
  std::optional<registry::Registry> registry_;
  std::optional<cloudmap::Api> api_;
  oper::Probes probes_{view_};
  oper::Metrics metrics_{[this] { return CollectSamples(view_, *registry_, dns_, *engine_, *events_, *long_poll_); }};
  std::optional<oper::Explain> explain_;
  std::optional<oper::Health> health_;
  std::optional<oper::Views> views_;
  std::optional<doh::Endpoint> doh_;
  http::Router router_;
  std::optional<http::Server> http_;
  ReadyFile ready_file_;
};

}  // namespace

int Serve(const Settings& settings, const std::function<model::Result<Settings>()>& reload) {
  telemetry::Log log = telemetry::MakeLog(
      settings.log_level, settings.log_format == "json" ? telemetry::LogFormat::kJson : telemetry::LogFormat::kText);
  return Process(settings, reload, std::move(log)).Run();
}

}  // namespace waypost::server
