// Any octets as a DNS message: the answer must be a well-formed one, or silence where silence is due.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "../dns/wire_message.h"
#include "waypost/dns/answerer.h"
#include "waypost/view/edit.h"

namespace {

using namespace waypost;

#define MUST(condition)                                            \
  do {                                                             \
    if (!(condition)) {                                            \
      std::fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
      std::abort();                                                \
    }                                                              \
  } while (false)

/// A small registry with something of every kind.
class World {
 public:
  World() {
    const auto zone = AddZone("z.test", model::NamespaceType::kDnsPublic);
    AddZone("p.z.test", model::NamespaceType::kDnsPrivate);
    const auto a = AddService(zone, "a", model::RoutingPolicy::kMultivalue, {{model::RecordType::kA, 60}});
    for (int i = 0; i < 100; ++i)
      Register(a, "i" + std::to_string(i), {{"AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(i)}});
    const auto srv = AddService(zone, "_s._tcp", model::RoutingPolicy::kMultivalue, {{model::RecordType::kSrv, 5}});
    for (const char* id : {"x", "X", "a.b", "c/d", "w@w"}) {
      Register(srv, id, {{"AWS_INSTANCE_IPV4", "10.0.1.1"}, {"AWS_INSTANCE_IPV6", "::1"}, {"AWS_INSTANCE_PORT", "9"}});
    }
    AddCname(zone, "c", "a.z.test");
    AddCname(zone, "d", "c.z.test");
    AddCname(zone, "l", "l.z.test");
    AddCname(zone, "m", "n.z.test");
    AddCname(zone, "o", "example.org");
    const auto alias = AddService(zone, "w", model::RoutingPolicy::kWeighted,
                                  {{model::RecordType::kA, 7}, {model::RecordType::kAaaa, 8}});
    Register(alias, "i", {{"AWS_ALIAS_DNS_NAME", "x._s._tcp.z.test"}});
    view::Edit(view).SetReady();
  }

  view::View view;

 private:
  model::NamespaceId AddZone(const std::string& name, model::NamespaceType type) {
    model::Namespace value;
    value.id = model::NamespaceId::Draw(random_);
    value.type = type;
    value.name = value.http_name = name;
    value.soa_ttl = 15;
    view::Edit(view).PutNamespace(value, ++revision_);
    return value.id;
  }
  model::ServiceId AddService(const model::NamespaceId& in, const std::string& name, model::RoutingPolicy routing,
                              std::vector<model::DnsRecord> records) {
    model::Service value;
    value.id = model::ServiceId::Draw(random_);
    value.namespace_id = in;
    value.name = name;
    value.type = model::ServiceType::kDnsHttp;
    value.dns = model::DnsConfig{routing, std::move(records)};
    view::Edit(view).PutService(value, ++revision_);
    return value.id;
  }
  void Register(const model::ServiceId& service, const std::string& id, model::Attributes attributes) {
    model::Instance value;
    value.service_id = service;
    value.id = id;
    value.attributes = std::move(attributes);
    view::Edit(view).PutInstance(value, std::nullopt, ++revision_);
  }
  void AddCname(const model::NamespaceId& in, const std::string& name, const std::string& target) {
    const auto service = AddService(in, name, model::RoutingPolicy::kWeighted, {{model::RecordType::kCname, 9}});
    Register(service, "i", {{"AWS_INSTANCE_CNAME", target}});
  }

  model::Random random_{1};
  model::Revision revision_ = 0;
};

void Check(dns::Answerer& answerer, const std::uint8_t* data, std::size_t size, dns::Transport transport,
           std::size_t room) {
  std::vector<std::uint8_t> response(room);
  dns::Answerer::Job job;
  job.query = data;
  job.query_size = size;
  job.response = response.data();
  job.room = room;
  job.asker = {dns::Address::Parse("127.0.0.1").value(), dns::Address::Parse("::1").value(), transport};
  answerer.Answer({&job, 1});
  const bool silent = size < 12 || (data[2] & 0x80) != 0 || size > 65535;
  MUST((job.response_size == 0) == silent);
  if (silent) return;
  MUST(job.response_size <= room);
  const auto message = dns::wire::Message::Decode({response.data(), job.response_size});
  MUST(message.has_value());
  MUST(message->id == static_cast<unsigned>(data[0] << 8 | data[1]));
  MUST((message->flags & 0x8000) != 0 && (message->flags & 0x7800) == static_cast<unsigned>((data[2] & 0x78) << 8));
  MUST((message->flags & 0x00f0) == 0);  // RA, Z, AD, CD
  MUST(message->rcode == 0 || message->rcode == 3 || message->answer.empty());
  MUST(transport != dns::Transport::kUdp || message->edns.has_value() || job.response_size <= 512);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  static dns::Answerer answerer(world.view, dns::AnswerPolicy::Create({}).value(), 1);
  Check(answerer, data, size, dns::Transport::kUdp, 1232);
  Check(answerer, data, size, dns::Transport::kUdp, 512);
  Check(answerer, data, size, dns::Transport::kTcp, 65535);
  return 0;
}
