#include <string>

#include "cli/command.h"
#include "cli/failover_test.h"
#include "waypost/model/duration.h"
#include "waypost/model/health.h"

namespace waypost::cli {
namespace {

using std::chrono::milliseconds;

constexpr const char* kFooter =
    "\nAsks DNS and DiscoverInstances all the time while an instance breaks and comes back, and\n"
    "says when it was found out, when each door was clean of it, when every cache is, how many\n"
    "answers were wrong, and when it was answered again. Exit code 1 when something was not\n"
    "reached or a --max-... bound is broken.\n\n"
    "Without --pin and --run it asks you to break the instance yourself.\n\n"
    "Examples:\n"
    "  waypost failover-test backend.kouzie.com --pin --for 5s --max-dns 1s --max-wrong 0\n"
    "  waypost failover-test backend.kouzie.com --instance web-1 --run 'docker pause web-1' \\\n"
    "      --recover 'docker unpause web-1' --max-detect 5s --junit failover.xml\n";

/// An option whose text is read as a duration into `value`.
template <class Value>
CLI::Option* AddDuration(CLI::App& command, const std::string& name, Value& value, milliseconds maximum,
                         const std::string& help) {
  return command
      .add_option_function<std::string>(
          name, [&value](const std::string& text) { value = *model::ParseDuration(text); }, help)
      ->type_name("DURATION")
      ->check(DurationUpTo(maximum));
}

void AddBounds(CLI::App& command, FailoverBounds& bounds) {
  constexpr milliseconds kCachesMax = std::chrono::hours(24 * 7);
  const milliseconds most = FailoverOptions::kDurationMax;
  AddDuration(command, "--max-detect", bounds.detect, most, "bound: until it is found unhealthy");
  AddDuration(command, "--max-dns", bounds.dns, most, "bound: until the last DNS answer with it");
  AddDuration(command, "--max-api", bounds.api, most, "bound: until the last DiscoverInstances with it");
  AddDuration(command, "--max-caches", bounds.caches, kCachesMax, "bound: until every cache is clean of it");
  AddDuration(command, "--max-recovery", bounds.recovery, most, "bound: until both doors answer it again");
  command.add_option("--max-wrong", bounds.wrong, "bound: wrong, empty, negative and failed answers")->type_name("N");
}

}  // namespace

void AddFailoverTest(CLI::App& app, CommandList& commands) {
  CLI::App* command =
      app.add_subcommand("failover-test", "break an instance and measure how fast clients are led away");
  auto options = std::make_shared<FailoverOptions>();
  command->add_option("service", options->service, "srv-... or service.namespace")->required()->type_name("SERVICE");
  command->add_option("--instance", options->instance, "the one that will break (the first healthy one)")
      ->type_name("ID");
  command->add_option("--rate", options->rate, "questions a second on each door (20)")
      ->type_name("N")
      ->check(CLI::Range(1U, FailoverOptions::kRateMax));
  AddDuration(*command, "--duration", options->duration, FailoverOptions::kDurationMax, "when to give up (60s)");
  CLI::Option* pin = command->add_flag("--pin", options->pin, "break it by pinning it unhealthy");
  AddDuration(*command, "--for", options->pin_for, model::kMaxPinned, "how long it is pinned (10s)")->needs(pin);
  CLI::Option* run = command->add_option("--run", options->run, "command for sh that breaks it")->type_name("CMD");
  run->excludes(pin);
  CLI::Option* recover = command->add_option("--recover", options->recover, "command for sh that mends it");
  recover->type_name("CMD")->needs(run);
  command->add_flag("--no-recovery", options->no_recovery, "end when it has left all answers")->excludes(recover);
  command->add_flag("--allow-fail-open", options->allow_fail_open, "test the only healthy instance too");
  command->add_option("--dns", options->dns, "where DNS is asked (the server's first door)")->type_name("ADDR:PORT");
  AddBounds(*command, options->bounds);
  command->add_option("--junit", options->junit, "write the report as JUnit XML too")->type_name("FILE");
  command->add_option("--endpoint", options->endpoint, "where the server is (WAYPOST_ENDPOINT, http://127.0.0.1:5380)")
      ->type_name("URL");
  command->add_flag("--json", options->json, "print the report as a JSON object");
  command->footer(kFooter);
  commands.push_back({command, [options] { return RunFailoverTest(*options); }});
}

}  // namespace waypost::cli
