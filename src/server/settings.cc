#include "server/settings.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace waypost::server {
namespace {

using model::Code;
using model::MakeError;
using model::Status;

constexpr const char* kSystemConfig = "/etc/waypost/waypost.toml";
constexpr unsigned kThreadsMax = 64;

Status Text(std::string Settings::*member, Settings& settings, const std::vector<std::string>& values) {
  settings.*member = values.back();
  return model::Ok();
}

Status List(std::vector<std::string> Settings::*member, Settings& settings, const std::vector<std::string>& values) {
  if (values.empty()) return MakeError(Code::kConfig, "at least one value is needed");
  settings.*member = values;
  return model::Ok();
}

/// `127.0.0.1:53` or `[::1]:53`; the host itself is checked where it is bound.
bool IsListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.find(':') != std::string_view::npos && !(host.starts_with('[') && host.ends_with(']'))) return false;
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return !port.empty() && error == std::errc() && end == port.data() + port.size();
}

Status Addresses(std::vector<std::string> Settings::*member, Settings& settings,
                 const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (!IsListenAddress(value)) {
      return MakeError(Code::kConfig, "\"" + value + "\" is no ADDR:PORT, for example 127.0.0.1:5380 or [::1]:53");
    }
  }
  return List(member, settings, values);
}

Status OneOf(std::string Settings::*member, std::initializer_list<std::string_view> allowed, Settings& settings,
             const std::vector<std::string>& values) {
  std::string choices;
  for (const std::string_view choice : allowed) {
    if (values.back() == choice) {
      settings.*member = values.back();
      return model::Ok();
    }
    choices += choices.empty() ? "" : ", ";
    choices += choice;
  }
  return MakeError(Code::kConfig, "\"" + values.back() + "\" is none of " + choices);
}

Status Threads(Settings& settings, const std::vector<std::string>& values) {
  const std::string& text = values.back();
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > kThreadsMax) {
    return MakeError(Code::kConfig, "\"" + text + "\" is no number from 1 to " + std::to_string(kThreadsMax));
  }
  settings.threads = number;
  return model::Ok();
}

Status Switch(bool Settings::*member, Settings& settings, const std::vector<std::string>& values) {
  const std::string& text = values.back();
  if (text != "true" && text != "false") return MakeError(Code::kConfig, "\"" + text + "\" is neither true nor false");
  settings.*member = text == "true";
  return model::Ok();
}

Status Account(Settings& settings, const std::vector<std::string>& values) {
  const std::string& text = values.back();
  if (text.size() != 12 || text.find_first_not_of("0123456789") != std::string::npos) {
    return MakeError(Code::kConfig, "\"" + text + "\" is no account number of 12 digits");
  }
  settings.identity.account = text;
  return model::Ok();
}

Status Region(Settings& settings, const std::vector<std::string>& values) {
  settings.identity.region = values.back();
  return model::Ok();
}

std::vector<Setting> MakeSettings() {
  using namespace std::placeholders;
  return {
      {"data-dir", "DIR",
       "where the registry lives; made when missing ($XDG_STATE_HOME/waypost, ~/.local/state/waypost)", false,
       std::bind(Text, &Settings::data_dir, _1, _2)},
      {"http", "ADDR:PORT", "AWS API, /v1, /healthz, /readyz; several times; port 0 takes a free one (127.0.0.1:5380)",
       true, std::bind(Addresses, &Settings::http, _1, _2)},
      {"dns", "ADDR:PORT", "DNS over UDP and TCP; several times; IPv6 as [::1]:53 (127.0.0.1:5300)", true,
       std::bind(Addresses, &Settings::dns, _1, _2)},
      {"zones", "DIR", "folder of static zones, <zone>.zone each", false, std::bind(Text, &Settings::zones, _1, _2)},
      {"threads", "N", "DNS and HTTP workers each (all cores)", false, Threads},
      {"region", "NAME", "what ARNs say (us-east-1)", false, Region},
      {"account", "DIGITS", "what ARNs say (000000000000)", false, Account},
      {"ready-file", "FILE", "written as JSON when every door answers, removed at exit", false,
       std::bind(Text, &Settings::ready_file, _1, _2)},
      {"log-level", "LEVEL", "trace, debug, info, warn, error, off; to standard error (info)", false,
       [](Settings& settings, const std::vector<std::string>& values) {
         return OneOf(&Settings::log_level, {"trace", "debug", "info", "warn", "error", "off"}, settings, values);
       }},
      {"log-format", "FORMAT", "text or json (text)", false,
       [](Settings& settings, const std::vector<std::string>& values) {
         return OneOf(&Settings::log_format, {"text", "json"}, settings, values);
       }},
      {"strict-aws", "", "refuse what AWS refuses though waypost could do it", false,
       std::bind(Switch, &Settings::strict_aws, _1, _2)},
  };
}

std::vector<std::string> SplitCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string VariableName(const std::string& setting) {
  std::string name = "WAYPOST_";
  for (const char c : setting) name += c == '-' ? '_' : static_cast<char>(c - (c >= 'a' && c <= 'z' ? 32 : 0));
  return name;
}

model::Error From(const std::string& where, const model::Error& error) {
  return MakeError(error.code, where + ": " + error.message);
}

}  // namespace

Settings DefaultSettings() {
  Settings settings;
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if (state != nullptr && *state == '/') {
    settings.data_dir = std::string(state) + "/waypost";
  } else if (home != nullptr && *home != 0) {
    settings.data_dir = std::string(home) + "/.local/state/waypost";
  }
  settings.threads = std::min(kThreadsMax, std::max(1u, std::thread::hardware_concurrency()));
  return settings;
}

std::span<const Setting> AllSettings() {
  static const std::vector<Setting> all = MakeSettings();
  return all;
}

const Setting* FindSetting(std::string_view name) {
  for (const Setting& setting : AllSettings()) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

model::Result<Settings> Gather(const std::string& config, const GivenFlags& flags) {
  Settings settings = DefaultSettings();
  const char* variable = std::getenv("WAYPOST_CONFIG");
  std::error_code ignored;
  if (!config.empty()) {
    WP_CHECK(ReadConfigFile(config, settings));
  } else if (variable != nullptr && *variable != 0) {
    WP_CHECK(ReadConfigFile(variable, settings));
  } else if (std::filesystem::exists(kSystemConfig, ignored)) {
    WP_CHECK(ReadConfigFile(kSystemConfig, settings));
  }
  for (const Setting& setting : AllSettings()) {
    const std::string name = VariableName(setting.name);
    if (const char* text = std::getenv(name.c_str()); text != nullptr && *text != 0) {
      const Status set = setting.set(settings, setting.many ? SplitCommas(text) : std::vector<std::string>{text});
      if (!set.ok()) return From(name, set.error());
    }
  }
  for (const auto& [name, values] : flags) {
    const Setting* setting = FindSetting(name);
    if (setting == nullptr || values.empty()) continue;
    const Status set = setting->set(settings, values);
    if (!set.ok()) return From("--" + name, set.error());
  }
  if (settings.data_dir.empty()) {
    return MakeError(Code::kConfig, "there is no HOME to keep the registry in: give --data-dir");
  }
  return settings;
}

}  // namespace waypost::server
