#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace waypost::server {

/// Of the [dns] table.
struct DnsSettings {
  std::optional<std::vector<std::string>> status_networks = {};
  std::vector<std::string> reverse_networks = {};
  std::string nsid = {};
  bool cookies = true;
  std::string cookie_secret = {};  ///< 16 octets, from `cookie-secret-file`; empty: drawn at start
  std::uint32_t rate_limit = 0;    ///< responses a second to one network; 0: any
  std::uint32_t rate_limit_slip = 2;
  std::uint32_t error_rate_limit = 50'000;
  std::uint32_t tcp_connections = 4000;
  std::uint32_t tcp_per_client = 1000;
  std::string query_log = {};            ///< file; empty: none
  std::uint32_t query_log_sample = 100;  ///< one query in so many
  bool operator==(const DnsSettings&) const = default;
};

/// [[forward.domain]]: a suffix with servers of its own.
struct ForwardDomain {
  std::string name;
  std::vector<std::string> upstreams;
  bool operator==(const ForwardDomain&) const = default;
};

/// [forward]
struct ForwardSettings {
  bool enabled = false;
  std::vector<std::string> clients = {"127.0.0.0/8", "::1"};
  std::vector<std::string> upstreams = {"system"};
  bool parallel = false;
  std::chrono::milliseconds timeout{1500};  ///< of one try
  std::uint64_t cache_octets = 32ULL << 20;
  std::chrono::milliseconds serve_stale{std::chrono::hours(24)};
  bool prefetch = true;
  std::vector<ForwardDomain> domains = {};
  bool operator==(const ForwardSettings&) const = default;
};

/// [[tsig-key]]
struct TsigKeySettings {
  std::string name;
  std::string algorithm = "hmac-sha256";
  std::string secret = {};  ///< base64, as read from `secret-file`
  bool operator==(const TsigKeySettings&) const = default;
};

/// [[secondary]]
struct SecondarySettings {
  std::string address;
  std::vector<std::string> zones = {"*"};
  std::string key = {};
  bool operator==(const SecondarySettings&) const = default;
};

/// [transfer]
struct TransferSettings {
  std::uint64_t journal_octets = 64ULL << 20;
  std::chrono::milliseconds journal_age{std::chrono::hours(1)};
  bool operator==(const TransferSettings&) const = default;
};

/// [tls]
struct TlsSettings {
  std::string certificate = {};
  std::string key = {};
  std::vector<std::string> https = {};
  std::vector<std::string> dot = {};
  bool doh = false;
  bool operator==(const TlsSettings&) const = default;
};

}  // namespace waypost::server
