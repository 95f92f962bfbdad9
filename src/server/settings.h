#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/dns_settings.h"
#include "waypost/model/arn.h"
#include "waypost/model/result.h"

namespace waypost::server {

/// Everything that `waypost serve` can be told.
struct Settings {
  std::string data_dir;
  std::vector<std::string> http = {"127.0.0.1:5380"};
  std::vector<std::string> dns = {"127.0.0.1:5300"};
  std::string zones = {};
  unsigned threads = 1;
  model::Identity identity = {};
  std::string ready_file = {};
  std::string log_level = "info";
  std::string log_format = "text";
  bool strict_aws = false;
  std::map<std::string, std::string, std::less<>> ec2_addresses = {};
  // Of the [dns] table; more of it in dns_table.
  std::string dns_outside = "refused";
  std::optional<std::vector<std::string>> private_networks = {};
  std::string api_name = "servicediscovery.waypost.internal";
  std::vector<std::string> api_addresses = {};
  std::vector<std::string> nameservers = {};
  DnsSettings dns_table = {};
  ForwardSettings forward = {};
  std::vector<TsigKeySettings> tsig_keys = {};
  std::vector<SecondarySettings> secondaries = {};
  TransferSettings transfers = {};
  TlsSettings tls = {};
  // Of the [health] table.
  std::chrono::milliseconds check_interval{10'000};
  std::chrono::milliseconds check_timeout{4'000};
  std::chrono::milliseconds suspect_hold{60'000};
  std::uint32_t history_per_instance = 100;
  std::uint32_t checks_in_flight = 2048;
  /// [[zone]] tables: whose clients a zone's are.
  struct Zone {
    std::string name;
    std::vector<std::string> clients;
    bool operator==(const Zone&) const = default;
  };
  std::vector<Zone> client_zones = {};
};

/// The defaults; the data directory follows XDG_STATE_HOME and HOME.
Settings DefaultSettings();

/// One setting that has a flag `--name`, a variable WAYPOST_NAME and a key `name`.
struct Setting {
  std::string name;
  std::string value_name;  ///< for --help; empty: a switch
  std::string help;
  bool many = false;  ///< may be given several times
  std::function<model::Status(Settings&, const std::vector<std::string>&)> set;
};
std::span<const Setting> AllSettings();
/// Null when unknown.
const Setting* FindSetting(std::string_view name);

/// Reads a TOML file into `settings`. Err: kConfig with file:line; unknown keys are errors.
model::Status ReadConfigFile(const std::string& path, Settings& settings);

/// The values of flags as given, by setting.
using GivenFlags = std::map<std::string, std::vector<std::string>>;

/// Defaults, then the file (`config`, or WAYPOST_CONFIG, or /etc/waypost/waypost.toml where it exists), then
/// environment, then flags. Err: kConfig.
model::Result<Settings> Gather(const std::string& config, const GivenFlags& flags);

}  // namespace waypost::server
