#include "server/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "server/check_zones.h"
#include "server/dns_side.h"
#include "server/serve.h"
#include "server/settings.h"
#include "waypost/cli/commands.h"
#include "waypost/cli/env.h"

namespace waypost::server {
namespace {

constexpr int kUsage = 2;

constexpr const char* kAbout =
    "waypost: an open AWS Cloud Map. One process that answers DNS and the Cloud Map API over one durable registry.";
constexpr const char* kServeFooter =
    "\nEvery flag has a configuration key of the same name and an environment variable\n"
    "(WAYPOST_ + its name in capitals, - as _). Flags win over environment, environment\n"
    "over file. Without --config, /etc/waypost/waypost.toml is read where it exists.\n\n"
    "Try it:\n"
    "  waypost serve\n"
    "  waypost env --for cli      settings for the AWS CLI and others\n"
    "  dig @127.0.0.1 -p 5300 backend.example.com A\n\n"
    "Signals: SIGTERM, SIGINT finish what is under way and exit 0; SIGHUP reloads.\n";

/// Adds a flag for each setting; the values land in `flags`.
void AddSettings(CLI::App& command, std::string& config, GivenFlags& flags) {
  const Settings defaults = DefaultSettings();
  command.add_option("--config", config, "TOML file (/etc/waypost/waypost.toml where it exists)")->type_name("FILE");
  for (const Setting& setting : AllSettings()) {
    std::vector<std::string>& values = flags[setting.name];
    if (setting.value_name.empty()) {
      command.add_flag_callback(
          "--" + setting.name, [&values] { values = {"true"}; }, setting.help);
      continue;
    }
    CLI::Option* option = command.add_option("--" + setting.name, values, setting.help)->type_name(setting.value_name);
    // One value a flag: a second word is not swallowed.
    option->expected(1)->allow_extra_args(false);
    option->multi_option_policy(setting.many ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
  }
}

int Report(const model::Error& error) {
  std::fprintf(stderr, "waypost: %s\n", error.message.c_str());
  return error.code == model::Code::kConfig ? kUsage : 1;
}

int CheckConfig(const std::string& config, const GivenFlags& flags) {
  const model::Result<Settings> settings = Gather(config, flags);
  if (!settings.ok()) return Report(settings.error());
  const model::Status dns = DnsSide::Check(*settings, telemetry::MakeLog("off", telemetry::LogFormat::kText));
  if (!dns.ok()) return Report(dns.error());
  std::printf("the configuration is good: data in %s\n", settings->data_dir.c_str());
  for (const std::string& address : settings->http) std::printf("http on %s\n", address.c_str());
  for (const std::string& address : settings->dns) std::printf("dns on %s\n", address.c_str());
  return 0;
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  CLI::App app(kAbout, "waypost");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("waypost ") + WAYPOST_VERSION);
  app.failure_message(cli::OneLine);

  std::string config;
  GivenFlags flags;
  CLI::App* serve = app.add_subcommand("serve", "run the server in the foreground");
  AddSettings(*serve, config, flags);
  serve->footer(kServeFooter);

  std::string checked_config;
  GivenFlags checked_flags;
  CLI::App* check = app.add_subcommand("check-config", "read the configuration as serve would, and say what is wrong");
  AddSettings(*check, checked_config, checked_flags);

  cli::EnvOptions env_options;
  CLI::App* env = app.add_subcommand("env", "print the settings with which clients reach the running server");
  env->add_option("--for", env_options.client, "cli, boto3, js, go, java or terraform (all)")
      ->check(CLI::IsMember(cli::EnvClients()));
  env->add_option("--endpoint", env_options.endpoint, "where the server is (WAYPOST_ENDPOINT, http://127.0.0.1:5380)")
      ->type_name("URL");
  env->add_flag("--json", env_options.json, "as a JSON object");

  cli::Commands commands;
  commands.AddTo(app);

  std::vector<std::string> zone_paths;
  bool zones_json = false;
  CLI::App* zones = app.add_subcommand("check-zones", "read zone files as serve would, and say what is wrong, by line");
  zones->add_option("PATH", zone_paths, "folders of <zone>.zone files, or single files")->required();
  zones->add_flag("--json", zones_json, "as a JSON array");

  CLI::App* version = app.add_subcommand("version", "print the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (*version) {
    std::printf("waypost %s\n", WAYPOST_VERSION);
    return 0;
  }
  if (*check) return CheckConfig(checked_config, checked_flags);
  if (*zones) return CheckZones(zone_paths, zones_json ? ZoneReport::kJson : ZoneReport::kText);
  if (*env) return cli::PrintEnv(env_options);
  if (const std::optional<int> code = commands.Run()) return *code;
  const model::Result<Settings> settings = Gather(config, flags);
  if (!settings.ok()) return Report(settings.error());
  return Serve(*settings, [&] { return Gather(config, flags); });
}

}  // namespace waypost::server
