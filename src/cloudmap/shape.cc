#include "cloudmap/shape.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "cloudmap/json_writer.h"

namespace waypost::cloudmap {
namespace {

using Kind = Shape::Kind;

/// Unicode characters of UTF-8: AWS's lengths count these.
std::int64_t Characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kString:
      return "a string";
    case Kind::kInteger:
      return "a whole number";
    case Kind::kList:
      return "an array";
    case Kind::kMap:
    case Kind::kStructure:
      return "an object";
  }
  return "";
}

class Checker {
 public:
  model::Status Run(const Shape& shape, const Value& value) {
    Visit(shape, value);
    if (wrong_type_) return model::MakeError(model::Code::kSerialization, *wrong_type_);
    if (count_ == 0) return model::Ok();
    std::string message = std::to_string(count_);
    message += count_ == 1 ? " validation error detected: " : " validation errors detected: ";
    message += listed_;
    return model::MakeError(model::Code::kInvalidInput, std::move(message));
  }

 private:
  void Visit(const Shape& shape, const Value& value) {
    if (wrong_type_) return;
    switch (shape.kind) {
      case Kind::kString:
        if (const std::string* text = value.string()) return String(shape, *text);
        break;
      case Kind::kInteger:
        if (const std::int64_t* number = value.integer()) return Range(shape, *number, "value");
        break;
      case Kind::kList:
        if (const Value::List* items = value.list()) return List(shape, *items);
        break;
      case Kind::kMap:
        if (const Value::Object* pairs = value.object()) return Map(shape, *pairs);
        break;
      case Kind::kStructure:
        if (value.object() != nullptr) return Structure(shape, value);
        break;
    }
    wrong_type_ = path_.empty() ? std::string("the body") : "the value at '" + path_ + "'";
    *wrong_type_ += " must be ";
    *wrong_type_ += KindName(shape.kind);
  }

  void String(const Shape& shape, const std::string& text) {
    const std::int64_t length = Characters(text);
    Range(shape, length, "length");
    // A text that is far too long is not matched as well: the first complaint says enough.
    if (length <= shape.max && shape.pattern != nullptr && !shape.pattern->matches(text)) {
      Violate("Member must satisfy regular expression pattern: " + std::string(shape.pattern->text));
    }
    if (!shape.values.empty() && std::find(shape.values.begin(), shape.values.end(), text) == shape.values.end()) {
      std::string allowed;
      for (const std::string_view name : shape.values) {
        if (!allowed.empty()) allowed += ", ";
        allowed += name;
      }
      Violate("Member must satisfy enum value set: [" + allowed + "]");
    }
  }

  void Range(const Shape& shape, std::int64_t measure, std::string_view what) {
    if (measure < shape.min) {
      Violate("Member must have " + std::string(what) + " greater than or equal to " + std::to_string(shape.min));
    }
    if (measure > shape.max) {
      Violate("Member must have " + std::string(what) + " less than or equal to " + std::to_string(shape.max));
    }
  }

  void List(const Shape& shape, const Value::List& items) {
    Range(shape, static_cast<std::int64_t>(items.size()), "length");
    for (std::size_t i = 0; i < items.size(); ++i) Within("[" + std::to_string(i) + "]", *shape.element, items[i]);
  }

  void Map(const Shape& shape, const Value::Object& pairs) {
    Range(shape, static_cast<std::int64_t>(pairs.size()), "length");
    for (const Member& pair : pairs) {
      const std::size_t before = path_.size();
      path_ += "[key]";
      String(*shape.key, pair.name);
      path_.resize(before);
      Within("." + Shown(pair.name), *shape.element, pair.value);
    }
  }

  void Structure(const Shape& shape, const Value& value) {
    for (const Field& field : shape.fields) {
      const std::string step = (path_.empty() ? "" : ".") + std::string(field.name);
      if (const Value* member = value.Find(field.name)) {
        Within(step, *field.shape, *member);
      } else if (field.required) {
        const std::size_t before = path_.size();
        path_ += step;
        Violate("Member must not be null");
        path_.resize(before);
      }
    }
  }

  void Within(std::string_view step, const Shape& shape, const Value& value) {
    const std::size_t before = path_.size();
    path_ += step;
    Visit(shape, value);
    path_.resize(before);
  }

  void Violate(const std::string& constraint) {
    if (++count_ > kViolationsMax) return;
    if (count_ > 1) listed_ += "; ";
    listed_ += "Value at '" + path_ + "' failed to satisfy constraint: " + constraint;
  }

  static constexpr std::size_t kNameShownMax = 64;

  /// The first characters of a key, cut between characters so that the message stays UTF-8.
  static std::string Shown(const std::string& name) {
    if (name.size() <= kNameShownMax) return name;
    std::size_t end = kNameShownMax;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
    return name.substr(0, end);
  }

  std::string path_;
  std::string listed_;
  std::size_t count_ = 0;
  std::optional<std::string> wrong_type_;
};

using Names = std::initializer_list<std::string_view>;

void WriteCanonical(const Shape& shape, const Value& value, Names except, JsonWriter& out) {
  switch (shape.kind) {
    case Kind::kString:
      out.String(*value.string());
      return;
    case Kind::kInteger:
      // Negative numbers never pass a check: every integer of the API has a minimum of 0 or more.
      out.Number(static_cast<std::uint64_t>(*value.integer()));
      return;
    case Kind::kList:
      out.Open('[');
      for (const Value& item : *value.list()) WriteCanonical(*shape.element, item, {}, out);
      out.Close(']');
      return;
    case Kind::kMap:
      out.Open('{');
      for (const Member& pair : *value.object()) WriteCanonical(*shape.element, pair.value, {}, out.Key(pair.name));
      out.Close('}');
      return;
    case Kind::kStructure:
      out.Open('{');
      for (const Field& field : shape.fields) {
        const Value* member = value.Find(field.name);
        if (member == nullptr || std::find(except.begin(), except.end(), field.name) != except.end()) continue;
        WriteCanonical(*field.shape, *member, {}, out.Key(field.name));
      }
      out.Close('}');
      return;
  }
}

}  // namespace

model::Error Violation(std::string_view path, std::string_view constraint) {
  std::string message = "1 validation error detected: Value at '";
  message += path;
  message += "' failed to satisfy constraint: ";
  message += constraint;
  return model::MakeError(model::Code::kInvalidInput, std::move(message));
}

model::Status Check(const Shape& shape, const Value& value) { return Checker().Run(shape, value); }

std::string Canonical(const Shape& shape, const Value& value, Names except) {
  std::string text;
  JsonWriter out(text);
  WriteCanonical(shape, value, except, out);
  return text;
}

}  // namespace waypost::cloudmap
