#include "cli/command.h"

#include <cstdio>

#include "cli/text_table.h"
#include "waypost/model/duration.h"

namespace waypost::cli {

int Report(const model::Error& error) {
  std::fprintf(stderr, "waypost: %s\n", Printable(error.message).c_str());
  return error.code == model::Code::kConfig ? 2 : 1;
}

void AddCommon(CLI::App& command, Common& common) {
  command.add_option("--endpoint", common.endpoint, "where the server is (WAYPOST_ENDPOINT, http://127.0.0.1:5380)")
      ->type_name("URL");
  command.add_flag("--json", common.json, "print the server's JSON as it is");
}

int Run(const Common& common, const Question& question,
        const std::function<std::string(const nlohmann::json&)>& describe) {
  const model::Result<HttpClient> client = HttpClient::Create(ChooseEndpoint(common.endpoint));
  if (!client.ok()) return Report(client.error());
  const model::Result<std::string> answer = client->Ask(question.method, question.target, question.body);
  if (!answer.ok()) return Report(answer.error());
  const nlohmann::json json = nlohmann::json::parse(*answer, nullptr, false);
  if (json.is_discarded()) {
    return Report(model::MakeError(model::Code::kIo,
                                   "the server at " + client->endpoint() + " answered no JSON; is it waypost?"));
  }
  const std::string text = common.json ? *answer : describe(json);
  std::fputs(text.c_str(), stdout);
  if (!text.ends_with('\n')) std::fputc('\n', stdout);
  return 0;
}

std::string Text(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

bool Flag(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return false;
  const auto at = object.find(name);
  return at != object.end() && at->is_boolean() && at->get<bool>();
}

std::string DumpJson(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

CLI::Validator DurationUpTo(std::chrono::milliseconds maximum) {
  return CLI::Validator(
      [maximum](std::string& text) -> std::string {
        const auto given = model::ParseDuration(text);
        if (given && given->count() > 0 && *given <= maximum) return "";
        return "\"" + text + "\" is no duration such as 30s, 10m or 1h30m, " + model::FormatDuration(maximum) +
               " at most";
      },
      "");
}

}  // namespace waypost::cli
