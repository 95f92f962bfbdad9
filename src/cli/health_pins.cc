#include "cli/command.h"
#include "cli/text_table.h"

namespace waypost::cli {
namespace {

constexpr const char* kFooter =
    "\nPins end by themselves; `waypost health unpin SERVICE INSTANCE` ends one now.\n\n"
    "Example:\n"
    "  waypost health pins\n";

std::string Describe(const nlohmann::json& pins) {
  TextTable table({"SERVICE", "NAME", "INSTANCE", "STATE", "SET", "UNTIL"});
  for (const nlohmann::json& pin : pins) {
    if (!pin.is_object()) continue;
    table.Add({Text(pin, "service"), Text(pin, "name"), Text(pin, "instance"), Text(pin, "state"), Text(pin, "set"),
               Text(pin, "until")});
  }
  const std::string text = table.str();
  return text.empty() ? "nothing is pinned or drained" : text;
}

}  // namespace

void AddPins(CLI::App& health, CommandList& commands) {
  const auto common = std::make_shared<Common>();
  CLI::App* command = health.add_subcommand("pins", "list what is pinned or drained, and until when");
  AddCommon(*command, *common);
  command->footer(kFooter);
  commands.push_back({command, [common] { return Run(*common, {"GET", "/v1/health/pins"}, Describe); }});
}

}  // namespace waypost::cli
