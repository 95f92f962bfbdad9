#pragma once

#include "server/config_reader.h"
#include "server/settings.h"

namespace waypost::server {

// Tables about DNS. Err: kConfig with file:line.
model::Status ReadDnsTable(const ConfigReader& reader, const toml::table& table, Settings& settings);
model::Status ReadForwardTable(const ConfigReader& reader, const toml::table& table, ForwardSettings& forward);
model::Status ReadTsigKey(const ConfigReader& reader, const toml::table& table, Settings& settings);
model::Status ReadSecondary(const ConfigReader& reader, const toml::table& table, Settings& settings);
model::Status ReadTransferTable(const ConfigReader& reader, const toml::table& table, TransferSettings& transfers);
model::Status ReadTlsTable(const ConfigReader& reader, const toml::table& table, TlsSettings& tls);

}  // namespace waypost::server
