#include "server/collect.h"

#include "server/collect_dns.h"

namespace waypost::server {
namespace {

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

std::vector<oper::Sample> CollectSamples(const view::View& view, const registry::Registry& registry, const DnsSide& dns,
                                         const health::Engine& health, const oper::Events& events,
                                         const oper::LongPoll& long_poll) {
  const registry::CommitCounters commits = registry.counters();
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
  };
  AddHealth(health.counters(), samples);
  samples.push_back({"waypost_event_streams", "", events.streams()});
  samples.push_back({"waypost_long_polls_waiting", "", long_poll.waiters()});
  AddDnsSamples(dns, samples);
  return samples;
}

}  // namespace waypost::server
