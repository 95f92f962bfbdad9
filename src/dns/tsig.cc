#include "waypost/dns/tsig.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "dns/tsig.h"
#include "waypost/dns/protocol.h"
#include "waypost/dns/wire.h"
#include "waypost/model/owner_name.h"

namespace waypost::dns {
namespace {

constexpr std::string_view kAlgorithm("\013hmac-sha256", 13);
constexpr std::size_t kMacOctets = 32;
constexpr std::size_t kMacOctetsMin = 16;        // half of it (RFC 8945 5.2.2.1)
constexpr std::size_t kAlgorithmEchoedMax = 64;  // longer names of algorithms that we have not are not said back
constexpr std::uint16_t kFudge = 300;            // seconds (RFC 8945 10)
constexpr std::uint16_t kErrorBadSig = 16;
constexpr std::uint16_t kErrorBadKey = 17;
constexpr std::uint16_t kErrorBadTime = 18;
constexpr std::uint16_t kClassAny = 255;
constexpr std::size_t kAdditionalCountAt = 10;

using Mac = std::array<std::uint8_t, kMacOctets>;

/// HMAC-SHA256 over pieces.
class Hmac {
 public:
  explicit Hmac(std::string_view secret) : context_(EVP_MAC_CTX_new(Algorithm())) {
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    const auto* key = reinterpret_cast<const unsigned char*>(secret.data());
    if (context_ == nullptr || EVP_MAC_init(context_, key, secret.size(), parameters) != 1) {
      throw std::runtime_error("libcrypto gives no HMAC-SHA256");
    }
  }
  ~Hmac() { EVP_MAC_CTX_free(context_); }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  void Add(const std::uint8_t* octets, std::size_t size) { EVP_MAC_update(context_, octets, size); }
  void Add(std::string_view octets) { Add(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()); }
  void Add16(std::size_t value) {
    std::uint8_t octets[2];
    Store16(octets, static_cast<std::uint16_t>(value));
    Add(octets, sizeof octets);
  }
  void AddTimers(std::uint64_t time, std::uint16_t fudge) {
    Add16(time >> 32 & 0xffff);
    Add16(time >> 16 & 0xffff);
    Add16(time & 0xffff);
    Add16(fudge);
  }
  Mac Finish() {
    Mac mac;
    std::size_t size = 0;
    if (EVP_MAC_final(context_, mac.data(), &size, mac.size()) != 1 || size != mac.size()) {
      throw std::runtime_error("libcrypto gives no HMAC-SHA256");
    }
    return mac;
  }

 private:
  static EVP_MAC* Algorithm() {
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    return algorithm;
  }
  EVP_MAC_CTX* context_;
};

/// What a signature says beside its MAC.
struct Variables {
  std::string_view key;
  std::uint64_t time = 0;
  std::uint16_t fudge = kFudge;
  std::uint16_t error = 0;
  std::string_view other = {};
};

void AddVariables(Hmac& hmac, const Variables& variables) {
  hmac.Add(variables.key);
  hmac.Add16(kClassAny);
  hmac.Add16(0);  // TTL
  hmac.Add16(0);
  hmac.Add(kAlgorithm);
  hmac.AddTimers(variables.time, variables.fudge);
  hmac.Add16(variables.error);
  hmac.Add16(variables.other.size());
  hmac.Add(variables.other);
}

/// Writes one record at the end of a message, and counts it.
std::size_t Append(std::uint8_t* message, std::size_t size, std::string_view algorithm, const Variables& variables,
                   std::span<const std::uint8_t> mac) {
  std::uint8_t* at = message + size;
  const auto add = [&](const void* octets, std::size_t count) {
    if (count != 0) std::memcpy(at, octets, count);
    at += count;
  };
  const auto add16 = [&](std::size_t value) {
    Store16(at, static_cast<std::uint16_t>(value));
    at += 2;
  };
  add(variables.key.data(), variables.key.size());
  add16(static_cast<std::size_t>(Type::kTsig));
  add16(kClassAny);
  add16(0);
  add16(0);
  std::uint8_t* length_at = at;
  at += 2;
  add(algorithm.data(), algorithm.size());
  add16(variables.time >> 32 & 0xffff);
  add16(variables.time >> 16 & 0xffff);
  add16(variables.time & 0xffff);
  add16(variables.fudge);
  add16(mac.size());
  add(mac.data(), mac.size());
  add(message, 2);  // the id
  add16(variables.error);
  add16(variables.other.size());
  add(variables.other.data(), variables.other.size());
  Store16(length_at, static_cast<std::uint16_t>(at - length_at - 2));
  std::uint8_t* count = message + kAdditionalCountAt;
  Store16(count, static_cast<std::uint16_t>(Load16(count) + 1));
  return static_cast<std::size_t>(at - message);
}

model::Error ConfigError(std::string message) { return model::MakeError(model::Code::kConfig, std::move(message)); }

/// Strict base64 with padding. None: it is not.
std::optional<std::string> DecodeBase64(std::string_view text) {
  while (!text.empty() && std::strchr(" \t\r\n", text.front()) != nullptr) text.remove_prefix(1);
  while (!text.empty() && std::strchr(" \t\r\n", text.back()) != nullptr) text.remove_suffix(1);
  std::size_t padding = 0;
  while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=') ++padding;
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  const std::string_view digits = text.substr(0, text.size() - padding);
  if (text.empty() || text.size() % 4 != 0 || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  std::string octets(text.size() / 4 * 3, '\0');
  const int got = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()),
                                  reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (got < 0) return std::nullopt;
  octets.resize(static_cast<std::size_t>(got) - padding);
  return octets;
}

}  // namespace

model::Result<Keyring> Keyring::Create(std::span<const TsigKeyOptions> keys) {
  constexpr std::size_t kSecretTextMax = 4096;
  Keyring ring;
  for (const TsigKeyOptions& options : keys) {
    const auto name = model::OwnerName::Parse(options.name);
    if (!name.ok() || name->is_root()) return ConfigError("tsig-key: `" + options.name + "` is no name for a key");
    const std::string algorithm = model::Folded(options.algorithm);
    if (algorithm != "hmac-sha256" && algorithm != "hmac-sha256.") {
      return ConfigError("tsig-key " + options.name + ": algorithm `" + options.algorithm +
                         "` is not known, only hmac-sha256");
    }
    auto secret = options.secret.size() <= kSecretTextMax ? DecodeBase64(options.secret) : std::nullopt;
    if (!secret) return ConfigError("tsig-key " + options.name + ": the secret is not base64");
    if (ring.Find(name->wire()) != nullptr) return ConfigError("tsig-key " + options.name + ": there are two of it");
    ring.keys_.push_back({std::string(name->wire()), std::move(*secret)});
  }
  return ring;
}

const TsigKey* Keyring::Find(std::string_view name) const {
  const auto at = std::find_if(keys_.begin(), keys_.end(), [&](const TsigKey& key) { return key.name == name; });
  return at == keys_.end() ? nullptr : &*at;
}

std::size_t SignQuery(const TsigKey& key, std::uint8_t* query, std::size_t size, std::uint64_t now) {
  const Variables variables{.key = key.name, .time = now};
  Hmac hmac(key.secret);
  hmac.Add(query, size);
  AddVariables(hmac, variables);
  const Mac mac = hmac.Finish();
  return Append(query, size, kAlgorithm, variables, mac);
}

TsigVerdict TsigExchange::Check(const Keyring& keys, const std::uint8_t* query, std::size_t size, std::size_t tsig_at,
                                std::uint64_t now) {
  *this = {};
  const auto record = ReadTsig(query, size, tsig_at);
  if (!record || Load16(query + kAdditionalCountAt) == 0 || record->mac_size > kMacOctets) return verdict_;
  asked_key_ = record->key;
  asked_algorithm_ = record->algorithm;
  time_signed_ = record->time;
  const TsigKey* key = keys.Find(record->key);
  if (key == nullptr || record->algorithm != kAlgorithm) return verdict_ = TsigVerdict::kBadKey;
  if (record->mac_size < kMacOctetsMin) return verdict_;
  // As it was before it was signed: with its first id, and without this record.
  std::uint8_t header[kHeaderOctets];
  std::memcpy(header, query, sizeof header);
  Store16(header, record->original_id);
  Store16(header + kAdditionalCountAt, static_cast<std::uint16_t>(Load16(header + kAdditionalCountAt) - 1));
  Hmac hmac(key->secret);
  hmac.Add(header, sizeof header);
  hmac.Add(query + sizeof header, tsig_at - sizeof header);
  AddVariables(hmac, {record->key, record->time, record->fudge, record->error,
                      std::string_view(reinterpret_cast<const char*>(record->other), record->other_size)});
  const Mac mac = hmac.Finish();
  if (record->mac_size != mac.size() || CRYPTO_memcmp(mac.data(), record->mac, mac.size()) != 0) {
    return verdict_ = TsigVerdict::kBadSig;
  }
  key_ = key;
  last_mac_.assign(record->mac, record->mac + record->mac_size);
  const std::uint64_t apart = now > record->time ? now - record->time : record->time - now;
  return verdict_ = apart <= record->fudge ? TsigVerdict::kGood : TsigVerdict::kBadTime;
}

std::size_t TsigExchange::room() const {
  constexpr std::size_t kFixed = 10 + 16;  // type, class, TTL, length; time, fudge, sizes, id, error
  constexpr std::size_t kOtherTime = 6;
  if (verdict_ == TsigVerdict::kFormErr) return 0;
  const bool is_signed = key_ != nullptr && (verdict_ == TsigVerdict::kGood || verdict_ == TsigVerdict::kBadTime);
  if (is_signed) return key_->name.size() + kFixed + kAlgorithm.size() + kMacOctets + kOtherTime;
  return asked_key_.size() + kFixed + kAlgorithmEchoedMax;
}

std::string_view TsigExchange::key_name() const { return key_ != nullptr ? std::string_view(key_->name) : ""; }

std::size_t TsigExchange::Sign(std::uint8_t* response, std::size_t size, std::uint64_t now) {
  if (verdict_ == TsigVerdict::kFormErr) return size;
  if (key_ == nullptr) {
    const std::uint16_t error = verdict_ == TsigVerdict::kBadKey ? kErrorBadKey : kErrorBadSig;
    const bool echo = asked_algorithm_.size() <= kAlgorithmEchoedMax;
    return Append(response, size, echo ? std::string_view(asked_algorithm_) : kAlgorithm,
                  {.key = asked_key_, .time = now, .error = error}, {});
  }
  Variables variables{.key = key_->name, .time = now};
  char our_time[6];
  if (verdict_ == TsigVerdict::kBadTime) {
    // With the client's time, or it would refuse this one for its time too.
    variables.time = time_signed_;
    variables.error = kErrorBadTime;
    for (unsigned i = 0; i < sizeof our_time; ++i) our_time[i] = static_cast<char>(now >> (40 - 8 * i));
    variables.other = {our_time, sizeof our_time};
  }
  Hmac hmac(key_->secret);
  hmac.Add16(last_mac_.size());
  hmac.Add(last_mac_.data(), last_mac_.size());
  hmac.Add(response, size);
  if (std::exchange(first_, false)) {
    AddVariables(hmac, variables);
  } else {
    hmac.AddTimers(variables.time, variables.fudge);
  }
  const Mac mac = hmac.Finish();
  last_mac_.assign(mac.begin(), mac.end());
  return Append(response, size, kAlgorithm, variables, mac);
}

}  // namespace waypost::dns
