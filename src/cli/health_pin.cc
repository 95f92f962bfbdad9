#include "cli/command.h"
#include "cli/text_table.h"
#include "cli/url.h"
#include "waypost/model/health.h"

namespace waypost::cli {
namespace {

constexpr const char* kPinFooter =
    "\nWhile a pin lasts it decides, whatever checks and reports say. It ends by itself and\n"
    "outlives a restart of the server until then.\n\n"
    "Example: see what clients do when web-1 fails for half a minute:\n"
    "  waypost health pin backend.kouzie.com web-1 unhealthy --for 30s\n";
constexpr const char* kUnpinFooter =
    "\nEnds a pin or a drain before its time: checks and reports decide again.\n\n"
    "Example:\n"
    "  waypost health unpin backend.kouzie.com web-1\n";
constexpr const char* kDrainFooter =
    "\nThe instance leaves all answers, though nothing is wrong with it, and comes back by\n"
    "itself. Clients may still have it in their caches for as long as its TTL.\n\n"
    "Example: take web-1 out for a restart:\n"
    "  waypost health drain backend.kouzie.com web-1 --for 15m\n";

struct Options {
  Common common;
  std::string service;
  std::string instance;
  std::string state;
  std::string lasting = "10m";
};

/// SERVICE INSTANCE, and what all commands have.
std::shared_ptr<Options> AddInstance(CLI::App& command, const char* footer) {
  auto options = std::make_shared<Options>();
  command.add_option("service", options->service, "srv-... or service.namespace")->required()->type_name("SERVICE");
  command.add_option("instance", options->instance, "its InstanceId")->required()->type_name("INSTANCE");
  AddCommon(command, options->common);
  command.footer(footer);
  return options;
}

int Pin(const Options& options) {
  const nlohmann::json body = {
      {"service", options.service}, {"instance", options.instance}, {"state", options.state}, {"for", options.lasting}};
  return Run(options.common, {"POST", "/v1/health/pins", DumpJson(body)}, [&](const nlohmann::json& pin) {
    const bool drained = Text(pin, "state") == "drained";
    return Printable(options.instance + " of " + options.service + " is " + (drained ? "" : "pinned ") +
                     Text(pin, "state") + " until " + Text(pin, "until")) +
           "\nend it sooner with: waypost health unpin " + Printable(options.service + " " + options.instance);
  });
}

int Unpin(const Options& options) {
  Target target("/v1/health/pins");
  target.Segment(options.service).Segment(options.instance);
  return Run(options.common, {"DELETE", target.str()}, [&](const nlohmann::json&) {
    return Printable(options.instance + " of " + options.service + " is not pinned any more");
  });
}

}  // namespace

void AddPin(CLI::App& health, CommandList& commands) {
  CLI::App* command = health.add_subcommand("pin", "set an instance's health by hand for some time");
  const auto options = AddInstance(*command, kPinFooter);
  command->add_option("state", options->state, "healthy or unhealthy")
      ->required()
      ->type_name("STATE")
      ->check(CLI::IsMember({"healthy", "unhealthy"}));
  command->add_option("--for", options->lasting, "how long: 30s, 10m, 1h30m")
      ->required()
      ->type_name("DURATION")
      ->check(DurationUpTo(model::kMaxPinned));
  commands.push_back({command, [options] { return Pin(*options); }});
}

void AddUnpin(CLI::App& health, CommandList& commands) {
  CLI::App* command = health.add_subcommand("unpin", "end a pin or a drain now");
  const auto options = AddInstance(*command, kUnpinFooter);
  commands.push_back({command, [options] { return Unpin(*options); }});
}

void AddDrain(CLI::App& health, CommandList& commands) {
  CLI::App* command = health.add_subcommand("drain", "take an instance out of all answers for some time");
  const auto options = AddInstance(*command, kDrainFooter);
  options->state = "drained";
  command->add_option("--for", options->lasting, "how long: 30s, 10m, 1h30m (10m)")
      ->type_name("DURATION")
      ->check(DurationUpTo(model::kMaxPinned));
  commands.push_back({command, [options] { return Pin(*options); }});
}

}  // namespace waypost::cli
