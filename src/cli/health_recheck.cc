#include "cli/command.h"
#include "cli/text_table.h"

namespace waypost::cli {
namespace {

constexpr const char* kFooter =
    "\nThe check is made now instead of at its next turn, and counts like any other: it takes\n"
    "FailureThreshold of them to change a state.\n\n"
    "Example:\n"
    "  waypost health recheck backend.kouzie.com web-1\n";

struct Options {
  Common common;
  std::string service;
  std::string instance;
};

int Recheck(const Options& options) {
  const nlohmann::json body = {{"service", options.service}, {"instance", options.instance}};
  return Run(options.common, {"POST", "/v1/health/recheck", DumpJson(body)}, [&](const nlohmann::json&) {
    const std::string both = Printable(options.service + " " + options.instance);
    return Printable(options.instance + " of " + options.service + " is being checked") +
           "\nsee what comes of it with: waypost health history " + both;
  });
}

}  // namespace

void AddRecheck(CLI::App& health, CommandList& commands) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = health.add_subcommand("recheck", "check an instance now");
  command->add_option("service", options->service, "srv-... or service.namespace")->required()->type_name("SERVICE");
  command->add_option("instance", options->instance, "its InstanceId")->required()->type_name("INSTANCE");
  AddCommon(*command, options->common);
  command->footer(kFooter);
  commands.push_back({command, [options] { return Recheck(*options); }});
}

}  // namespace waypost::cli
