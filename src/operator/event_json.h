#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waypost/model/attributes.h"
#include "waypost/model/clock.h"

namespace waypost::oper {

/// Appends `text` as a JSON string with its quotes. UTF-8 passes unescaped.
void AppendJsonString(std::string_view text, std::string& out);

/// Writes an object straight into a buffer, member by member.
class JsonObject {
 public:
  /// `out` is borrowed and appended to.
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }

  JsonObject& Text(std::string_view name, std::string_view text);
  JsonObject& Number(std::string_view name, std::uint64_t number);
  JsonObject& Time(std::string_view name, model::Timestamp time);
  /// Microseconds as milliseconds with three places.
  JsonObject& Milliseconds(std::string_view name, std::uint64_t us);
  JsonObject& Map(std::string_view name, const model::Attributes& pairs);
  /// A JSON text that is ready.
  JsonObject& Raw(std::string_view name, std::string_view json);
  void Close() { out_ += '}'; }

 private:
  void Key(std::string_view name);

  std::string& out_;
  bool first_ = true;
};

}  // namespace waypost::oper
