#include "health/resolver.h"

#include <netinet/in.h>

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "health/probe_dns_channel.h"

namespace waypost::health {
namespace {

std::string WordsOfStatus(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
      return "no such name";
    case ARES_ENODATA:
      return "the name has no address";
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED:
      return "no name server answers";
    case ARES_ESERVFAIL:
      return "the name server failed";
    case ARES_EREFUSED:
      return "the name server refuses";
    case ARES_EBADNAME:
      return "not a name";
    case ARES_EBADRESP:
    case ARES_EFORMERR:
      return "the name server's answer is broken";
    default:
      return ares_strerror(status);
  }
}

asio::ip::address AddressOf(const ares_addrinfo_node& node) {
  if (node.ai_family == AF_INET) {
    return asio::ip::address_v4(ntohl(reinterpret_cast<const sockaddr_in*>(node.ai_addr)->sin_addr.s_addr));
  }
  asio::ip::address_v6::bytes_type octets;
  const auto& from = reinterpret_cast<const sockaddr_in6*>(node.ai_addr)->sin6_addr;
  std::copy(std::begin(from.s6_addr), std::end(from.s6_addr), octets.begin());
  return asio::ip::address_v6(octets);
}

/// The first IPv4 address, else the first one.
const ares_addrinfo_node* Choose(const ares_addrinfo& found) {
  for (const auto* node = found.nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family == AF_INET) return node;
  }
  return found.nodes;
}

std::chrono::seconds KeptFor(const ares_addrinfo& found, const ares_addrinfo_node& chosen) {
  int ttl = chosen.ai_ttl;
  for (const auto* alias = found.cnames; alias != nullptr; alias = alias->next) ttl = std::min(ttl, alias->ttl);
  return std::clamp(std::chrono::seconds(ttl), Resolver::kKeptMin, Resolver::kKeptMax);
}

}  // namespace

/// What c-ares gives back with an answer.
struct Resolver::Question {
  std::weak_ptr<Resolver> resolver;
  std::string name;
};

Resolver::~Resolver() {
  if (channel_ != nullptr) channel_->Close();
}

const Resolved* Resolver::Find(const std::string& name) {
  const auto at = names_.find(name);
  const bool valid = at != names_.end() && !at->second.asked && at->second.until > options_.now();
  return valid ? &at->second.resolved : nullptr;
}

Resolver::Ticket Resolver::Ask(const std::string& name, Done done) {
  const Ticket ticket = ++last_ticket_;
  auto at = names_.find(name);
  if (at == names_.end()) {
    if (names_.size() >= kNamesMax && !MakeRoom()) {
      done(Resolved{{}, "this server resolves too many names at once"});
      return ticket;
    }
    at = names_.try_emplace(name).first;
  }
  at->second.waiters.push_back({ticket, std::move(done)});
  if (std::exchange(at->second.asked, true)) return ticket;
  if (!OpenChannel()) {
    Settle(name, Resolved{{}, "this server cannot ask name servers"}, kKeptMin);
    return ticket;
  }
  ++questions_;
  // c-ares calls back exactly once, at the latest when the channel closes.
  auto question = std::make_unique<Question>();
  question->resolver = weak_from_this();
  question->name = name;
  channel_->Ask(name, OnAnswer, question.release());
  return ticket;
}

void Resolver::OnAnswer(void* argument, int status, int /*timeouts*/, ares_addrinfo* found) {
  const std::unique_ptr<Question> question(static_cast<Question*>(argument));
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned(found, ares_freeaddrinfo);
  const auto self = question->resolver.lock();
  if (status == ARES_EDESTRUCTION || self == nullptr) return;
  --self->questions_;
  const ares_addrinfo_node* chosen = status == ARES_SUCCESS && found != nullptr ? Choose(*found) : nullptr;
  if (chosen != nullptr) {
    self->Settle(question->name, Resolved{AddressOf(*chosen), {}}, KeptFor(*found, *chosen));
  } else {
    self->Settle(question->name, Resolved{{}, WordsOfStatus(status == ARES_SUCCESS ? ARES_ENODATA : status)}, kKeptMin);
  }
}

void Resolver::Settle(const std::string& name, Resolved resolved, std::chrono::seconds kept) {
  const auto at = names_.find(name);
  if (at == names_.end()) return;
  at->second.asked = false;
  at->second.until = options_.now() + kept;
  at->second.resolved = resolved;
  const std::vector<Waiter> waiters = std::exchange(at->second.waiters, {});
  for (const Waiter& waiter : waiters) waiter.done(resolved);
}

void Resolver::Forget(const std::string& name, Ticket ticket) {
  const auto at = names_.find(name);
  if (at == names_.end()) return;
  std::erase_if(at->second.waiters, [ticket](const Waiter& waiter) { return waiter.ticket == ticket; });
}

void Resolver::CancelAll() {
  if (channel_ != nullptr) channel_->Close();
  channel_ = nullptr;
  questions_ = 0;
  names_.clear();
}

/// Forgets what is no longer valid, else the name that is valid least long.
bool Resolver::MakeRoom() {
  const Clock::time_point now = options_.now();
  std::erase_if(names_, [now](const auto& entry) { return !entry.second.asked && entry.second.until <= now; });
  if (names_.size() < kNamesMax) return true;
  auto soonest = names_.end();
  for (auto at = names_.begin(); at != names_.end(); ++at) {
    if (at->second.asked) continue;
    if (soonest == names_.end() || at->second.until < soonest->second.until) soonest = at;
  }
  if (soonest == names_.end()) return false;
  names_.erase(soonest);
  return true;
}

bool Resolver::OpenChannel() {
  const Clock::time_point now = options_.now();
  if (channel_ != nullptr && questions_ == 0 && now - channel_opened_ > kConfigurationAge) {
    channel_->Close();
    channel_ = nullptr;
  }
  if (channel_ != nullptr) return true;
  DnsChannel::Options options;
  options.name_servers = options_.name_servers;
  options.try_timeout = kTryTimeout;
  options.tries = kTries;
  channel_ = DnsChannel::Open(context_, options);
  channel_opened_ = now;
  return channel_ != nullptr;
}

}  // namespace waypost::health
