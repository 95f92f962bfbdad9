#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "waypost/dns/address.h"
#include "waypost/dns/tsig.h"
#include "waypost/model/result.h"
#include "waypost/transfer/zone_transfers.h"

namespace waypost::transfer {

/// Who is listed for which zones. Immutable.
class Secondaries {
 public:
  struct Listed {
    dns::Endpoint address = {};
    std::vector<std::string> zones = {};  ///< canonical wire form
    bool all_zones = false;
    const dns::TsigKey* key = nullptr;  ///< null: unsigned
    bool sees_private = false;
    bool Covers(std::string_view apex) const;
  };

  /// Err: kConfig. The keys outlive it.
  static model::Result<Secondaries> Create(const Options& options, const dns::Keyring& keys);

  const std::vector<Listed>& all() const { return listed_; }

  enum class Verdict : std::uint8_t {
    kStranger,  ///< nobody is listed with this address
    kRefused,   ///< somebody is, but not for this zone, or with another key
    kAllowed,
  };
  Verdict Judge(const dns::Address& client, std::string_view key, std::string_view apex) const;

 private:
  std::vector<Listed> listed_;
};

}  // namespace waypost::transfer
