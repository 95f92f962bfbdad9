#include "server/dns_side.h"

#include <filesystem>

#include "waypost/model/owner_name.h"

namespace waypost::server {
namespace {

using model::Code;
using model::MakeError;
using model::Status;

constexpr std::chrono::milliseconds kStopPatience{300};

dns::ServerOptions DoorOptions(const Settings& settings) {
  dns::ServerOptions options;
  options.listen = settings.dns;
  options.threads = settings.threads;
  options.answers.api_name = settings.api_name;
  options.answers.api_addresses = settings.api_addresses;
  options.answers.outside =
      settings.dns_outside == "nxdomain" ? dns::OutsideRule::kNxDomain : dns::OutsideRule::kRefused;
  options.answers.private_networks = settings.private_networks;
  options.answers.nameservers = settings.nameservers;
  for (const Settings::Zone& zone : settings.client_zones) options.answers.zones.push_back({zone.name, zone.clients});
  const DnsSettings& dns = settings.dns_table;
  options.answers.status_networks = dns.status_networks;
  options.answers.reverse_networks = dns.reverse_networks;
  options.answers.nsid = dns.nsid;
  options.answers.cookies = dns.cookies;
  options.answers.cookie_secret = dns.cookie_secret;
  options.rates = {dns.rate_limit, dns.rate_limit_slip, dns.error_rate_limit};
  options.tcp_connections_max = dns.tcp_connections;
  options.tcp_per_client_max = dns.tcp_per_client;
  options.tls = {settings.tls.dot, settings.tls.certificate, settings.tls.key};
  return options;
}

/// `192.0.2.7:5353`, or an address alone: then port 53.
model::Result<dns::Endpoint> SecondaryAddress(const std::string& text) {
  constexpr std::uint16_t kPort = 53;
  model::Result<dns::Address> alone = dns::Address::Parse(text);
  if (alone.ok()) return dns::Endpoint{*alone, kPort};
  return dns::Endpoint::Parse(text);
}

/// Null where nothing is forwarded.
model::Result<std::unique_ptr<forward::Forwarder>> MakeForwarder(const Settings& settings, const telemetry::Log& log) {
  const ForwardSettings& forward = settings.forward;
  if (!forward.enabled) return std::unique_ptr<forward::Forwarder>();
  forward::Options options;
  options.clients = forward.clients;
  options.upstreams = forward.upstreams;
  for (const ForwardDomain& domain : forward.domains) options.domains.push_back({domain.name, domain.upstreams});
  options.mode = forward.parallel ? forward::Mode::kParallel : forward::Mode::kFailover;
  options.try_timeout = forward.timeout;
  options.cache_octets_max = forward.cache_octets;
  options.stale_max = std::chrono::duration_cast<std::chrono::seconds>(forward.serve_stale);
  options.prefetch = forward.prefetch ? forward::Prefetch::kOn : forward::Prefetch::kOff;
  for (const std::string& address : settings.dns) {
    WP_TRY(own, dns::Endpoint::Parse(address));
    if (own.port != 0) options.own_addresses.push_back(own);
  }
  return forward::Forwarder::Create(std::move(options), log);
}

model::Result<dns::Keyring> MakeKeyring(const Settings& settings) {
  std::vector<dns::TsigKeyOptions> keys;
  for (const TsigKeySettings& key : settings.tsig_keys) keys.push_back({key.name, key.algorithm, key.secret});
  return dns::Keyring::Create(keys);
}

}  // namespace

Status DnsSide::Check(const Settings& settings, const telemetry::Log& log) {
  WP_CHECK(dns::AnswerPolicy::Create(DoorOptions(settings).answers));
  WP_TRY(keys, MakeKeyring(settings));
  for (const SecondarySettings& secondary : settings.secondaries) {
    WP_CHECK(SecondaryAddress(secondary.address));
    if (secondary.key.empty()) continue;
    WP_TRY(key, model::OwnerName::Parse(secondary.key));
    if (keys.Find(key.wire()) == nullptr) {
      return MakeError(Code::kConfig, "the secondary " + secondary.address +
                                          " has a key that no [[tsig-key]] gives: " + secondary.key);
    }
  }
  WP_CHECK(MakeForwarder(settings, log));
  return model::Ok();
}

DnsSide::DnsSide(const Settings& settings, view::View& view, const model::Clock& clock, telemetry::Log log)
    : settings_(settings), view_(view), clock_(clock), log_(std::move(log)) {}

Status DnsSide::Prepare(registry::Registry& registry) {
  const dns::ServerOptions options = DoorOptions(settings_);
  WP_TRY(policy, dns::AnswerPolicy::Create(options.answers));
  policy_ = std::move(policy);
  if (!policy_->reverse_apexes().empty()) view_.EnableReverse();
  WP_TRY(keyring, MakeKeyring(settings_));
  keys_ = std::make_shared<const dns::Keyring>(std::move(keyring));
  if (!settings_.dns_table.query_log.empty()) {
    WP_TRY(log, dns::QueryLog::Open(settings_.dns_table.query_log, settings_.dns_table.query_log_sample, clock_));
    query_log_ = std::move(log);
  }
  WP_TRY(forwarder, MakeForwarder(settings_, log_));
  forwarder_ = std::move(forwarder);
  WP_CHECK(MakeTransfers(registry));
  door_.emplace(view_, options, log_, dns::ServerSources{forwarder_.get(), transfers_.get(), keys_, query_log_.get()});
  return MakeZones();
}

Status DnsSide::MakeTransfers(registry::Registry& registry) {
  if (settings_.secondaries.empty()) return model::Ok();
  transfer::Options options;
  for (const SecondarySettings& secondary : settings_.secondaries) {
    WP_TRY(address, SecondaryAddress(secondary.address));
    options.secondaries.push_back({address, secondary.zones, secondary.key});
  }
  options.nameservers = policy_->nameservers();
  options.private_networks = policy_->private_networks();
  for (const std::string& listen : settings_.dns) {
    WP_TRY(own, dns::Endpoint::Parse(listen));
    if (!own.address.is_wildcard()) options.nameserver_addresses.push_back(own.address);
  }
  options.journal_octets_max = settings_.transfers.journal_octets;
  options.journal_age_max = settings_.transfers.journal_age;
  WP_TRY(transfers, transfer::ZoneTransfers::Create(std::move(options), view_, keys_, clock_, log_));
  transfers_ = std::move(transfers);
  registry.Listen(*transfers_);
  return model::Ok();
}

Status DnsSide::MakeZones() {
  if (settings_.zones.empty()) return model::Ok();
  if (!std::filesystem::is_directory(settings_.zones)) {
    return MakeError(Code::kConfig, "--zones " + settings_.zones + " is no directory");
  }
  zones_.emplace(settings_.zones, view_, log_,
                 [this](const std::shared_ptr<const zone::ZoneSet>& zones) { Publish(zones); });
  return zones_->Load();
}

void DnsSide::Publish(const std::shared_ptr<const zone::ZoneSet>& zones) {
  door_->SetZones(zones);
  if (transfers_ != nullptr) transfers_->SetZones(zones);
}

Status DnsSide::Bind() { return door_->Bind(); }

Status DnsSide::Start() {
  if (forwarder_ != nullptr) forwarder_->Start();
  if (transfers_ != nullptr) WP_CHECK(transfers_->Start());
  door_->Start();
  for (const std::string& address : door_->addresses()) log_->info("dns on {} (UDP and TCP)", address);
  for (const std::string& address : door_->tls_addresses()) log_->info("dns over TLS on {}", address);
  return model::Ok();
}

void DnsSide::Loaded() {
  if (!zones_) return;
  zones_->CheckAll();
  zones_->Start();
}

void DnsSide::Reload() {
  if (zones_) {
    const Status loaded = zones_->Load();
    if (!loaded.ok()) log_->error("the static zones stay as they are: {}", loaded.error().message);
  }
  if (!door_->tls_addresses().empty()) {
    const Status certificate = door_->ReloadCertificate();
    if (!certificate.ok()) log_->error("the certificate stays as it is: {}", certificate.error().message);
  }
  if (query_log_ != nullptr) {
    const Status opened = query_log_->Reopen();
    if (!opened.ok()) log_->error("{}", opened.error().message);
  }
}

void DnsSide::Stop() {
  if (zones_) zones_->Stop();
  door_->Stop(kStopPatience);
  if (transfers_ != nullptr) transfers_->Stop();
  if (forwarder_ != nullptr) forwarder_->Stop();
}

}  // namespace waypost::server
