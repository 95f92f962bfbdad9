#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "waypost/model/owner_name.h"
#include "waypost/view/member.h"

namespace waypost::dns {

/// Whether the SRV target of this member below `service` (canonical wire form) is a made-up label instead of its id:
/// the id is no host name, or would make the name too long.
inline bool IsNamedByLabel(const view::Member& member, std::string_view service) {
  return !member.Has(view::Member::kHostId) || member.id().size() + 1 + service.size() > model::kMaxNameOctets;
}

/// Writes the labels of a member's SRV target that stand in front of its service's name, in the id's case; returns
/// their octets. `out` has room for a name.
inline std::size_t WriteTargetName(const view::Member& member, std::string_view service, std::uint8_t* out) {
  if (IsNamedByLabel(member, service)) {
    const auto label = view::TargetLabel(member.id());
    out[0] = static_cast<std::uint8_t>(label.size());
    std::memcpy(out + 1, label.data(), label.size());
    return label.size() + 1;
  }
  const std::string_view id = member.id();
  std::size_t length_at = 0;
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (id[i] == '.') {
      out[length_at] = static_cast<std::uint8_t>(i - length_at);
      length_at = i + 1;
    } else {
      out[i + 1] = static_cast<std::uint8_t>(id[i]);
    }
  }
  out[length_at] = static_cast<std::uint8_t>(id.size() - length_at);
  return id.size() + 1;
}

}  // namespace waypost::dns
