#include "dns/connection_limits.h"

#include <algorithm>

namespace waypost::dns {

ConnectionLimits::Key ConnectionLimits::KeyOf(const Address& client) {
  Key key = {client.size};
  std::copy(client.octets.begin(), client.octets.end(), key.begin() + 1);
  return key;
}

bool ConnectionLimits::Enter(const Address& client) {
  const std::lock_guard lock(mutex_);
  if (total_ >= total_max_ || per_client_max_ == 0) return false;
  std::size_t& count = clients_[KeyOf(client)];
  if (count >= per_client_max_) return false;
  ++count;
  ++total_;
  return true;
}

void ConnectionLimits::Leave(const Address& client) {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(KeyOf(client));
  if (found == clients_.end()) return;
  --total_;
  if (--found->second == 0) clients_.erase(found);
}

}  // namespace waypost::dns
