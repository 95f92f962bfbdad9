#include <cstdio>

#include "cli/command.h"
#include "cli/text_table.h"
#include "cli/url.h"

namespace waypost::cli {
namespace {

constexpr const char* kFooter =
    "\nSERVICE is srv-... or service.namespace; without INSTANCE all of the service's are shown,\n"
    "also those that have left. A bounded number of changes is kept of each instance.\n\n"
    "Examples:\n"
    "  waypost health history backend.kouzie.com\n"
    "  waypost health history backend.kouzie.com web-1 --limit 5\n";

struct Options {
  Common common;
  std::string service;
  std::string instance = {};
  unsigned limit = 0;
};

std::string Latency(const nlohmann::json& row) {
  const auto at = row.find("latency_ms");
  if (at == row.end() || !at->is_number()) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.3f ms", at->get<double>());
  return text;
}

std::string Describe(const nlohmann::json& rows) {
  TextTable table({"TIME", "INSTANCE", "FROM", "TO", "LATENCY", "WHY"});
  for (const nlohmann::json& row : rows) {
    if (!row.is_object()) continue;
    table.Add({Text(row, "time"), Text(row, "instance"), Text(row, "from"), Text(row, "to"), Latency(row),
               Text(row, "cause")});
  }
  const std::string text = table.str();
  return text.empty() ? "no change of health is on record" : text;
}

}  // namespace

void AddHistory(CLI::App& health, CommandList& commands) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = health.add_subcommand("history", "show when health changed and why, oldest first");
  command->add_option("service", options->service, "srv-... or service.namespace")->required()->type_name("SERVICE");
  command->add_option("instance", options->instance, "only this one")->type_name("INSTANCE");
  command->add_option("--limit", options->limit, "only the last so many changes")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  AddCommon(*command, options->common);
  command->footer(kFooter);
  commands.push_back({command, [options] {
                        Target target("/v1/health/history");
                        target.Parameter("service", options->service);
                        if (!options->instance.empty()) target.Parameter("instance", options->instance);
                        if (options->limit != 0) target.Parameter("limit", std::to_string(options->limit));
                        return Run(options->common, {"GET", target.str()}, Describe);
                      }});
}

}  // namespace waypost::cli
