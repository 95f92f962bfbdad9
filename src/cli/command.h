#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/http_client.h"
#include "waypost/model/result.h"

namespace waypost::cli {

/// Says on standard error, in one line, what was wrong. Returns the exit code.
int Report(const model::Error& error);

/// What every command that talks to a server can be told.
struct Common {
  std::string endpoint = {};
  bool json = false;
};
void AddCommon(CLI::App& command, Common& common);

/// A subcommand as it was declared, and what it does when it is asked for. What its options fill is owned by `run`.
struct Command {
  CLI::App* declared;
  std::function<int()> run;
};
using CommandList = std::vector<Command>;

/// One request to the server that was chosen.
struct Question {
  std::string method = "GET";
  std::string target;  ///< path and query, encoded
  std::string body = {};
};

/// Sends it, then prints the server's JSON as it is, or what `describe` makes of it for people. Returns the exit code.
int Run(const Common& common, const Question& question,
        const std::function<std::string(const nlohmann::json&)>& describe);

/// A member that is text; empty when it is absent or something else.
std::string Text(const nlohmann::json& object, const char* name);
bool Flag(const nlohmann::json& object, const char* name);
/// As text; bytes that are no UTF-8 are replaced.
std::string DumpJson(const nlohmann::json& value);

/// A check for options that take a duration, `maximum` at most.
CLI::Validator DurationUpTo(std::chrono::milliseconds maximum);

void AddExplain(CLI::App& app, CommandList& commands);
void AddShift(CLI::App& app, CommandList& commands);
void AddViews(CLI::App& app, CommandList& commands);
void AddFailoverTest(CLI::App& app, CommandList& commands);
// Below `waypost health`.
void AddHistory(CLI::App& health, CommandList& commands);
void AddPin(CLI::App& health, CommandList& commands);
void AddUnpin(CLI::App& health, CommandList& commands);
void AddDrain(CLI::App& health, CommandList& commands);
void AddPins(CLI::App& health, CommandList& commands);
void AddRecheck(CLI::App& health, CommandList& commands);

}  // namespace waypost::cli
