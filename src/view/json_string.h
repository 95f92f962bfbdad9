#pragma once

#include <string>
#include <string_view>

namespace waypost::view {

/// Appends `text` as a JSON string with its quotes. `text` is ASCII.
void AppendJsonString(std::string& out, std::string_view text);

/// What an escaped string (without its quotes) says.
std::string UnescapeJson(std::string_view escaped);

/// Whether an escaped string says `text`. No allocation.
bool JsonStringEquals(std::string_view escaped, std::string_view text);

/// Walks `{"k":"v",…}` as written by this room: string members only, no blanks.
class JsonPairs {
 public:
  explicit JsonPairs(std::string_view object) : rest_(object.substr(1)) {}
  /// False at the end.
  bool Next();
  /// Still escaped.
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }

 private:
  std::string_view TakeString();
  std::string_view rest_;
  std::string_view key_;
  std::string_view value_;
};

}  // namespace waypost::view
