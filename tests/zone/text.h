#pragma once

#include <string>
#include <string_view>

#include "waypost/model/hash.h"
#include "waypost/model/owner_name.h"
#include "waypost/zone/folder.h"
#include "zone/name.h"
#include "zone/rdata.h"

namespace waypost::zone {

inline constexpr std::uint64_t kSeed = 42;

/// What every zone needs, on one line.
inline constexpr const char* kHead = "@ 60 SOA ns.test. admin.test. 1 2 3 4 5\n@ 60 NS ns.test.\n";

/// A file `e.zone` with that text, of the zone `e.`; its records begin on line 3.
inline ReadZone Load(std::string_view text) { return ReadZoneText(kHead + std::string(text), "e.zone", "e", kSeed); }

inline std::string Wire(std::string_view name) { return std::string(model::OwnerName::Parse(name).value().wire()); }

inline std::string Hex(std::string_view octets) {
  std::string text;
  for (const char c : octets) {
    const auto octet = static_cast<std::uint8_t>(c);
    text += "0123456789abcdef"[octet >> 4];
    text += "0123456789abcdef"[octet & 15];
  }
  return text;
}

/// One line for each RRset: `owner TTL TYPE hex [hex…]`; what every zone needs is left out.
inline std::string Text(const Zone& zone) {
  std::string text;
  for (const auto& node : zone.nodes()) {
    for (const RRset& rrset : node->rrsets()) {
      if (node.get() == &zone.apex_node() && (rrset.type == 6 || rrset.type == 2)) continue;
      text += NameText(node->owner()) + " " + std::to_string(rrset.ttl) + " " + TypeName(rrset.type);
      for (std::size_t at = 0; at < rrset.rdata.size();) {
        const std::size_t length = static_cast<std::size_t>(rrset.rdata[at] << 8 | rrset.rdata[at + 1]);
        text += " " + Hex({reinterpret_cast<const char*>(rrset.rdata.data()) + at + 2, length});
        at += 2 + length;
      }
      text += "\n";
    }
  }
  return text;
}

/// One line for each complaint; a warning begins with `warning: `.
inline std::string Text(const std::vector<Complaint>& complaints) {
  std::string text;
  for (const Complaint& complaint : complaints) text += (complaint.fatal ? "" : "warning: ") + complaint.str() + "\n";
  return text;
}

/// The zone of a text that must be good, as text.
inline std::string Good(std::string_view text) {
  const ReadZone read = Load(text);
  if (read.zone == nullptr || !read.complaints.empty()) return "complaints: " + Text(read.complaints);
  return Text(*read.zone);
}

}  // namespace waypost::zone
