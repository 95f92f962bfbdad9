#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/model/result.h"

namespace waypost::dns {

/// Transaction signatures (RFC 8945) with hmac-sha256.

struct TsigKeyOptions {
  std::string name;                       ///< presentation form
  std::string algorithm = "hmac-sha256";  ///< the only one
  std::string secret;                     ///< base64, as in key files; white space around it is ignored
};

struct TsigKey {
  std::string name;    ///< canonical wire form
  std::string secret;  ///< octets
};

/// Signs a query of ours (a NOTIFY): as TsigExchange::Sign, covering the message alone. Returns the new size.
std::size_t SignQuery(const TsigKey& key, std::uint8_t* query, std::size_t size, std::uint64_t now);

/// All keys that are known. Immutable, shared between threads.
class Keyring {
 public:
  Keyring() = default;
  /// Err: kConfig (a name, algorithm or secret that is none; a name twice). Never says the secret.
  static model::Result<Keyring> Create(std::span<const TsigKeyOptions> keys);
  /// Null: unknown. `name`: canonical wire form.
  const TsigKey* Find(std::string_view name) const;
  bool empty() const { return keys_.empty(); }

 private:
  std::vector<TsigKey> keys_;
};

/// What a signature was worth. MACs that were cut short count as kBadSig, but for those that RFC 8945 5.2.2.1 forbids
/// altogether (kFormErr). All but kGood are answered with NOTAUTH (kFormErr: with FORMERR); of these only kBadTime
/// is answered with a signature (RFC 8945 5.2).
enum class TsigVerdict : std::uint8_t { kGood, kBadKey, kBadSig, kBadTime, kFormErr };

/// The signatures of one exchange: that of the query, checked, and those of the response's messages, each covering the
/// one before. Borrows the keyring.
class TsigExchange {
 public:
  /// The most octets that Sign adds.
  static constexpr std::size_t kRoomMax = 400;

  /// Checks the query of `size` octets whose TSIG record (its last) begins at `tsig_at`; `now`: seconds of Unix time.
  TsigVerdict Check(const Keyring& keys, const std::uint8_t* query, std::size_t size, std::size_t tsig_at,
                    std::uint64_t now);
  /// Canonical wire form of the key, after Check said kGood or kBadTime.
  std::string_view key_name() const;
  /// Octets that Sign will add at most, after Check; kRoomMax or less.
  std::size_t room() const;
  /// Appends the TSIG record that fits the verdict to the response of `size` octets, which is whole otherwise and has
  /// kRoomMax octets of room behind it; counts it in the header. Returns the new size (after kFormErr: the old one,
  /// there is nothing to say). For the first message, then for each further one. `now`: as above.
  std::size_t Sign(std::uint8_t* response, std::size_t size, std::uint64_t now);

 private:
  TsigVerdict verdict_ = TsigVerdict::kFormErr;
  const TsigKey* key_ = nullptr;
  std::string asked_key_;               // as the query named it, for unsigned answers
  std::string asked_algorithm_;         // likewise
  std::vector<std::uint8_t> last_mac_;  // of the query, then of the last message
  std::uint64_t time_signed_ = 0;       // the query's
  bool first_ = true;
};

}  // namespace waypost::dns
