#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waypost::model {

/// Keys with values, each key once, sorted by key: an instance's attributes, a service's, a resource's tags.
class Attributes {
 public:
  using Pair = std::pair<std::string, std::string>;

  Attributes() = default;
  Attributes(std::initializer_list<Pair> pairs) {
    for (const Pair& pair : pairs) Set(pair.first, pair.second);
  }

  /// Adds or replaces.
  void Set(std::string key, std::string value) {
    const auto at = Lower(key);
    if (at != pairs_.end() && at->first == key) {
      at->second = std::move(value);
    } else {
      pairs_.emplace(at, std::move(key), std::move(value));
    }
  }
  bool Erase(std::string_view key) {
    const auto at = Lower(key);
    if (at == pairs_.end() || at->first != key) return false;
    pairs_.erase(at);
    return true;
  }
  /// Null when absent. Borrowed until the next change.
  const std::string* Find(std::string_view key) const {
    const auto at = std::lower_bound(pairs_.begin(), pairs_.end(), key, Less);
    return at != pairs_.end() && at->first == key ? &at->second : nullptr;
  }
  bool Has(std::string_view key) const { return Find(key) != nullptr; }

  std::size_t size() const { return pairs_.size(); }
  bool empty() const { return pairs_.empty(); }
  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }
  bool operator==(const Attributes&) const = default;

 private:
  static bool Less(const Pair& pair, std::string_view key) { return pair.first < key; }
  std::vector<Pair>::iterator Lower(std::string_view key) {
    return std::lower_bound(pairs_.begin(), pairs_.end(), key, Less);
  }
  std::vector<Pair> pairs_;
};

using Tags = Attributes;

}  // namespace waypost::model
