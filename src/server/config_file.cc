#include <map>

#include "server/config_dns.h"
#include "server/config_reader.h"
#include "server/settings.h"

namespace waypost::server {
namespace {

using model::Code;
using model::MakeError;
using model::Status;

/// Reads one file's tables.
class FileReader {
 public:
  FileReader(const std::string& path, Settings& settings) : reader_(path), settings_(settings) {}

  Status Read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const std::string_view name = key.str();
      if (const toml::table* table = node.as_table()) {
        WP_CHECK(ReadTable(name, *table));
      } else if (node.is_array_of_tables()) {
        for (const toml::node& one : *node.as_array()) WP_CHECK(ReadOneOfTables(name, *one.as_table()));
      } else if (const Setting* setting = FindSetting(name)) {
        WP_TRY(values, reader_.Values(node, setting->name));
        const Status set = setting->set(settings_, values);
        if (!set.ok()) return reader_.At(node, setting->name + ": " + set.error().message);
      } else {
        return reader_.At(node, "unknown key \"" + std::string(name) + "\"");
      }
    }
    return model::Ok();
  }

 private:
  Status ReadTable(std::string_view name, const toml::table& table) {
    if (name == "dns") return ReadDnsTable(reader_, table, settings_);
    if (name == "forward") return ReadForwardTable(reader_, table, settings_.forward);
    if (name == "transfer") return ReadTransferTable(reader_, table, settings_.transfers);
    if (name == "tls") return ReadTlsTable(reader_, table, settings_.tls);
    if (name == "health") return ReadHealth(table);
    if (name == "ec2-addresses") return ReadEc2(table);
    return reader_.At(table, "unknown key \"" + std::string(name) + "\"");
  }

  Status ReadOneOfTables(std::string_view name, const toml::table& table) {
    if (name == "zone") return ReadZone(table);
    if (name == "tsig-key") return ReadTsigKey(reader_, table, settings_);
    if (name == "secondary") return ReadSecondary(reader_, table, settings_);
    return reader_.At(table, "unknown key \"" + std::string(name) + "\"");
  }

  Status ReadHealth(const toml::table& table) {
    using namespace std::chrono_literals;
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (name == "interval") {
        WP_TRY(value, reader_.Duration(node, name, 100ms, 1h));
        settings_.check_interval = value;
      } else if (name == "timeout") {
        WP_TRY(value, reader_.Duration(node, name, 100ms, 1h));
        settings_.check_timeout = value;
      } else if (name == "suspect-hold") {
        WP_TRY(value, reader_.Duration(node, name, 0ms, 24h));
        settings_.suspect_hold = value;
      } else if (name == "history-per-instance") {
        WP_TRY(value, reader_.Count(node, name, 1, 10'000));
        settings_.history_per_instance = value;
      } else if (name == "in-flight") {
        WP_TRY(value, reader_.Count(node, name, 1, 100'000));
        settings_.checks_in_flight = value;
      } else {
        return reader_.At(node, "unknown key \"" + name + "\" in [health]");
      }
    }
    return model::Ok();
  }

  Status ReadZone(const toml::table& table) {
    Settings::Zone zone;
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (name != "name" && name != "clients") return reader_.At(node, "unknown key \"" + name + "\" in [[zone]]");
      WP_TRY(values, reader_.Values(node, name));
      if (name == "name") zone.name = values[0];
      if (name == "clients") zone.clients = values;
    }
    if (zone.name.empty() || zone.clients.empty()) return reader_.At(table, "a [[zone]] needs a name and clients");
    settings_.client_zones.push_back(std::move(zone));
    return model::Ok();
  }

  Status ReadEc2(const toml::table& table) {
    for (const auto& [key, node] : table) {
      const auto* address = node.as_string();
      if (address == nullptr) return reader_.At(node, "ec2-addresses: an IPv4 address is needed");
      settings_.ec2_addresses[std::string(key.str())] = address->get();
    }
    return model::Ok();
  }

  ConfigReader reader_;
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
