#include "server/collect.h"

#include <array>
#include <string_view>

namespace waypost::server {
namespace {

/// RFC 6895 2.3; the last stands for BADVERS.
constexpr std::array<std::string_view, dns::AnswerCounters::kRcodes> kRcodeNames = {
    "NOERROR", "FORMERR", "SERVFAIL",  "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
    "NOTAUTH", "NOTZONE", "DSOTYPENI", "12",       "13",     "14",      "15",       "BADVERS"};

void AddHealth(const health::Counters& counters, std::vector<oper::Sample>& samples) {
  samples.insert(samples.end(), {
                                    {"waypost_health_targets", "", counters.targets},
                                    {"waypost_health_checks_in_flight", "", counters.in_flight},
                                    {"waypost_health_checks_total", "result=\"good\"", counters.checks_good},
                                    {"waypost_health_checks_total", "result=\"bad\"", counters.checks_bad},
                                    {"waypost_health_transitions_total", "to=\"healthy\"", counters.transitions_up},
                                    {"waypost_health_transitions_total", "to=\"unhealthy\"", counters.transitions_down},
                                    {"waypost_health_unwritten_transitions", "", counters.unwritten},
                                    {"waypost_health_history_rows_dropped_total", "", counters.dropped_rows},
                                    {"waypost_health_checker_suspect", "", counters.suspect ? 1U : 0U},
                                    {"waypost_health_checker_suspect_episodes_total", "", counters.suspect_episodes},
                                    {"waypost_health_held_transitions", "", counters.held},
                                    {"waypost_health_pins", "", counters.pins},
                                    {"waypost_health_zone_shifts", "", counters.shifts},
                                    {"waypost_health_held_services", "", counters.holds},
                                    {"waypost_health_check_lateness_microseconds_max", "", counters.late_us_max},
                                    {"waypost_health_check_lateness_microseconds_total", "", counters.late_us_sum},
                                });
}

}  // namespace

std::vector<oper::Sample> CollectSamples(const view::View& view, const registry::Registry& registry,
                                         const dns::Server& dns, const health::Engine& health,
                                         const oper::Events& events, const oper::LongPoll& long_poll) {
  const registry::CommitCounters commits = registry.counters();
  const dns::ServerTotals totals = dns.totals();
  std::vector<oper::Sample> samples = {
      {"waypost_build_info", "version=\"" WAYPOST_VERSION "\"", 1},
      {"waypost_ready", "", view.ready() ? 1U : 0U},
      {"waypost_revision", "", view.applied()},
      {"waypost_namespaces", "", view.namespace_count()},
      {"waypost_services", "", view.service_count()},
      {"waypost_instances", "", view.instance_count()},
      {"waypost_commit_batches_total", "", commits.batches},
      {"waypost_commit_failed_batches_total", "", commits.failed_batches},
      {"waypost_commands_total", "", commits.commands},
      {"waypost_commands_refused_total", "", commits.refused},
      {"waypost_dns_queries_total", "", totals.queries},
      {"waypost_dns_dropped_total", "", totals.dropped},
      {"waypost_dns_truncated_total", "", totals.truncated},
      {"waypost_dns_unsent_total", "", totals.unsent},
      {"waypost_dns_tcp_accepted_total", "", totals.tcp_accepted},
      {"waypost_dns_tcp_refused_total", "", totals.tcp_refused},
  };
  AddHealth(health.counters(), samples);
  samples.push_back({"waypost_event_streams", "", events.streams()});
  samples.push_back({"waypost_long_polls_waiting", "", long_poll.waiters()});
  for (std::size_t rcode = 0; rcode < kRcodeNames.size(); ++rcode) {
    if (totals.rcodes[rcode] == 0 && rcode > 5) continue;
    samples.push_back(
        {"waypost_dns_answers_total", "rcode=\"" + std::string(kRcodeNames[rcode]) + "\"", totals.rcodes[rcode]});
  }
  return samples;
}

}  // namespace waypost::server
