#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waypost/model/attributes.h"
#include "waypost/model/clock.h"

namespace waypost::cloudmap {

/// Appends `text` as a JSON string with its quotes. `text` is UTF-8, which passes unescaped.
void AppendJsonString(std::string_view text, std::string& out);
/// Appends a number in decimal.
void AppendNumber(std::uint64_t number, std::string& out);

/// Writes JSON straight into a buffer; puts the commas. The caller keeps to the grammar.
class JsonWriter {
 public:
  /// `out` is borrowed and appended to.
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& Open(char bracket) {
    Separate();
    out_ += bracket;
    first_ = true;
    return *this;
  }
  JsonWriter& Close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
  }
  JsonWriter& Key(std::string_view name) {
    Separate();
    AppendJsonString(name, out_);
    out_ += ':';
    first_ = true;
    return *this;
  }
  JsonWriter& String(std::string_view text) {
    Separate();
    AppendJsonString(text, out_);
    return *this;
  }
  JsonWriter& Number(std::uint64_t number) {
    Separate();
    AppendNumber(number, out_);
    return *this;
  }
  /// Seconds since the epoch with milliseconds.
  JsonWriter& Time(model::Timestamp time);
  /// A JSON text that is ready.
  JsonWriter& Raw(std::string_view json) {
    Separate();
    out_ += json;
    return *this;
  }
  /// An object of strings.
  JsonWriter& Map(const model::Attributes& pairs);

  // A member of an object.
  JsonWriter& Text(std::string_view name, std::string_view text) { return Key(name).String(text); }
  JsonWriter& Count(std::string_view name, std::uint64_t number) { return Key(name).Number(number); }

 private:
  void Separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace waypost::cloudmap
