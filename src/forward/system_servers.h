#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forward/cache.h"
#include "waypost/dns/address.h"
#include "waypost/model/result.h"

namespace waypost::forward {

inline constexpr std::uint16_t kDnsPort = 53;

/// `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`. Err: kConfig.
model::Result<dns::Endpoint> ParseServer(std::string_view text);

/// The `nameserver` lines of a resolv.conf; those that cannot be read are left out.
std::vector<dns::Endpoint> ParseResolvConf(std::string_view text);

/// The name servers that a resolv.conf names, as they are now.
class SystemServers {
 public:
  static constexpr std::chrono::seconds kLookAgain{1};
  static constexpr std::size_t kOctetsMax = 64 << 10;
  static constexpr std::size_t kServersMax = 16;

  explicit SystemServers(std::string path) : path_(std::move(path)) {}

  /// Looks at the file, at most once in kLookAgain. True: the servers are others now. When there are none in it, or it
  /// cannot be read, those from before stay.
  bool Refresh(Time now);
  const std::vector<dns::Endpoint>& servers() const { return servers_; }
  const std::string& path() const { return path_; }

 private:
  struct Version {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    bool operator==(const Version&) const = default;
  };
  Version VersionNow() const;

  const std::string path_;
  std::vector<dns::Endpoint> servers_;
  Version version_;
  Time looked_ = Time::min();
};

}  // namespace waypost::forward
