#pragma once

#include "waypost/zone/folder.h"
#include "zone/reader.h"

namespace waypost::zone {

/// A zone that was read, and how its files were then.
struct StampedZone {
  ReadZone read = {};
  std::vector<Reader::Source> sources = {};
};

/// `apex` in canonical wire form.
StampedZone ReadStamped(const std::string& path, std::string_view apex, std::uint64_t seed, const Limits& limits);

}  // namespace waypost::zone
