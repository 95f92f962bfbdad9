#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cloudmap/json_value.h"
#include "waypost/view/discovery.h"

namespace waypost::cloudmap {

/// The input of DiscoverInstances; that of DiscoverInstancesRevision is a part of it. Texts are borrowed from the body
/// (or the parsed value) it was read from. Reused, so that reading one allocates nothing.
struct DiscoverRequest {
  std::string_view namespace_name = {};
  std::string_view service_name = {};
  std::string_view owner_account = {};  ///< empty: not given
  std::vector<view::AttributeFilter> required = {};
  std::vector<view::AttributeFilter> optional = {};
  view::HealthFilter health = view::HealthFilter::kHealthyOrElseAll;
  std::uint32_t max_results = 0;

  void Clear();
};

/// Reads a body in one pass when it is of the plain kind that clients send: known members, each once, ASCII strings
/// without escapes, within all limits. False: it is not, and whether it is right at all must be found out by ParseJson
/// and Check; `request` is then unspecified. Whatever this accepts, they accept with the same meaning.
bool ReadPlainDiscover(std::string_view body, DiscoverRequest& request);

/// The same from a value that was checked against kDiscoverInstancesInput or kDiscoverInstancesRevisionInput.
void ReadDiscover(const Value& input, DiscoverRequest& request);

}  // namespace waypost::cloudmap
