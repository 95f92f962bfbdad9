#include "cli/failover_target.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace waypost::cli {
namespace {

using model::Code;
using model::MakeError;

/// With so many answers by chance, one in a thousand runs misses an instance that is still answered: e^-7.
constexpr double kSureness = 7;

model::Error Refuse(std::string why) { return MakeError(Code::kInvalidInput, std::move(why)); }

const std::string& Attribute(const FoundInstance& instance, const std::string& name) {
  static const std::string none;
  const auto found = instance.attributes.find(name);
  return found == instance.attributes.end() ? none : found->second;
}

/// The address as inet_ntop writes it, so that two spellings of one are equal.
std::string CanonicalAddress(const std::string& text, int family) {
  unsigned char octets[16];
  char written[INET6_ADDRSTRLEN];
  if (inet_pton(family, text.c_str(), octets) != 1) return "";
  return inet_ntop(family, octets, written, sizeof written);
}

double Weight(const FoundInstance& instance) {
  const std::string& text = Attribute(instance, "WAYPOST_WEIGHT");
  unsigned weight = 1;
  std::from_chars(text.data(), text.data() + text.size(), weight);
  return weight;
}

bool IsHealthy(const FoundInstance& instance) { return instance.health == "HEALTHY"; }

/// How many answers must be without an instance that is drawn with this chance, until it can be taken for gone.
std::size_t Decisive(double chance) {
  if (chance >= 1) return 1;
  return static_cast<std::size_t>(std::ceil(kSureness / std::max(chance, 1e-6)));
}

double DnsChance(const FoundService& service, const FoundInstance& instance) {
  double weights = 0;
  double healthy = 0;
  for (const FoundInstance& each : service.instances) {
    if (!IsHealthy(each)) continue;
    weights += Weight(each);
    ++healthy;
  }
  if (service.weighted) return weights > 0 ? Weight(instance) / weights : 1 / healthy;
  return service.answer_limit == FoundService::kAllAnswers ? 1 : static_cast<double>(service.answer_limit) / healthy;
}

bool Has(const FoundService& service, DnsType type) {
  return std::find(service.types.begin(), service.types.end(), type) != service.types.end();
}

/// Fills in what the instance looks like in DNS, when it is there.
void ChooseRecord(const FoundService& service, const FoundInstance& instance, FailoverTarget& target) {
  const std::string ipv4 = CanonicalAddress(Attribute(instance, "AWS_INSTANCE_IPV4"), AF_INET);
  const std::string ipv6 = CanonicalAddress(Attribute(instance, "AWS_INSTANCE_IPV6"), AF_INET6);
  const std::string cname = CanonicalName(Attribute(instance, "AWS_INSTANCE_CNAME"));
  const std::string& port = Attribute(instance, "AWS_INSTANCE_PORT");
  const std::string address = ipv4.empty() ? ipv6 : ipv4;
  target.owner = service.owner;
  target.address = address.empty() ? cname : address;
  if (service.owner.empty()) return;
  target.in_dns = true;
  if (Has(service, DnsType::kA) && !ipv4.empty()) {
    target.type = DnsType::kA;
    target.data = ipv4;
  } else if (Has(service, DnsType::kAaaa) && !ipv6.empty()) {
    target.type = DnsType::kAaaa;
    target.data = target.address = ipv6;
  } else if (Has(service, DnsType::kSrv) && !address.empty()) {
    target.type = DnsType::kSrv;
    target.data = CanonicalName(instance.id + "." + service.owner);
    target.glue = address;
    std::from_chars(port.data(), port.data() + port.size(), target.port);
    target.address += ":" + port;
  } else if (Has(service, DnsType::kCname) && !cname.empty()) {
    target.type = DnsType::kCname;
    target.data = cname;
  } else {
    target.in_dns = false;
  }
}

/// Another instance that cannot be told from the target in DNS.
const FoundInstance* Twin(const FoundService& service, const FailoverTarget& target) {
  if (!target.in_dns || target.type == DnsType::kSrv) return nullptr;
  for (const FoundInstance& other : service.instances) {
    if (other.id == target.instance) continue;
    FailoverTarget same;
    ChooseRecord(service, other, same);
    if (same.in_dns && same.type == target.type && same.data == target.data) return &other;
  }
  return nullptr;
}

model::Result<const FoundInstance*> ChooseInstance(const FoundService& service, const std::string& id) {
  for (const FoundInstance& instance : service.instances) {
    if (id.empty() ? IsHealthy(instance) : instance.id == id) {
      if (IsHealthy(instance)) return &instance;
      return Refuse("instance " + id + " is " + instance.health +
                    " now: a failover can only be tested with one that is HEALTHY");
    }
  }
  if (id.empty()) {
    return Refuse("none of the " + std::to_string(service.instances.size()) + " instances of " + service.name +
                  " is HEALTHY now; see waypost explain");
  }
  return Refuse("there is no instance " + id + " in " + service.name);
}

}  // namespace

model::Result<FailoverTarget> ChooseTarget(const FoundService& service, const FailoverOptions& options) {
  WP_TRY(instance, ChooseInstance(service, options.instance));
  FailoverTarget target;
  target.service_id = service.id;
  target.service_name = service.name;
  target.namespace_name = service.namespace_name;
  target.instance = instance->id;
  ChooseRecord(service, *instance, target);
  const auto healthy = std::count_if(service.instances.begin(), service.instances.end(), IsHealthy);
  target.others = static_cast<std::size_t>(healthy) - 1;
  if (target.others == 0 && !options.allow_fail_open) {
    return Refuse("instance " + target.instance + " is the only healthy one of " + service.name +
                  ": when it breaks, everything is answered (failing open), so nothing could be seen; register "
                  "another, or give --allow-fail-open");
  }
  if (const FoundInstance* twin = Twin(service, target); twin != nullptr) {
    return Refuse("instances " + target.instance + " and " + twin->id + " both are " + target.data +
                  " in DNS: they cannot be told apart there; choose one with an address of its own by --instance");
  }
  if (!target.in_dns && (options.bounds.dns || options.bounds.caches)) {
    return Refuse("instance " + target.instance +
                  " has no record in DNS: --max-dns and --max-caches say nothing about it");
  }
  target.decisive[Index(Door::kDns)] = Decisive(DnsChance(service, *instance));
  target.decisive[Index(Door::kApi)] =
      Decisive(static_cast<double>(FailoverTarget::kInstancesMax) / static_cast<double>(service.instances.size() + 1));
  return target;
}

Reading ReadDns(const DnsAnswer& answer, const FailoverTarget& target) {
  if (answer.rcode == kDnsNxDomain) return {Said::kNegative};
  if (answer.rcode != kDnsNoError) return {Said::kFailed};
  Reading reading{Said::kEmpty};
  for (const DnsRecordSeen& record : answer.answers) {
    if (record.type != target.type) continue;
    reading.said = Said::kOthers;
    // An id that is no host name has a target made of a hash: then its address tells.
    const bool by_glue =
        target.type == DnsType::kSrv &&
        std::any_of(answer.additionals.begin(), answer.additionals.end(),
                    [&](const DnsRecordSeen& glue) { return glue.name == record.data && glue.data == target.glue; });
    if ((record.data == target.data || by_glue) && record.port == target.port) {
      return {Said::kNamed, record.ttl_s};
    }
  }
  return reading;
}

}  // namespace waypost::cli
