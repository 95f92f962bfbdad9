#include <toml++/toml.h>

#include "server/settings.h"
#include "waypost/model/duration.h"

namespace waypost::server {
namespace {

using model::Code;
using model::MakeError;
using model::Result;
using model::Status;

/// Reads one file's tables; every error says file:line.
class FileReader {
 public:
  FileReader(std::string path, Settings& settings) : path_(std::move(path)), settings_(settings) {}

  Status Read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const std::string_view name = key.str();
      if (name == "dns" && node.is_table()) {
        WP_CHECK(ReadDns(*node.as_table()));
      } else if (name == "health" && node.is_table()) {
        WP_CHECK(ReadHealth(*node.as_table()));
      } else if (name == "zone" && node.is_array_of_tables()) {
        for (const toml::node& zone : *node.as_array()) WP_CHECK(ReadZone(*zone.as_table()));
      } else if (name == "ec2-addresses" && node.is_table()) {
        WP_CHECK(ReadEc2(*node.as_table()));
      } else if (const Setting* setting = FindSetting(name)) {
        WP_TRY(values, Values(node, setting->name));
        const Status set = setting->set(settings_, values);
        if (!set.ok()) return At(node, setting->name + ": " + set.error().message);
      } else {
        return At(node, "unknown key \"" + std::string(name) + "\"");
      }
    }
    return model::Ok();
  }

 private:
  template <class Node>
  model::Error At(const Node& node, const std::string& message) const {
    return MakeError(Code::kConfig, path_ + ":" + std::to_string(node.source().begin.line) + ": " + message);
  }

  /// A string, number or boolean, or a list of strings, as texts.
  Result<std::vector<std::string>> Values(const toml::node& node, const std::string& name) const {
    if (const auto* text = node.as_string()) return std::vector<std::string>{text->get()};
    if (const auto* number = node.as_integer()) return std::vector<std::string>{std::to_string(number->get())};
    if (const auto* boolean = node.as_boolean()) return std::vector<std::string>{boolean->get() ? "true" : "false"};
    std::vector<std::string> values;
    const toml::array* list = node.as_array();
    bool good = list != nullptr && !list->empty();
    if (good) {
      for (const toml::node& item : *list) {
        const auto* text = item.as_string();
        good = good && text != nullptr;
        if (text != nullptr) values.push_back(text->get());
      }
    }
    if (!good) return At(node, name + ": a string, or a list of strings, is needed");
    return values;
  }

  Status ReadDns(const toml::table& table) {
    for (const auto& [key, node] : table) {
      const std::string_view name = key.str();
      WP_TRY(values, Values(node, std::string(name)));
      if (name == "outside") {
        if (values[0] != "refused" && values[0] != "nxdomain") return At(node, "outside: must be refused or nxdomain");
        settings_.dns_outside = values[0];
      } else if (name == "private-networks") {
        settings_.private_networks = values;
      } else if (name == "api-name") {
        settings_.api_name = values[0];
      } else if (name == "api-addresses") {
        settings_.api_addresses = values;
      } else if (name == "nameservers") {
        settings_.nameservers = values;
      } else {
        return At(node, "unknown key \"" + std::string(name) + "\" in [dns]");
      }
    }
    return model::Ok();
  }

  Result<std::chrono::milliseconds> Duration(const toml::node& node, const std::string& name,
                                             std::chrono::milliseconds low, std::chrono::milliseconds high) const {
    const auto* text = node.as_string();
    const auto value = text != nullptr ? model::ParseDuration(text->get()) : std::nullopt;
    if (value && *value >= low && *value <= high) return *value;
    return At(node, name + ": a duration from " + model::FormatDuration(low) + " to " + model::FormatDuration(high) +
                        " is needed, as \"10s\" or \"1m30s\"");
  }

  Result<std::uint32_t> Count(const toml::node& node, const std::string& name, std::int64_t low,
                              std::int64_t high) const {
    const auto* number = node.as_integer();
    if (number != nullptr && number->get() >= low && number->get() <= high) {
      return static_cast<std::uint32_t>(number->get());
    }
    return At(node, name + ": a number from " + std::to_string(low) + " to " + std::to_string(high) + " is needed");
  }

  Status ReadHealth(const toml::table& table) {
    using namespace std::chrono_literals;
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (name == "interval") {
        WP_TRY(value, Duration(node, name, 100ms, 1h));
        settings_.check_interval = value;
      } else if (name == "timeout") {
        WP_TRY(value, Duration(node, name, 100ms, 1h));
        settings_.check_timeout = value;
      } else if (name == "suspect-hold") {
        WP_TRY(value, Duration(node, name, 0ms, 24h));
        settings_.suspect_hold = value;
      } else if (name == "history-per-instance") {
        WP_TRY(value, Count(node, name, 1, 10'000));
        settings_.history_per_instance = value;
      } else if (name == "in-flight") {
        WP_TRY(value, Count(node, name, 1, 100'000));
        settings_.checks_in_flight = value;
      } else {
        return At(node, "unknown key \"" + name + "\" in [health]");
      }
    }
    return model::Ok();
  }

  Status ReadZone(const toml::table& table) {
    Settings::Zone zone;
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (name != "name" && name != "clients") return At(node, "unknown key \"" + name + "\" in [[zone]]");
      WP_TRY(values, Values(node, name));
      if (name == "name") zone.name = values[0];
      if (name == "clients") zone.clients = values;
    }
    if (zone.name.empty() || zone.clients.empty()) return At(table, "a [[zone]] needs a name and clients");
    settings_.client_zones.push_back(std::move(zone));
    return model::Ok();
  }

  Status ReadEc2(const toml::table& table) {
    for (const auto& [key, node] : table) {
      const auto* address = node.as_string();
      if (address == nullptr) return At(node, "ec2-addresses: an IPv4 address is needed");
      settings_.ec2_addresses[std::string(key.str())] = address->get();
    }
    return model::Ok();
  }

  std::string path_;
  Settings& settings_;
};

}  // namespace

Status ReadConfigFile(const std::string& path, Settings& settings) {
  try {
    const toml::table root = toml::parse_file(path);
    return FileReader(path, settings).Read(root);
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return MakeError(Code::kConfig,
                     path + (line != 0 ? ":" + std::to_string(line) : "") + ": " + std::string(error.description()));
  }
}

}  // namespace waypost::server
