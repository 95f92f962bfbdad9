#include "cli/failover_command.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "temporary_directory.h"

namespace waypost::cli {
namespace {

int Wait(ShellCommand& command) {
  for (;;) {
    if (const auto code = command.Poll()) return *code;
    std::this_thread::yield();
  }
}

int CodeOf(const std::string& text) {
  auto command = ShellCommand::Start(text);
  return Wait(*command);
}

TEST(FailoverCommand, TellsTheExitCode) {
  EXPECT_EQ(0, CodeOf("true"));
  EXPECT_EQ(3, CodeOf("exit 3"));
  EXPECT_EQ(127, CodeOf("no-such-command-anywhere 2>/dev/null"));
  EXPECT_EQ(128 + SIGKILL, CodeOf("kill -9 $$"));
}

TEST(FailoverCommand, HasNothingToRead) { EXPECT_EQ(1, CodeOf("read line")); }

TEST(FailoverCommand, EndsWithItsOwner) {
  const testing::TemporaryDirectory folder;
  const std::string file = folder / "pid";
  {
    auto command =
        ShellCommand::Start("sleep 1000 & echo $! > " + file + ".new; mv " + file + ".new " + file + "; wait");
    while (!std::filesystem::exists(file)) ASSERT_FALSE(command->Poll());
    EXPECT_FALSE(command->Poll());
  }
  pid_t pid = 0;
  std::ifstream(file) >> pid;
  ASSERT_GT(pid, 0);
  // Gone, or dead and not yet collected by init.
  while (::kill(pid, 0) == 0) {
    std::string word;
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    for (int i = 0; i < 3; ++i) stat >> word;
    if (word == "Z" || !stat) break;
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace waypost::cli
