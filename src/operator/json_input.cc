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

/// Parses; `twice` names a member of the object that stands more than once, or is empty.
json ParseOnce(std::string_view body, std::string& twice) {
  std::set<std::string> seen;
  return json::parse(
      body,
      [&](int depth, json::parse_event_t event, json& value) {
        const bool ours = event == json::parse_event_t::key && depth == 1;
        if (ours && !seen.insert(value.get<std::string>()).second) twice = value.get<std::string>();
        return true;
      },
      false);
}

}  // namespace

model::Result<Texts> ReadTexts(std::string_view body, std::initializer_list<Member> members) {
  std::string twice;
  const json object = ParseOnce(body, twice);
  if (!object.is_object()) {
    return MakeError(Code::kSerialization, "the body must be a JSON object with " + Names(members));
  }
  if (!twice.empty()) return MakeError(Code::kInvalidInput, "the member " + twice + " stands twice");
  Texts texts;
  for (const auto& item : object.items()) {
    const std::string& name = item.key();
    const json& value = item.value();
    const auto is_this = [&](const Member& member) { return member.name == name; };
    if (std::none_of(members.begin(), members.end(), is_this)) {
      return MakeError(Code::kInvalidInput, "unknown member " + name + "; there are " + Names(members));
    }
    if (!value.is_string()) return MakeError(Code::kInvalidInput, name + " must be a string");
    texts[name] = value.get<std::string>();
  }
  for (const Member& member : members) {
    const auto at = texts.find(member.name);
    if (at == texts.end() && member.required) {
      return MakeError(Code::kInvalidInput, std::string(member.name) + " is missing; wanted: " + Names(members));
    }
    if (at != texts.end() && at->second.empty()) {
      return MakeError(Code::kInvalidInput, std::string(member.name) + " is empty");
    }
  }
  return texts;
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
