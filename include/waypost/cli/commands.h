#pragma once

#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace waypost::cli {

/// The subcommands that ask a running server, or set something there: `explain`, `health …`, `shift`, `views …`.
class Commands {
 public:
  Commands();
  ~Commands();
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;

  /// Declares them. Once, before `app` parses; this object outlives that.
  void AddTo(CLI::App& app);
  /// Carries out the one that was parsed and returns the exit code; none: it was not one of these.
  std::optional<int> Run() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What is wrong with a command line, in one line that says where to read on (CLI::App::failure_message).
std::string OneLine(const CLI::App* app, const CLI::Error& error);

}  // namespace waypost::cli
