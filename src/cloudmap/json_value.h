#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "waypost/model/result.h"

namespace waypost::cloudmap {

/// Arrays and objects inside one another; a deeper body is refused.
inline constexpr std::size_t kJsonDepthMax = 64;

struct Member;

/// A parsed JSON value. Objects have each key once (the last of several counts), sorted, and no member that is null.
class Value {
 public:
  struct Null {
    bool operator==(const Null&) const = default;
  };
  using List = std::vector<Value>;
  using Object = std::vector<Member>;

  Value() = default;
  template <class T>
  explicit Value(T value) : data_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<Null>(data_); }
  /// Null when of another type. Numbers with a fraction, an exponent, or beyond 64 bits are no integers.
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&data_); }
  const std::string* string() const { return std::get_if<std::string>(&data_); }
  const List* list() const { return std::get_if<List>(&data_); }
  const Object* object() const { return std::get_if<Object>(&data_); }
  List* list() { return std::get_if<List>(&data_); }
  Object* object() { return std::get_if<Object>(&data_); }

  /// The member of an object, or null. O(log members).
  const Value* Find(std::string_view name) const;
  // What a body that was checked against its shape has there; absent members read as none or empty. Borrowed.
  std::string_view Text(std::string_view name) const;
  std::optional<std::string> OptionalText(std::string_view name) const;
  std::optional<std::int64_t> Integer(std::string_view name) const;
  const List& Items(std::string_view name) const;
  const Object& Pairs(std::string_view name) const;

 private:
  std::variant<Null, bool, std::int64_t, double, std::string, List, Object> data_;
};

/// A member of a JSON object.
struct Member {
  std::string name;
  Value value;
};

/// Parses a JSON text. Never recurses, so depth costs no stack. Err: kSerialization (no JSON, invalid UTF-8, more than
/// kJsonDepthMax deep).
model::Result<Value> ParseJson(std::string_view text);

}  // namespace waypost::cloudmap
