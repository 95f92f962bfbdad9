#include "operator/json_input.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "waypost/model/duration.h"

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;
using nlohmann::json;

std::string Names(std::initializer_list<Member> members) {
  std::string names;
  for (const Member& member : members) {
    if (!names.empty()) names += ", ";
    names += member.name;
    if (!member.required) names += " (may be left out)";
  }
  return names;
}

/// Parses an object whose members stand once each, those of its own members included. `wanted` says what it has. Err:
/// kSerialization, kInvalidInput.
model::Result<json> ParseObject(std::string_view body, const std::string& wanted) {
  std::set<std::string> seen;
  std::set<std::string> inside;  // of the member that is being read
  std::string twice;
  json object = json::parse(
      body,
      [&](int depth, json::parse_event_t event, json& value) {
        if (event != json::parse_event_t::key || depth > 2) return true;
        if (depth == 1) inside.clear();
        const auto name = value.get<std::string>();
        if (!(depth == 1 ? seen : inside).insert(name).second) twice = name;
        return true;
      },
      false);
  if (!object.is_object()) return MakeError(Code::kSerialization, "the body must be a JSON object with " + wanted);
  if (!twice.empty()) return MakeError(Code::kInvalidInput, "the member " + twice + " stands twice");
  return object;
}

model::Result<Texts> TextsOf(const json& object, std::initializer_list<Member> members, const std::string& wanted) {
  Texts texts;
  for (const auto& item : object.items()) {
    const std::string& name = item.key();
    const json& value = item.value();
    const auto is_this = [&](const Member& member) { return member.name == name; };
    if (std::none_of(members.begin(), members.end(), is_this)) {
      return MakeError(Code::kInvalidInput, "unknown member " + name + "; there are " + wanted);
    }
    if (!value.is_string()) return MakeError(Code::kInvalidInput, name + " must be a string");
    texts[name] = value.get<std::string>();
  }
  for (const Member& member : members) {
    const auto at = texts.find(member.name);
    if (at == texts.end() && member.required) {
      return MakeError(Code::kInvalidInput, std::string(member.name) + " is missing; wanted: " + wanted);
    }
    if (at != texts.end() && at->second.empty()) {
      return MakeError(Code::kInvalidInput, std::string(member.name) + " is empty");
    }
  }
  return texts;
}

}  // namespace

model::Result<Texts> ReadTexts(std::string_view body, std::initializer_list<Member> members) {
  const std::string wanted = Names(members);
  WP_TRY(object, ParseObject(body, wanted));
  return TextsOf(object, members, wanted);
}

model::Result<TextsAndMap> ReadTextsAndMap(std::string_view body, std::initializer_list<Member> members,
                                           std::string_view map) {
  const std::string name(map);
  const std::string wanted = Names(members) + ", " + name;
  WP_TRY(object, ParseObject(body, wanted));
  const auto at = object.find(name);
  if (at == object.end()) return MakeError(Code::kInvalidInput, name + " is missing; wanted: " + wanted);
  if (!at->is_object()) return MakeError(Code::kInvalidInput, name + " must be an object of strings");
  TextsAndMap read;
  for (const auto& item : at->items()) {
    if (!item.value().is_string()) return MakeError(Code::kInvalidInput, name + "." + item.key() + " must be a string");
    read.map.Set(item.key(), item.value().get<std::string>());
  }
  object.erase(at);
  WP_TRY(texts, TextsOf(object, members, wanted));
  read.texts = std::move(texts);
  return read;
}

model::Result<std::chrono::milliseconds> ReadDuration(const Texts& texts, std::string_view name,
                                                      std::chrono::milliseconds maximum) {
  const auto at = texts.find(name);
  const std::string text = at == texts.end() ? "" : at->second;
  const auto duration = model::ParseDuration(text);
  if (duration && duration->count() > 0 && *duration <= maximum) return *duration;
  return MakeError(Code::kInvalidInput, std::string(name) + " is \"" + text +
                                            "\": wanted is a duration such as 30s or 1h30m, from 1ms to " +
                                            model::FormatDuration(maximum));
}

}  // namespace waypost::oper
