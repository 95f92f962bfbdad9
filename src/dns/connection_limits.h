#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include "waypost/dns/address.h"

namespace waypost::dns {

/// Counts the connections of all threads, together and by client, against their limits. Safe from any thread.
class ConnectionLimits {
 public:
  ConnectionLimits(std::size_t total_max, std::size_t per_client_max)
      : total_max_(total_max), per_client_max_(per_client_max) {}

  /// False: there are too many. Else Leave follows once.
  bool Enter(const Address& client);
  void Leave(const Address& client);

 private:
  using Key = std::array<std::uint8_t, 17>;
  static Key KeyOf(const Address& client);

  const std::size_t total_max_;
  const std::size_t per_client_max_;
  std::mutex mutex_;
  std::size_t total_ = 0;
  std::map<Key, std::size_t> clients_;  // at most total_max_; a tree, since clients choose their addresses
};

}  // namespace waypost::dns
