#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "cloudmap/json_value.h"
#include "waypost/model/result.h"

namespace waypost::cloudmap {

/// A rule for characters, as the API reference writes it and as a function.
struct Pattern {
  std::string_view text;
  bool (*matches)(std::string_view);
};

struct Field;

/// What a value of a request must be: the API reference's type with its limits.
struct Shape {
  enum class Kind : std::uint8_t { kString, kInteger, kList, kMap, kStructure };
  static constexpr std::int64_t kUnbounded = INT64_MAX;

  Kind kind = Kind::kStructure;
  std::int64_t min = 0;  ///< length of a string in characters, count of a list or map, value of an integer
  std::int64_t max = kUnbounded;
  const Pattern* pattern = nullptr;               ///< of a string
  std::span<const std::string_view> values = {};  ///< the only ones allowed of a string; empty: any
  const Shape* key = nullptr;                     ///< of a map
  const Shape* element = nullptr;                 ///< of a list or map
  std::span<const Field> fields = {};             ///< of a structure
};

/// A member of a structure.
struct Field {
  std::string_view name;
  const Shape* shape;
  bool required = false;
};

/// At most so many broken constraints are listed in one error.
inline constexpr std::size_t kViolationsMax = 10;

/// Checks `value` against `shape`. Members that the shape does not know are ignored. Err: kSerialization (a wrong JSON
/// type, which is told before anything else), kInvalidInput (lists what is broken, with the members' paths).
model::Status Check(const Shape& shape, const Value& value);

/// One broken constraint in the same words, for rules that stand in no shape. Of code kInvalidInput.
model::Error Violation(std::string_view path, std::string_view constraint);

/// The known members of a checked value, always written the same way, without the members `except` of the outermost
/// structure: two requests with equal text ask for the same.
std::string Canonical(const Shape& shape, const Value& value, std::initializer_list<std::string_view> except);

}  // namespace waypost::cloudmap
