#include "forward/routes.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "waypost/model/owner_name.h"

namespace waypost::forward {
namespace {

using model::Code;
using model::MakeError;

constexpr std::string_view kSystem = "system";

bool IsLoopback(const dns::Address& address) {
  static const dns::Networks loopback = dns::Networks::Parse({"127.0.0.0/8", "::1"}).value();
  return loopback.Contains(address);
}

bool IsLocal(const dns::Address& address) {
  if (IsLoopback(address)) return true;
  ifaddrs* found = nullptr;
  if (getifaddrs(&found) != 0) return false;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owned(found, freeifaddrs);
  for (const ifaddrs* at = found; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr) continue;
    const int family = at->ifa_addr->sa_family;
    sockaddr_storage storage = {};
    if (family == AF_INET) std::memcpy(&storage, at->ifa_addr, sizeof(sockaddr_in));
    if (family == AF_INET6) std::memcpy(&storage, at->ifa_addr, sizeof(sockaddr_in6));
    if (dns::Address::From(storage) == address) return true;
  }
  return false;
}

}  // namespace

bool Reaches(const dns::Endpoint& server, const std::vector<dns::Endpoint>& own) {
  return std::any_of(own.begin(), own.end(), [&server](const dns::Endpoint& listener) {
    if (listener.port != server.port || listener.address.size != server.address.size) return false;
    return listener.address == server.address || (listener.address.is_wildcard() && IsLocal(server.address));
  });
}

Routes::Routes(asio::io_context& context, const Options& options, const Surroundings& surroundings, telemetry::Log log)
    : context_(context),
      own_(options.own_addresses),
      try_timeout_(options.try_timeout),
      now_(surroundings.now),
      log_(std::move(log)),
      system_(surroundings.resolv_conf) {}

model::Result<std::unique_ptr<Routes>> Routes::Create(asio::io_context& context, const Options& options,
                                                      const Surroundings& surroundings, telemetry::Log log) {
  std::unique_ptr<Routes> routes(new Routes(context, options, surroundings, std::move(log)));
  if (options.upstreams.empty() && options.domains.empty()) {
    return MakeError(Code::kConfig, "forwarding needs upstreams, or domains with upstreams");
  }
  if (options.domains.size() > Forwarder::kDomainsMax) {
    return MakeError(Code::kConfig, "more than " + std::to_string(Forwarder::kDomainsMax) + " domains to forward");
  }
  if (!options.upstreams.empty()) {
    WP_TRY(list, routes->MakeList(options.upstreams, "upstreams"));
    routes->others_ = std::move(list);
  }
  for (const DomainOptions& domain : options.domains) {
    const auto name = model::OwnerName::Parse(domain.name);
    if (!name.ok()) return MakeError(Code::kConfig, "forwarded domain: " + name.error().message);
    WP_TRY(list, routes->MakeList(domain.upstreams, "upstreams of " + domain.name));
    routes->names_.push_back(std::make_unique<const std::string>(name.value().wire()));
    if (!routes->domains_.emplace(*routes->names_.back(), std::move(list)).second) {
      return MakeError(Code::kConfig, "the domain " + domain.name + " is forwarded twice");
    }
  }
  return routes;
}

model::Result<Routes::List> Routes::MakeList(const std::vector<std::string>& texts, const std::string& where) {
  if (texts.empty()) return MakeError(Code::kConfig, where + ": there are none");
  if (texts.size() > Forwarder::kUpstreamsMax) {
    return MakeError(Code::kConfig, where + ": more than " + std::to_string(Forwarder::kUpstreamsMax));
  }
  List list;
  if (std::find(texts.begin(), texts.end(), kSystem) != texts.end()) {
    if (texts.size() != 1) return MakeError(Code::kConfig, where + ": \"system\" stands alone");
    WP_CHECK(MakeSystemList());
    list.system = true;
    return list;
  }
  for (const std::string& text : texts) {
    WP_TRY(endpoint, ParseServer(text));
    if (endpoint.address.is_wildcard()) {
      return MakeError(Code::kConfig, where + ": " + text + " is the address of no server");
    }
    if (Reaches(endpoint, own_)) {
      return MakeError(Code::kConfig, where + ": " + text + " is this server itself");
    }
    const auto upstream = UpstreamAt(endpoint);
    if (std::find(list.servers.begin(), list.servers.end(), upstream) != list.servers.end()) {
      return MakeError(Code::kConfig, where + ": " + text + " is there twice");
    }
    list.servers.push_back(upstream);
  }
  return list;
}

model::Status Routes::MakeSystemList() {
  if (std::exchange(uses_system_, true)) return model::Ok();
  system_.Refresh(now_());
  if (system_.servers().empty()) {
    return MakeError(Code::kConfig, system_.path() + " has no nameserver to send questions to");
  }
  if (!TakeSystem()) {
    return MakeError(Code::kConfig, "all name servers in " + system_.path() + " are this server itself");
  }
  return model::Ok();
}

bool Routes::TakeSystem() {
  Servers servers;
  for (const dns::Endpoint& endpoint : system_.servers()) {
    if (endpoint.address.is_wildcard() || Reaches(endpoint, own_)) {
      log_->warn("{} names this server itself, {}, as a name server: it is left out", system_.path(), endpoint.str());
    } else {
      servers.push_back(UpstreamAt(endpoint));
    }
  }
  if (servers.empty()) return false;
  system_servers_ = std::move(servers);
  return true;
}

std::shared_ptr<Upstream> Routes::UpstreamAt(const dns::Endpoint& endpoint) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Upstream>& upstream = upstreams_[endpoint.str()];
  if (upstream == nullptr) {
    Upstream::Options options;
    options.endpoint = endpoint;
    options.try_timeout = try_timeout_;
    options.now = now_;
    upstream = std::make_shared<Upstream>(context_, std::move(options));
  }
  return upstream;
}

const Routes::List* Routes::Find(std::string_view name) const {
  if (!domains_.empty()) {
    for (;; name.remove_prefix(1u + static_cast<std::uint8_t>(name.front()))) {
      const auto at = domains_.find(name);
      if (at != domains_.end()) return &at->second;
      if (name.size() <= 1) break;
    }
  }
  return others_ ? &*others_ : nullptr;
}

std::vector<std::shared_ptr<Upstream>> Routes::ServersOf(std::string_view name) {
  const List* list = Find(name);
  if (list == nullptr) return {};
  if (!list->system) return list->servers;
  if (system_.Refresh(now_())) {
    if (TakeSystem()) {
      DropUnused();
      log_->info("{} has changed: {} name servers are asked from now on", system_.path(), system_servers_.size());
    } else {
      log_->warn("{} has changed, but leaves no server to ask: those from before are kept", system_.path());
    }
  }
  return system_servers_;
}

void Routes::DropUnused() {
  const std::lock_guard lock(mutex_);
  const auto has = [](const Servers& servers, const std::shared_ptr<Upstream>& upstream) {
    return std::find(servers.begin(), servers.end(), upstream) != servers.end();
  };
  std::erase_if(upstreams_, [&](const auto& entry) {
    const auto& upstream = entry.second;
    bool used = has(system_servers_, upstream) || (others_ && has(others_->servers, upstream));
    for (const auto& domain : domains_) used = used || has(domain.second.servers, upstream);
    if (!used) upstream->CloseIdle();
    return !used;
  });
}

void Routes::AddTo(std::vector<UpstreamTotals>& totals) const {
  const auto read = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  const std::lock_guard lock(mutex_);
  for (const auto& [address, upstream] : upstreams_) {
    const Upstream::Counters& counters = upstream->counters();
    UpstreamTotals one;
    one.address = address;
    one.questions = read(counters.questions);
    one.failures = read(counters.failures);
    one.timeouts = read(counters.timeouts);
    one.tcp_retries = read(counters.tcp);
    one.answers = read(counters.answers);
    one.latency_sum = std::chrono::microseconds(read(counters.latency_us));
    totals.push_back(std::move(one));
  }
}

void Routes::CloseIdle() {
  for (const auto& entry : upstreams_) entry.second->CloseIdle();
}

}  // namespace waypost::forward
