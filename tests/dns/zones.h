#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "dns/wire_message.h"
#include "waypost/dns/answerer.h"
#include "waypost/view/edit.h"

namespace waypost::dns {

using Records = std::vector<model::DnsRecord>;
inline const Records kA60 = {{model::RecordType::kA, 60}};
inline const Records kBoth = {{model::RecordType::kA, 30}, {model::RecordType::kAaaa, 40}};
inline const Records kSrv20 = {{model::RecordType::kSrv, 20}};
inline const Records kCname25 = {{model::RecordType::kCname, 25}};

struct ServiceOptions {
  model::RoutingPolicy routing = model::RoutingPolicy::kMultivalue;
  bool custom_health = false;
  model::Tags tags = {};
};

/// A view, filled by short calls.
class Zones {
 public:
  view::View view;

  void Ready() { view::Edit(view).SetReady(); }

  model::NamespaceId AddZone(const std::string& name, model::NamespaceType type = model::NamespaceType::kDnsPublic,
                             std::uint32_t soa_ttl = 15) {
    model::Namespace value;
    value.id = model::NamespaceId::Draw(random_);
    value.type = type;
    value.name = value.http_name = name;
    value.soa_ttl = soa_ttl;
    view::Edit(view).PutNamespace(value, ++revision_);
    return value.id;
  }

  model::ServiceId AddService(const model::NamespaceId& in, const std::string& name, const Records& records,
                              const ServiceOptions& options = {}) {
    model::Service value;
    value.id = model::ServiceId::Draw(random_);
    value.namespace_id = in;
    value.name = name;
    value.custom_health = options.custom_health;
    value.tags = options.tags;
    value.type = records.empty() ? model::ServiceType::kHttp : model::ServiceType::kDnsHttp;
    if (!records.empty()) value.dns = model::DnsConfig{options.routing, records};
    view::Edit(view).PutService(value, ++revision_);
    return value.id;
  }
  model::ServiceId AddWeighted(const model::NamespaceId& in, const std::string& name, const Records& records) {
    return AddService(in, name, records, {.routing = model::RoutingPolicy::kWeighted});
  }

  void Register(const model::ServiceId& service, const std::string& id, model::Attributes attributes) {
    model::Instance value;
    value.service_id = service;
    value.id = id;
    value.attributes = std::move(attributes);
    view::Edit(view).PutInstance(value, std::nullopt, ++revision_);
  }
  /// Instances i0, i1, … with addresses 10.<net>.0.0, 10.<net>.0.1, …
  void RegisterMany(const model::ServiceId& service, unsigned net, unsigned count) {
    std::vector<view::LoadedInstance> instances(count);
    for (unsigned i = 0; i < count; ++i) {
      instances[i].value.service_id = service;
      instances[i].value.id = "i" + std::to_string(i);
      instances[i].value.attributes = {{"AWS_INSTANCE_IPV4", Ipv4(net, i)}};
      instances[i].revision = ++revision_;
    }
    view::Edit(view).LoadInstances(service, instances);
  }
  static std::string Ipv4(unsigned net, unsigned i) {
    return "10." + std::to_string(net) + "." + std::to_string(i / 256) + "." + std::to_string(i % 256);
  }
  void AddView(const model::NamespaceId& in, const std::string& name, const model::ServiceId& service,
               const model::Attributes& filters, std::optional<model::ServiceId> fallback = {}) {
    model::NamedQuery value;
    value.namespace_id = in;
    value.name = name;
    value.service_id = service;
    value.filters = filters;
    value.fallback = fallback;
    view::Edit(view).PutNamedQuery(value, ++revision_);
  }
  void SetHealth(const model::ServiceId& service, const std::string& id, model::HealthState state) {
    view::Edit(view).SetHealth(service, id, state, ++revision_);
  }

 private:
  model::Random random_{7};
  model::Revision revision_ = 0;
};

inline Address Ip(const char* text) { return Address::Parse(text).value(); }

/// Asks an Answerer directly.
class Asking {
 public:
  explicit Asking(Zones& zones, const AnswerOptions& options = {}, std::uint64_t seed = 1)
      : answerer_(zones.view, AnswerPolicy::Create(options).value(), seed) {}
  explicit Asking(AnswerSources sources) : answerer_(std::move(sources), 1) {}

  Asker asker = {Ip("127.0.0.1"), Ip("127.0.0.53"), Transport::kUdp};
  // Of the last message.
  Fate fate = Fate::kSilent;
  bool known_client = false;

  /// The response; empty: silence. Both buffers are exactly as large as they may be, so that a sanitizer sees any step
  /// past.
  wire::Octets Raw(const wire::Octets& query) {
    const std::size_t room = asker.transport == Transport::kUdp ? 1232 : 65535;
    wire::Octets exact(query);
    exact.shrink_to_fit();
    wire::Octets response(room);
    Answerer::Job job;
    job.query = exact.data();
    job.query_size = exact.size();
    job.response = response.data();
    job.room = room;
    job.asker = asker;
    answerer_.Answer({&job, 1});
    fate = job.fate;
    known_client = job.known_client;
    response.resize(job.response_size);
    return response;
  }
  std::optional<wire::Message> Message(const wire::Ask& ask) { return wire::Message::Decode(Raw(wire::Encode(ask))); }

  Answerer& answerer() { return answerer_; }

 private:
  Answerer answerer_;
};

/// A message as text: `RCODE flags`, then a line for each record: answers, `> ` authority, `+ ` additional, each
/// section sorted.
inline std::string Text(const std::optional<wire::Message>& message) {
  if (!message) return "malformed";
  static const char* const kRcodes[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
  std::string text = message->rcode < 6 ? kRcodes[message->rcode] : "RCODE" + std::to_string(message->rcode);
  if (message->aa()) text += " aa";
  if (message->tc()) text += " tc";
  const auto add = [&](const std::vector<wire::Record>& section, const char* mark) {
    std::vector<std::string> lines;
    for (const wire::Record& record : section) lines.push_back("\n" + (mark + record.str()));
    std::sort(lines.begin(), lines.end());
    for (const std::string& line : lines) text += line;
  };
  add(message->answer, "");
  add(message->authority, "> ");
  add(message->additional, "+ ");
  return text;
}

}  // namespace waypost::dns
