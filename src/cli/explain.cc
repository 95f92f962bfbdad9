#include <arpa/inet.h>

#include "cli/command.h"
#include "cli/text_table.h"
#include "cli/url.h"

namespace waypost::cli {
namespace {

constexpr const char* kFooter =
    "\nNAME is a service as DNS asks for it (backend.kouzie.com), its id (srv-...), or the\n"
    "target of an SRV record, to look at that one instance. The reasons are those of the\n"
    "server's present state; nothing is asked or changed.\n\n"
    "Examples:\n"
    "  waypost explain backend.kouzie.com\n"
    "  waypost explain backend.kouzie.com --client 10.1.2.3       as this client's zone and network see it\n"
    "  waypost explain backend.kouzie.com --attr version=2        as DiscoverInstances filters it\n";

struct Options {
  Common common;
  std::string name;
  std::vector<std::string> attributes = {};
  std::string client = {};
};

std::string Describe(const nlohmann::json& answer) {
  std::string out = Printable(Text(answer, "name")) + " (" + Printable(Text(answer, "service")) + ")\n";
  out += Printable(Text(answer, "summary")) + "\n";
  const auto instances = answer.find("instances");
  if (instances == answer.end() || instances->empty()) return out;
  TextTable table({"INSTANCE", "ANSWERED", "DNS", "API", "HEALTH", "ZONE", "WHY"});
  for (const nlohmann::json& instance : *instances) {
    std::string why;
    for (const nlohmann::json& reason : instance.value("reasons", nlohmann::json::array())) {
      if (!reason.is_string()) continue;
      if (!why.empty()) why += '\n';
      why += reason.get<std::string>();
    }
    const auto said = [&](const char* name) { return std::string(Flag(instance, name) ? "yes" : "no"); };
    table.Add({Text(instance, "InstanceId"), said("answered"), said("dns"), said("discovery"), Text(instance, "health"),
               Text(instance, "zone"), why});
  }
  return out + "\n" + table.str();
}

std::string NoAddress(const std::string& text) {
  unsigned char octets[16];
  if (inet_pton(AF_INET, text.c_str(), octets) == 1 || inet_pton(AF_INET6, text.c_str(), octets) == 1) return "";
  return "\"" + text + "\" is no IP address";
}

std::string NoPair(const std::string& text) {
  const std::size_t equals = text.find('=');
  return equals != std::string::npos && equals != 0 ? "" : "\"" + text + "\" is not of the form key=value";
}

}  // namespace

void AddExplain(CLI::App& app, CommandList& commands) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("explain", "say for each instance whether it is answered, and why not");
  command->add_option("name", options->name, "service, or SRV target of one instance")->required()->type_name("NAME");
  command
      ->add_option("--attr", options->attributes,
                   "only instances with this attribute, as DiscoverInstances; several times")
      ->type_name("KEY=VALUE")
      ->check(CLI::Validator(NoPair, ""))
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--client", options->client, "the client that would ask: its zone and network matter")
      ->type_name("IP")
      ->check(CLI::Validator(NoAddress, ""));
  AddCommon(*command, options->common);
  command->footer(kFooter);
  commands.push_back({command, [options] {
                        Target target("/v1/explain");
                        target.Parameter("name", options->name);
                        if (!options->client.empty()) target.Parameter("client", options->client);
                        for (const std::string& pair : options->attributes) target.Parameter("attr", pair);
                        return Run(options->common, {"GET", target.str()}, Describe);
                      }});
}

}  // namespace waypost::cli
