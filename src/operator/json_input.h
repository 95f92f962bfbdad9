#pragma once

#include <chrono>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "waypost/model/attributes.h"
#include "waypost/model/result.h"

namespace waypost::oper {

/// A member that a request's object may have. All of them are text.
struct Member {
  std::string_view name;
  bool required = true;
};

using Texts = std::map<std::string, std::string, std::less<>>;

/// Reads a JSON object of text members; those not named in `members` are an error, as is one that stands twice. Err:
/// kSerialization (no JSON, no object), kInvalidInput that names the member and what is wanted.
model::Result<Texts> ReadTexts(std::string_view body, std::initializer_list<Member> members);

struct TextsAndMap {
  Texts texts;
  model::Attributes map;
};

/// The same where the member `map`, which must be there, is itself an object of text members.
model::Result<TextsAndMap> ReadTextsAndMap(std::string_view body, std::initializer_list<Member> members,
                                           std::string_view map);

/// The duration in member `name`: 1 ms…`maximum`. Err: kInvalidInput.
model::Result<std::chrono::milliseconds> ReadDuration(const Texts& texts, std::string_view name,
                                                      std::chrono::milliseconds maximum);

}  // namespace waypost::oper
