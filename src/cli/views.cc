#include "cli/command.h"
#include "cli/text_table.h"
#include "cli/url.h"

namespace waypost::cli {
namespace {

constexpr const char* kPath = "/v1/views";

constexpr const char* kListFooter =
    "\nA view answers under a name of its own, in DNS and in DiscoverInstances, with those\n"
    "instances of a service that have its attributes.\n\n"
    "Example:\n"
    "  waypost views list\n";
constexpr const char* kPutFooter =
    "\nNAME is the view's whole name: what stands before one of your namespaces, the longest\n"
    "that fits. All attributes must match. While none of the view's instances can be answered,\n"
    "the fallback's are. A view that is there already is replaced.\n\n"
    "Example: dig beta.backend.kouzie.com gives the instances with stage=beta:\n"
    "  waypost views put beta.backend.kouzie.com --service backend.kouzie.com --attr stage=beta\n";
constexpr const char* kDeleteFooter =
    "\nIts name is no more; the service and its instances stay as they are.\n\n"
    "Example:\n"
    "  waypost views delete beta.backend.kouzie.com\n";

struct Options {
  Common common;
  std::string name = {};
  std::string in = {};
  std::string service = {};
  std::vector<std::string> attributes = {};
  std::string fallback = {};
};

std::string NoPair(const std::string& text) {
  const std::size_t equals = text.find('=');
  return equals != std::string::npos && equals != 0 ? "" : "\"" + text + "\" is not of the form key=value";
}

std::string AttributesOf(const nlohmann::json& view) {
  std::string lines;
  const auto attributes = view.find("attributes");
  if (attributes == view.end() || !attributes->is_object()) return lines;
  for (const auto& item : attributes->items()) {
    if (!item.value().is_string()) continue;
    if (!lines.empty()) lines += '\n';
    lines += item.key() + "=" + item.value().get<std::string>();
  }
  return lines;
}

std::string DescribeList(const nlohmann::json& views) {
  TextTable table({"NAME", "SERVICE", "ATTRIBUTES", "FALLBACK", "INSTANCES"});
  for (const nlohmann::json& view : views) {
    if (!view.is_object()) continue;
    const auto instances = view.find("instances");
    table.Add({Text(view, "name"), Text(view, "service_name"), AttributesOf(view), Text(view, "fallback_name"),
               instances != view.end() && instances->is_number_unsigned()
                   ? std::to_string(instances->get<std::uint64_t>())
                   : ""});
  }
  const std::string text = table.str();
  return text.empty() ? "there are no views" : text;
}

/// A key that stands twice can never match both; saying it is better than taking the last.
nlohmann::json AttributesJson(const std::vector<std::string>& pairs) {
  nlohmann::json attributes = nlohmann::json::object();
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    attributes[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return attributes;
}

void CheckKeys(const Options& options) {
  if (AttributesJson(options.attributes).size() == options.attributes.size()) return;
  throw CLI::ValidationError("--attr: a key stands twice, but all attributes must match");
}

int Put(const Options& options) {
  nlohmann::json body = {
      {"name", options.name}, {"service", options.service}, {"attributes", AttributesJson(options.attributes)}};
  if (!options.in.empty()) body["namespace"] = options.in;
  if (!options.fallback.empty()) body["fallback"] = options.fallback;
  return Run(options.common, {"PUT", kPath, DumpJson(body)}, [](const nlohmann::json& view) {
    const std::string name = Printable(Text(view, "name"));
    return name + " answers with what matches of " + Printable(Text(view, "service_name")) +
           "\nsee what that is with: waypost explain " + name;
  });
}

int Delete(const Options& options) {
  Target target(kPath);
  target.Segment(options.name);
  return Run(options.common, {"DELETE", target.str()},
             [&](const nlohmann::json&) { return Printable(options.name) + " is no view any more"; });
}

void AddList(CLI::App& views, CommandList& commands) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = views.add_subcommand("list", "show all views");
  AddCommon(*command, options->common);
  command->footer(kListFooter);
  commands.push_back({command, [options] { return Run(options->common, {"GET", kPath}, DescribeList); }});
}

void AddPut(CLI::App& views, CommandList& commands) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = views.add_subcommand("put", "make a view, or replace it");
  command->add_option("name", options->name, "its name, such as beta.backend.kouzie.com")
      ->required()
      ->type_name("NAME");
  command->add_option("--service", options->service, "srv-... or service.namespace to select from")
      ->required()
      ->type_name("SERVICE");
  command->add_option("--attr", options->attributes, "an attribute that instances must have; several times")
      ->required()
      ->type_name("KEY=VALUE")
      ->check(CLI::Validator(NoPair, ""))
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--fallback", options->fallback, "service that answers while none of the view can")
      ->type_name("SERVICE");
  command->add_option("--namespace", options->in, "its namespace, where NAME is only what stands before that")
      ->type_name("NAMESPACE");
  AddCommon(*command, options->common);
  command->footer(kPutFooter);
  command->callback([options] { CheckKeys(*options); });
  commands.push_back({command, [options] { return Put(*options); }});
}

void AddDelete(CLI::App& views, CommandList& commands) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = views.add_subcommand("delete", "take a view away");
  command->add_option("name", options->name, "its name, such as beta.backend.kouzie.com")
      ->required()
      ->type_name("NAME");
  AddCommon(*command, options->common);
  command->footer(kDeleteFooter);
  commands.push_back({command, [options] { return Delete(*options); }});
}

}  // namespace

void AddViews(CLI::App& app, CommandList& commands) {
  CLI::App* views = app.add_subcommand("views", "named queries: a service's instances with certain attributes");
  views->require_subcommand(1);
  AddList(*views, commands);
  AddPut(*views, commands);
  AddDelete(*views, commands);
}

}  // namespace waypost::cli
