#include "forward/system_servers.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

namespace waypost::forward {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kKeyword = "nameserver";

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_first_of(kBlanks));
}

}  // namespace

model::Result<dns::Endpoint> ParseServer(std::string_view text) {
  auto address = dns::Address::Parse(text);
  if (address.ok()) return dns::Endpoint{*address, kDnsPort};
  auto endpoint = dns::Endpoint::Parse(text);
  const bool good = endpoint.ok() && endpoint->port != 0;
  if (good) return endpoint;
  return model::MakeError(model::Code::kConfig, "\"" + std::string(text) +
                                                    "\" is not a name server, as in 192.0.2.53, 192.0.2.53:5353 or "
                                                    "[2001:db8::53]:5353");
}

std::vector<dns::Endpoint> ParseResolvConf(std::string_view text) {
  std::vector<dns::Endpoint> servers;
  while (!text.empty() && servers.size() < SystemServers::kServersMax) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(kKeyword) || line.find_first_of(kBlanks) != kKeyword.size()) continue;
    const auto address = dns::Address::Parse(Trimmed(line.substr(kKeyword.size())));
    if (!address.ok()) continue;
    const dns::Endpoint server{address.value(), kDnsPort};
    if (std::find(servers.begin(), servers.end(), server) == servers.end()) servers.push_back(server);
  }
  return servers;
}

SystemServers::Version SystemServers::VersionNow() const {
  struct stat found = {};
  if (stat(path_.c_str(), &found) != 0) return {};
  return {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_ino, found.st_size};
}

bool SystemServers::Refresh(Time now) {
  if (looked_ != Time::min() && now < looked_ + kLookAgain) return false;
  looked_ = now;
  const Version version = VersionNow();
  if (version == version_) return false;
  version_ = version;
  std::ifstream file(path_, std::ios::binary);
  std::string text(kOctetsMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  std::vector<dns::Endpoint> servers = ParseResolvConf(text);
  if (servers.empty() || servers == servers_) return false;
  servers_ = std::move(servers);
  return true;
}

}  // namespace waypost::forward
