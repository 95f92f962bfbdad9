#include "cloudmap/json_value.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace waypost::cloudmap {
namespace {

using Json = nlohmann::json;

/// Builds a Value from the parser's events. The stack points to the containers that are still open; only the innermost
/// grows, so the pointers below it stay valid.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Add(Value()); }
  bool boolean(bool value) override { return Add(Value(value)); }
  bool number_integer(number_integer_t value) override { return Add(Value(static_cast<std::int64_t>(value))); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) return Add(Value(static_cast<double>(value)));
    return Add(Value(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return Add(Value(static_cast<double>(value))); }
  bool string(string_t& value) override { return Add(Value(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return Open(Value(Value::Object())); }
  bool start_array(std::size_t) override { return Open(Value(Value::List())); }
  bool key(string_t& name) override {
    open_.back()->object()->push_back({std::move(name), Value()});
    return true;
  }
  bool end_object() override {
    Tidy(*open_.back()->object());
    open_.pop_back();
    return true;
  }
  bool end_array() override {
    open_.pop_back();
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    problem_ = "the body is no valid JSON at byte " + std::to_string(position);
    return false;
  }

  const std::string& problem() const { return problem_; }
  Value Take() { return std::move(root_); }

 private:
  Value* Place(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (Value::List* list = open_.back()->list()) return &list->emplace_back(std::move(value));
    Value& slot = open_.back()->object()->back().value;
    slot = std::move(value);
    return &slot;
  }
  bool Add(Value value) {
    Place(std::move(value));
    return true;
  }
  bool Open(Value value) {
    if (open_.size() == kJsonDepthMax) {
      problem_ = "the body is nested more than " + std::to_string(kJsonDepthMax) + " levels deep";
      return false;
    }
    open_.push_back(Place(std::move(value)));
    return true;
  }
  /// Sorts, keeps the last of equal keys, and drops nulls.
  static void Tidy(Value::Object& members) {
    std::stable_sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.name < b.name; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const bool repeated = i + 1 < members.size() && members[i + 1].name == members[i].name;
      if (repeated || members[i].value.is_null()) continue;
      if (kept != i) members[kept] = std::move(members[i]);
      ++kept;
    }
    members.erase(members.begin() + static_cast<std::ptrdiff_t>(kept), members.end());
  }

  Value root_;
  std::vector<Value*> open_;
  std::string problem_;
};

}  // namespace

const Value* Value::Find(std::string_view name) const {
  const Object* members = object();
  if (members == nullptr) return nullptr;
  const auto at = std::lower_bound(members->begin(), members->end(), name,
                                   [](const Member& member, std::string_view key) { return member.name < key; });
  return at != members->end() && at->name == name ? &at->value : nullptr;
}

std::string_view Value::Text(std::string_view name) const {
  const Value* value = Find(name);
  return value != nullptr && value->string() != nullptr ? std::string_view(*value->string()) : std::string_view();
}

std::optional<std::string> Value::OptionalText(std::string_view name) const {
  const Value* value = Find(name);
  if (value == nullptr || value->string() == nullptr) return std::nullopt;
  return *value->string();
}

std::optional<std::int64_t> Value::Integer(std::string_view name) const {
  const Value* value = Find(name);
  if (value == nullptr || value->integer() == nullptr) return std::nullopt;
  return *value->integer();
}

const Value::List& Value::Items(std::string_view name) const {
  static const List kNone;
  const Value* value = Find(name);
  return value != nullptr && value->list() != nullptr ? *value->list() : kNone;
}

const Value::Object& Value::Pairs(std::string_view name) const {
  static const Object kNone;
  const Value* value = Find(name);
  return value != nullptr && value->object() != nullptr ? *value->object() : kNone;
}

model::Result<Value> ParseJson(std::string_view text) {
  Builder builder;
  const bool good = Json::sax_parse(text.begin(), text.end(), &builder);
  if (!good) return model::MakeError(model::Code::kSerialization, builder.problem());
  return builder.Take();
}

}  // namespace waypost::cloudmap
