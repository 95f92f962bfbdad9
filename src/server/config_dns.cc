#include "server/config_dns.h"

#include <functional>
#include <map>

namespace waypost::server {
namespace {

using model::Status;
using namespace std::chrono_literals;

constexpr std::int64_t kRateMax = 1'000'000;
constexpr std::uint64_t kMemoryMax = 1ULL << 40;

/// What reads the value of one key.
using KeyReader = std::function<Status(const toml::node& node, const std::string& name)>;
using KeyReaders = std::map<std::string, KeyReader, std::less<>>;

/// Reads each key of a table by its reader.
Status ReadKeys(const ConfigReader& reader, const toml::table& table, const std::string& title,
                const KeyReaders& readers) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const auto found = readers.find(name);
    if (found == readers.end()) return reader.Unknown(node, name, title);
    WP_CHECK(found->second(node, name));
  }
  return model::Ok();
}

/// Stores what `read` gives.
template <class Target, class Read>
KeyReader Into(Target& target, Read read) {
  return [&target, read](const toml::node& node, const std::string& name) -> Status {
    WP_TRY(value, read(node, name));
    target = std::move(value);
    return model::Ok();
  };
}

/// The readers of one file's values.
struct Kinds {
  const ConfigReader& reader;

  template <class Target>
  KeyReader Text(Target& target) const {
    return Into(target, [r = &reader](const auto& node, const auto& name) { return r->Text(node, name); });
  }
  template <class Target>
  KeyReader List(Target& target) const {
    return Into(target, [r = &reader](const auto& node, const auto& name) { return r->Values(node, name); });
  }
  KeyReader Flag(bool& target) const {
    return Into(target, [r = &reader](const auto& node, const auto& name) { return r->Flag(node, name); });
  }
  KeyReader File(std::string& target) const {
    return Into(target, [r = &reader](const auto& node, const auto& name) { return r->File(node, name); });
  }
  KeyReader Content(std::string& target) const {
    return Into(target, [r = &reader](const auto& node, const auto& name) { return r->FileContent(node, name); });
  }
  KeyReader Count(std::uint32_t& target, std::int64_t low, std::int64_t high) const {
    return Into(target, [r = &reader, low, high](const auto& node, const auto& name) {
      return r->Count(node, name, low, high);
    });
  }
  KeyReader Octets(std::uint64_t& target, std::uint64_t low) const {
    return Into(target, [r = &reader, low](const auto& node, const auto& name) {
      return r->Octets(node, name, low, kMemoryMax);
    });
  }
  KeyReader Duration(std::chrono::milliseconds& target, std::chrono::milliseconds low,
                     std::chrono::milliseconds high) const {
    return Into(target, [r = &reader, low, high](const auto& node, const auto& name) {
      return r->Duration(node, name, low, high);
    });
  }
  /// One of two words.
  KeyReader Choice(bool& target, const std::string& no, const std::string& yes) const {
    return [&target, no, yes, r = &reader](const toml::node& node, const std::string& name) -> Status {
      WP_TRY(value, r->Text(node, name));
      if (value != no && value != yes) return r->At(node, name + ": must be " + no + " or " + yes);
      target = value == yes;
      return model::Ok();
    };
  }
};

Status ReadForwardDomain(const ConfigReader& reader, const toml::table& table, ForwardSettings& forward) {
  const Kinds kinds{reader};
  ForwardDomain domain;
  const KeyReaders readers = {{"name", kinds.Text(domain.name)}, {"upstreams", kinds.List(domain.upstreams)}};
  WP_CHECK(ReadKeys(reader, table, "[[forward.domain]]", readers));
  if (domain.name.empty() || domain.upstreams.empty()) {
    return reader.At(table, "a [[forward.domain]] needs a name and upstreams");
  }
  forward.domains.push_back(std::move(domain));
  return model::Ok();
}

}  // namespace

Status ReadDnsTable(const ConfigReader& reader, const toml::table& table, Settings& settings) {
  const Kinds kinds{reader};
  DnsSettings& dns = settings.dns_table;
  bool nxdomain = settings.dns_outside == "nxdomain";
  std::string secret;
  const KeyReaders readers = {
      {"outside", kinds.Choice(nxdomain, "refused", "nxdomain")},
      {"private-networks", kinds.List(settings.private_networks)},
      {"api-name",
       [&](const toml::node& node, const std::string& name) -> Status {
         WP_TRY(values, reader.Values(node, name));
         settings.api_name = values[0];
         return model::Ok();
       }},
      {"api-addresses", kinds.List(settings.api_addresses)},
      {"nameservers", kinds.List(settings.nameservers)},
      {"status-networks", kinds.List(dns.status_networks)},
      {"reverse-networks", kinds.List(dns.reverse_networks)},
      {"nsid", kinds.Text(dns.nsid)},
      {"cookies", kinds.Flag(dns.cookies)},
      {"cookie-secret-file", kinds.Content(secret)},
      {"rate-limit", kinds.Count(dns.rate_limit, 0, kRateMax)},
      {"rate-limit-slip", kinds.Count(dns.rate_limit_slip, 0, 255)},
      {"error-rate-limit", kinds.Count(dns.error_rate_limit, 0, kRateMax)},
      {"tcp-connections", kinds.Count(dns.tcp_connections, 1, 1'000'000)},
      {"tcp-per-client", kinds.Count(dns.tcp_per_client, 1, 1'000'000)},
      {"query-log", kinds.File(dns.query_log)},
      {"query-log-sample", kinds.Count(dns.query_log_sample, 1, 1'000'000'000)},
  };
  WP_CHECK(ReadKeys(reader, table, "[dns]", readers));
  settings.dns_outside = nxdomain ? "nxdomain" : "refused";
  if (!secret.empty()) {
    constexpr std::size_t kDigits = 32;
    if (secret.size() != kDigits || secret.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return reader.At(table, "cookie-secret-file: 32 hexadecimal digits are needed in the file");
    }
    dns.cookie_secret.clear();
    for (std::size_t i = 0; i < kDigits; i += 2) {
      dns.cookie_secret += static_cast<char>(std::stoi(secret.substr(i, 2), nullptr, 16));
    }
  }
  return model::Ok();
}

Status ReadForwardTable(const ConfigReader& reader, const toml::table& table, ForwardSettings& forward) {
  const Kinds kinds{reader};
  const KeyReaders readers = {
      {"enabled", kinds.Flag(forward.enabled)},
      {"clients", kinds.List(forward.clients)},
      {"upstreams", kinds.List(forward.upstreams)},
      {"mode", kinds.Choice(forward.parallel, "failover", "parallel")},
      {"timeout", kinds.Duration(forward.timeout, 50ms, 30s)},
      {"cache-size", kinds.Octets(forward.cache_octets, 64U << 10)},
      {"serve-stale", kinds.Duration(forward.serve_stale, 0ms, 72h)},
      {"prefetch", kinds.Flag(forward.prefetch)},
      {"domain",
       [&](const toml::node& node, const std::string& name) -> Status {
         if (!node.is_array_of_tables()) return reader.At(node, name + ": is written [[forward.domain]]");
         for (const toml::node& domain : *node.as_array()) {
           WP_CHECK(ReadForwardDomain(reader, *domain.as_table(), forward));
         }
         return model::Ok();
       }},
  };
  return ReadKeys(reader, table, "[forward]", readers);
}

Status ReadTsigKey(const ConfigReader& reader, const toml::table& table, Settings& settings) {
  const Kinds kinds{reader};
  TsigKeySettings key;
  const KeyReaders readers = {{"name", kinds.Text(key.name)},
                              {"algorithm", kinds.Text(key.algorithm)},
                              {"secret-file", kinds.Content(key.secret)}};
  WP_CHECK(ReadKeys(reader, table, "[[tsig-key]]", readers));
  if (key.name.empty() || key.secret.empty()) return reader.At(table, "a [[tsig-key]] needs a name and a secret-file");
  if (key.algorithm != "hmac-sha256") return reader.At(table, "algorithm: must be hmac-sha256");
  settings.tsig_keys.push_back(std::move(key));
  return model::Ok();
}

Status ReadSecondary(const ConfigReader& reader, const toml::table& table, Settings& settings) {
  const Kinds kinds{reader};
  SecondarySettings secondary;
  const KeyReaders readers = {{"address", kinds.Text(secondary.address)},
                              {"zones", kinds.List(secondary.zones)},
                              {"tsig-key", kinds.Text(secondary.key)}};
  WP_CHECK(ReadKeys(reader, table, "[[secondary]]", readers));
  if (secondary.address.empty()) return reader.At(table, "a [[secondary]] needs an address");
  settings.secondaries.push_back(std::move(secondary));
  return model::Ok();
}

Status ReadTransferTable(const ConfigReader& reader, const toml::table& table, TransferSettings& transfers) {
  const Kinds kinds{reader};
  const KeyReaders readers = {{"journal-size", kinds.Octets(transfers.journal_octets, 1U << 20)},
                              {"journal-age", kinds.Duration(transfers.journal_age, 1s, 24h * 7)}};
  return ReadKeys(reader, table, "[transfer]", readers);
}

Status ReadTlsTable(const ConfigReader& reader, const toml::table& table, TlsSettings& tls) {
  const Kinds kinds{reader};
  const KeyReaders readers = {{"certificate", kinds.File(tls.certificate)},
                              {"key", kinds.File(tls.key)},
                              {"https", kinds.List(tls.https)},
                              {"dot", kinds.List(tls.dot)},
                              {"doh", kinds.Flag(tls.doh)}};
  WP_CHECK(ReadKeys(reader, table, "[tls]", readers));
  if (tls.certificate.empty() || tls.key.empty()) return reader.At(table, "[tls] needs a certificate and a key");
  if (tls.doh && tls.https.empty()) return reader.At(table, "doh needs an https address");
  return model::Ok();
}

}  // namespace waypost::server
