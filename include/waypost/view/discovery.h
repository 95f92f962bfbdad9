#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/model/random.h"
#include "waypost/view/view.h"

namespace waypost::view {

enum class HealthFilter : std::uint8_t { kHealthy, kUnhealthy, kAll, kHealthyOrElseAll };

/// An attribute that must have a value. Borrowed, unescaped.
using AttributeFilter = std::pair<std::string_view, std::string_view>;

struct DiscoverQuery {
  std::span<const AttributeFilter> required = {};
  /// If some instance matches these too, only such are returned; else they are ignored.
  std::span<const AttributeFilter> optional = {};
  HealthFilter health = HealthFilter::kHealthyOrElseAll;
  std::uint32_t max_results = 100;
};

/// Reused between calls so that none allocates: one a thread.
struct DiscoverScratch {
  std::vector<std::uint64_t> masks = {};
  std::vector<std::uint32_t> picks = {};
};

/// Appends the matching instances' JSON objects, comma-separated, in an order drawn anew, to `out`. Section. Returns
/// how many; their numbers in `state.answering()` are the first of `scratch.picks`. Without a health check in the
/// service the health filter is ignored (API reference, DiscoverInstances HealthStatus), but pins and shifted zones
/// count.
std::uint32_t Discover(const ServiceState& state, const DiscoverQuery& query, model::Random& random,
                       DiscoverScratch& scratch, std::string& out);

}  // namespace waypost::view
