#include "cli/failover_command.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

extern char** environ;

namespace waypost::cli {
namespace {

constexpr std::chrono::milliseconds kEndStep{20};
constexpr int kEndSteps = 100;

}  // namespace

model::Result<ShellCommand> ShellCommand::Start(const std::string& command) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  std::string shell = "sh";
  std::string flag = "-c";
  std::string text = command;
  char* arguments[] = {shell.data(), flag.data(), text.data(), nullptr};
  pid_t pid = 0;
  const int problem = posix_spawn(&pid, "/bin/sh", &files, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (problem != 0) {
    return model::MakeError(model::Code::kIo, "sh does not start: " + std::generic_category().message(problem));
  }
  return ShellCommand(pid);
}

ShellCommand::~ShellCommand() {
  if (pid_ == 0 || Poll()) return;
  ::kill(-pid_, SIGTERM);
  for (int i = 0; i < kEndSteps && !Poll(); ++i) std::this_thread::sleep_for(kEndStep);
  if (Poll()) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::optional<int> ShellCommand::Poll() {
  if (status_) return status_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return status_;
}

}  // namespace waypost::cli
