#include "cli/command.h"
#include "cli/text_table.h"
#include "cli/url.h"
#include "waypost/model/health.h"

namespace waypost::cli {
namespace {

constexpr const char* kFooter =
    "\nA zone that is shifted away leaves all answers of a service as long as that service has a\n"
    "healthy instance elsewhere. Zones are what instances say in AVAILABILITY_ZONE. A shift ends\n"
    "by itself and outlives a restart of the server until then.\n\n"
    "Examples:\n"
    "  waypost shift --zone eu-west-1b --for 10m\n"
    "  waypost shift --list\n"
    "  waypost shift --zone eu-west-1b --end\n";

struct Options {
  Common common;
  std::string zone = {};
  std::string lasting = {};
  bool end = false;
  bool list = false;
};

std::string DescribeList(const nlohmann::json& shifts) {
  TextTable table({"ZONE", "SET", "UNTIL"});
  for (const nlohmann::json& shift : shifts) {
    if (!shift.is_object()) continue;
    table.Add({Text(shift, "zone"), Text(shift, "set"), Text(shift, "until")});
  }
  const std::string text = table.str();
  return text.empty() ? "no zone is shifted away" : text;
}

int Shift(const Options& options) {
  if (options.list) return Run(options.common, {"GET", "/v1/shifts"}, DescribeList);
  if (options.end) {
    Target target("/v1/shifts");
    target.Segment(options.zone);
    return Run(options.common, {"DELETE", target.str()},
               [&](const nlohmann::json&) { return "zone " + Printable(options.zone) + " is answered again"; });
  }
  const nlohmann::json body = {{"zone", options.zone}, {"for", options.lasting}};
  return Run(options.common, {"POST", "/v1/shifts", DumpJson(body)}, [&](const nlohmann::json& shift) {
    return "zone " + Printable(options.zone) + " is shifted away until " + Printable(Text(shift, "until")) +
           "\nend it sooner with: waypost shift --zone " + Printable(options.zone) + " --end";
  });
}

/// One thing at a time: --zone with --for, --zone with --end, or --list.
void CheckChoice(const Options& options) {
  const int chosen = (options.lasting.empty() ? 0 : 1) + (options.end ? 1 : 0) + (options.list ? 1 : 0);
  const bool zone_fits = options.zone.empty() == options.list;
  if (chosen == 1 && zone_fits) return;
  throw CLI::ValidationError("say --zone ZONE --for DURATION, --zone ZONE --end, or --list");
}

}  // namespace

void AddShift(CLI::App& app, CommandList& commands) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("shift", "take a whole zone out of all answers for some time");
  command->add_option("--zone", options->zone, "AVAILABILITY_ZONE of the instances")->type_name("ZONE");
  command->add_option("--for", options->lasting, "how long: 30s, 10m, 1h30m")
      ->type_name("DURATION")
      ->check(DurationUpTo(model::kMaxPinned));
  command->add_flag("--end", options->end, "end the zone's shift now");
  command->add_flag("--list", options->list, "show which zones are shifted away, and until when");
  AddCommon(*command, options->common);
  command->footer(kFooter);
  command->callback([options] { CheckChoice(*options); });
  commands.push_back({command, [options] { return Shift(*options); }});
}

}  // namespace waypost::cli
