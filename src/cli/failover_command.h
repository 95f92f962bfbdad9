#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

#include "waypost/model/result.h"

namespace waypost::cli {

/// A command of the user's under way: `sh -c`, in a process group of its own, nothing on its standard input; what it
/// prints goes to our standard error, so that the report stands alone.
class ShellCommand {
 public:
  /// Err: kIo.
  static model::Result<ShellCommand> Start(const std::string& command);
  /// Ends it if it still runs, with all that it started and did not detach: SIGTERM, then SIGKILL.
  ~ShellCommand();
  ShellCommand(ShellCommand&& other) noexcept : pid_(std::exchange(other.pid_, 0)), status_(other.status_) {}
  ShellCommand& operator=(ShellCommand&&) = delete;

  /// Its exit code, 128 + the signal that ended it; none while it runs.
  std::optional<int> Poll();

 private:
  explicit ShellCommand(pid_t pid) : pid_(pid) {}
  pid_t pid_;
  std::optional<int> status_ = {};
};

}  // namespace waypost::cli
