#include "server/collect_dns.h"

#include <array>
#include <string_view>

namespace waypost::server {
namespace {

/// RFC 6895 2.3.
constexpr std::array<std::string_view, dns::AnswerCounters::kRcodes> kRcodeNames = {
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",  "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI", "12",      "13",      "14",       "15",
    "BADVERS", "BADKEY",  "BADTIME",  "BADMODE",   "BADNAME", "BADALG",  "BADTRUNC", "BADCOOKIE"};

std::string Label(std::string_view key, std::string_view value) {
  std::string label(key);
  label += "=\"";
  label += value;
  label += '"';
  return label;
}

void AddLatency(std::string_view how, const dns::LatencyTotals& latency, std::vector<oper::Sample>& samples) {
  const std::string way = Label("answered", how);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < latency.counts.size(); ++i) {
    count += latency.counts[i];
    const bool last = i + 1 == latency.counts.size();
    const std::string bound = last ? "+Inf" : std::to_string(std::uint64_t{1} << i);
    samples.push_back({"waypost_dns_latency_microseconds_bucket", way + "," + Label("le", bound), count});
  }
  samples.push_back({"waypost_dns_latency_microseconds_sum", way, latency.sum_ns / 1000});
  samples.push_back({"waypost_dns_latency_microseconds_count", way, count});
}

void AddForwarder(const forward::Forwarder& forwarder, std::vector<oper::Sample>& samples) {
  const forward::Totals totals = forwarder.totals();
  samples.insert(samples.end(), {
                                    {"waypost_forward_hits_total", "", totals.hits},
                                    {"waypost_forward_misses_total", "", totals.misses},
                                    {"waypost_forward_stale_total", "", totals.stale},
                                    {"waypost_forward_prefetches_total", "", totals.prefetches},
                                    {"waypost_forward_overloads_total", "", totals.overloads},
                                    {"waypost_forward_evictions_total", "", totals.evictions},
                                    {"waypost_forward_in_flight", "", totals.in_flight},
                                    {"waypost_forward_cache_entries", "", totals.cache_entries},
                                    {"waypost_forward_cache_bytes", "", totals.cache_octets},
                                });
  const auto each = [&](const char* name, auto member) {
    for (const forward::UpstreamTotals& upstream : totals.upstreams) {
      samples.push_back({name, Label("upstream", upstream.address), member(upstream)});
    }
  };
  each("waypost_forward_questions_total", [](const auto& u) { return u.questions; });
  each("waypost_forward_failures_total", [](const auto& u) { return u.failures; });
  each("waypost_forward_timeouts_total", [](const auto& u) { return u.timeouts; });
  each("waypost_forward_tcp_retries_total", [](const auto& u) { return u.tcp_retries; });
  each("waypost_forward_answers_total", [](const auto& u) { return u.answers; });
  each("waypost_forward_answer_microseconds_total",
       [](const auto& u) { return static_cast<std::uint64_t>(u.latency_sum.count()); });
}

void AddTransfers(const transfer::ZoneTransfers& transfers, std::vector<oper::Sample>& samples) {
  const transfer::Totals totals = transfers.totals();
  samples.insert(samples.end(), {
                                    {"waypost_transfer_answers_total", "form=\"full\"", totals.full},
                                    {"waypost_transfer_answers_total", "form=\"incremental\"", totals.incremental},
                                    {"waypost_transfer_answers_total", "form=\"refused\"", totals.refused},
                                    {"waypost_notify_sent_total", "", totals.notify_sent},
                                    {"waypost_notify_answered_total", "", totals.notify_answered},
                                    {"waypost_notify_lost_total", "", totals.notify_lost},
                                    {"waypost_transfer_journal_bytes", "", totals.journal_octets},
                                    {"waypost_transfer_journal_steps", "", totals.journal_steps},
                                    {"waypost_transfer_zones", "", totals.zones},
                                });
}

}  // namespace

void AddDnsSamples(const DnsSide& dns, std::vector<oper::Sample>& samples) {
  const dns::ServerTotals totals = dns.door().totals();
  samples.insert(samples.end(), {
                                    {"waypost_dns_queries_total", "", totals.queries},
                                    {"waypost_dns_dropped_total", "", totals.dropped},
                                    {"waypost_dns_truncated_total", "", totals.truncated},
                                    {"waypost_dns_unsent_total", "", totals.unsent},
                                    {"waypost_dns_rate_limited_total", "", totals.rate_limited},
                                    {"waypost_dns_deferred_total", "", totals.deferred},
                                    {"waypost_dns_deferred_refused_total", "", totals.deferred_refused},
                                    {"waypost_dns_transfers_total", "", totals.transfers},
                                    {"waypost_dns_tcp_accepted_total", "", totals.tcp_accepted},
                                    {"waypost_dns_tcp_refused_total", "", totals.tcp_refused},
                                    {"waypost_dns_tls_failed_total", "", totals.tls_failed},
                                });
  for (std::size_t rcode = 0; rcode < kRcodeNames.size(); ++rcode) {
    if (totals.rcodes[rcode] == 0 && rcode > 5) continue;
    samples.push_back({"waypost_dns_answers_total", Label("rcode", kRcodeNames[rcode]), totals.rcodes[rcode]});
  }
  for (std::size_t type = 0; type < totals.types.size(); ++type) {
    samples.push_back(
        {"waypost_dns_questions_total", Label("type", dns::AnswerCounters::kTypeNames[type]), totals.types[type]});
  }
  AddLatency("at once", totals.latency, samples);
  AddLatency("deferred", totals.deferred_latency, samples);
  if (dns.query_log() != nullptr) samples.push_back({"waypost_dns_query_log_lost_total", "", dns.query_log()->lost()});
  if (dns.forwarder() != nullptr) AddForwarder(*dns.forwarder(), samples);
  if (dns.transfers() != nullptr) AddTransfers(*dns.transfers(), samples);
}

}  // namespace waypost::server
