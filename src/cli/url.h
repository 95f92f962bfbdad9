#pragma once

#include <string>
#include <string_view>

namespace waypost::cli {

/// Percent-encodes all but what RFC 3986 2.3 calls unreserved, so that the text is one segment of a path or one value
/// of a query.
std::string PercentEncode(std::string_view text);

/// A path with a query, put together from encoded pieces.
class Target {
 public:
  explicit Target(std::string_view path) : text_(path) {}
  Target& Segment(std::string_view text);
  Target& Parameter(std::string_view name, std::string_view value);
  const std::string& str() const { return text_; }

 private:
  std::string text_;
  char separator_ = '?';
};

}  // namespace waypost::cli
